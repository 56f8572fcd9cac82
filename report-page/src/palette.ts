// Colours and shapes of classes, and colours of curves: those of the program's figures.

export type Rgb = [number, number, number];

/** Blue and vermilion of Okabe and Ito: safe for all common kinds of colour blindness. */
const TWO_CLASSES: Rgb[] = [
  [0, 114, 178],
  [213, 94, 0],
];

/** Ten colours that M. Petroff (2021, arXiv:2107.02270) optimised for colour blindness. */
const MANY_CLASSES: Rgb[] = [
  [63, 144, 218],
  [255, 169, 14],
  [189, 31, 1],
  [148, 164, 162],
  [131, 45, 182],
  [169, 107, 89],
  [231, 99, 0],
  [185, 172, 112],
  [113, 117, 129],
  [146, 218, 221],
];

/** Okabe and Ito without yellow. */
const CURVES: Rgb[] = [
  [0, 114, 178],
  [213, 94, 0],
  [0, 158, 115],
  [204, 121, 167],
  [230, 159, 0],
  [86, 180, 233],
  [0, 0, 0],
];

export function isDark(): boolean {
  const chosen = document.documentElement.dataset.theme;
  if (chosen) return chosen === "dark";
  return matchMedia("(prefers-color-scheme: dark)").matches;
}

function lighter([r, g, b]: Rgb, share: number): Rgb {
  const mix = (c: number) => Math.round(c + (255 - c) * share);
  return [mix(r), mix(g), mix(b)];
}

export function classColor(index: number, count: number): Rgb {
  const colors = count <= 2 ? TWO_CLASSES : MANY_CLASSES;
  const color = colors[index % colors.length];
  return isDark() ? lighter(color, 0.25) : color;
}

export function curveColor(index: number): Rgb {
  const color = CURVES[index % CURVES.length];
  if (!isDark()) return color;
  return lighter(color, index % CURVES.length === CURVES.length - 1 ? 0.9 : 0.3);
}

export function css([r, g, b]: Rgb, alpha = 1): string {
  return alpha === 1 ? `rgb(${r} ${g} ${b})` : `rgb(${r} ${g} ${b} / ${alpha})`;
}

/** Whether a point at (x, y), in [-1, 1] x [-1, 1], belongs to the shape. */
type Shape = (x: number, y: number) => boolean;

const DISC: Shape = (x, y) => x * x + y * y <= 0.95;
const SHAPES: Shape[] = [
  DISC,
  (x, y) => Math.abs(x) <= 0.8 && Math.abs(y) <= 0.8,
  (x, y) => y <= 0.75 && 2 * Math.abs(x) <= y + 1.05,
  (x, y) => Math.abs(x) + Math.abs(y) <= 1.08,
  (x, y) => Math.min(Math.abs(x), Math.abs(y)) <= 0.34 && Math.max(Math.abs(x), Math.abs(y)) <= 1,
  (x, y) => Math.min(Math.abs(x - y), Math.abs(x + y)) <= 0.5 && Math.max(Math.abs(x), Math.abs(y)) <= 0.9,
  (x, y) => y >= -0.75 && 2 * Math.abs(x) <= 1.05 - y,
  (x, y) => x * x + y * y <= 1 && x * x + y * y >= 0.3,
  (x, y) => Math.abs(x) <= 1 && Math.abs(y) <= 0.45,
  (x, y) => Math.abs(x) <= 0.45 && Math.abs(y) <= 1,
];

export function classShape(index: number): Shape {
  return SHAPES[index % SHAPES.length];
}

/** How much of each pixel a shape covers, 0 to 255, in a square of `size` pixels. */
export function mask(shape: Shape, size: number): Uint8Array {
  const FINE = 4;
  const covered = new Uint8Array(size * size);
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      let inside = 0;
      for (let i = 0; i < FINE * FINE; i++) {
        const x = column + ((i % FINE) + 0.5) / FINE;
        const y = row + (Math.floor(i / FINE) + 0.5) / FINE;
        if (shape((2 * x) / size - 1, (2 * y) / size - 1)) inside++;
      }
      covered[row * size + column] = Math.round((255 * inside) / (FINE * FINE));
    }
  }
  return covered;
}
