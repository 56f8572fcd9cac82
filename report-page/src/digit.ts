// What was drawn, brought to the form of the images that networks learned: as MNIST's digits, whose longer side is 20 of 28
// pixels and whose centre of mass is the middle.

const BOX = 20 / 28;
/** Ink below this share counts as none. */
const FAINT = 0.02;

export interface Ink {
  values: Float32Array;
  rows: number;
  columns: number;
}

export function likeMnist(ink: Ink, rows: number, columns: number): Float32Array | null {
  let [top, bottom, left, right] = [Infinity, -1, Infinity, -1];
  for (let row = 0; row < ink.rows; row++) {
    for (let column = 0; column < ink.columns; column++) {
      if (ink.values[row * ink.columns + column] <= FAINT) continue;
      top = Math.min(top, row);
      bottom = Math.max(bottom, row);
      left = Math.min(left, column);
      right = Math.max(right, column);
    }
  }
  if (bottom < 0) return null;
  const longer = Math.max(bottom - top, right - left) + 1;
  const scale = longer / (BOX * Math.min(rows, columns)); // pixels of ink to one of the image
  const [middleY, middleX] = [(top + bottom + 1) / 2, (left + right + 1) / 2];
  const first = resampled(ink, rows, columns, scale, middleX, middleY);
  let [mass, x, y] = [0, 0, 0];
  first.forEach((value, i) => {
    mass += value;
    x += value * ((i % columns) + 0.5);
    y += value * (Math.floor(i / columns) + 0.5);
  });
  if (mass === 0) return null;
  // By whole pixels, as MNIST's were.
  const shift = (sum: number, side: number) => Math.round(sum / mass - side / 2) * scale;
  return resampled(ink, rows, columns, scale, middleX + shift(x, columns), middleY + shift(y, rows));
}

/** The mean of the ink under each pixel of an image about the point (x, y). */
function resampled(ink: Ink, rows: number, columns: number, scale: number, x: number, y: number): Float32Array {
  const FINE = 4;
  const image = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      let sum = 0;
      for (let i = 0; i < FINE * FINE; i++) {
        const fx = column + ((i % FINE) + 0.5) / FINE - columns / 2;
        const fy = row + (Math.floor(i / FINE) + 0.5) / FINE - rows / 2;
        const sx = Math.floor(x + fx * scale);
        const sy = Math.floor(y + fy * scale);
        if (sx >= 0 && sx < ink.columns && sy >= 0 && sy < ink.rows) sum += ink.values[sy * ink.columns + sx];
      }
      image[row * columns + column] = sum / (FINE * FINE);
    }
  }
  return image;
}
