// A canvas to draw on, with pointer or keyboard.

import { h } from "./dom.ts";
import type { Ink } from "./digit.ts";
import { isDark } from "./palette.ts";
import type { Images } from "./report.ts";

const SIDE = 280;
const PEN = 22;
const STEP = 8;

export class Pad {
  readonly element: HTMLElement;
  private readonly shown = h("canvas", { width: SIDE, height: SIDE, class: "pad-canvas" });
  /** White ink on black, whatever the theme. */
  private readonly ink = h("canvas", { width: SIDE, height: SIDE });
  private readonly context = this.ink.getContext("2d", { willReadFrequently: true })!;
  private last: [number, number] | null = null;
  private pen = { x: SIDE / 2, y: SIDE / 2, down: false, used: false };

  constructor(private readonly changed: () => void) {
    this.element = h(
      "div",
      {
        class: "pad",
        tabindex: 0,
        role: "application",
        "aria-roledescription": "drawing pad",
        "aria-label": "Drawing pad. Arrow keys move the pen, space lowers or lifts it, Delete clears.",
      },
      this.shown,
    );
    const at = (event: PointerEvent): [number, number] => {
      const box = this.shown.getBoundingClientRect();
      return [((event.clientX - box.left) / box.width) * SIDE, ((event.clientY - box.top) / box.height) * SIDE];
    };
    this.element.addEventListener("pointerdown", (event) => {
      this.element.setPointerCapture(event.pointerId);
      this.last = at(event);
      this.stroke(this.last, this.last);
    });
    this.element.addEventListener("pointermove", (event) => {
      if (!this.last) return;
      for (const step of event.getCoalescedEvents?.() ?? [event]) {
        const next = at(step);
        this.stroke(this.last, next);
        this.last = next;
      }
    });
    for (const end of ["pointerup", "pointercancel"]) {
      this.element.addEventListener(end, () => (this.last = null));
    }
    this.element.addEventListener("keydown", (event) => this.key(event));
    this.element.addEventListener("blur", () => {
      this.pen.used = false;
      this.repaint();
    });
    this.clear();
  }

  clear(): void {
    this.context.fillStyle = "black";
    this.context.fillRect(0, 0, SIDE, SIDE);
    this.done();
  }

  /** A letter or another sign, as large as there is room. */
  letter(text: string): void {
    this.context.fillStyle = "black";
    this.context.fillRect(0, 0, SIDE, SIDE);
    this.context.fillStyle = "white";
    this.context.font = `bold ${SIDE * 0.75}px "DejaVu Sans", Verdana, Arial, sans-serif`;
    this.context.textAlign = "center";
    this.context.textBaseline = "middle";
    this.context.fillText(text, SIDE / 2, SIDE / 2);
    this.done();
  }

  /** One of the page's images, to be drawn on. */
  image(images: Images, index: number): void {
    const { rows, columns, channels, pixels } = images;
    const small = h("canvas", { width: columns, height: rows });
    const picture = new ImageData(columns, rows);
    const start = index * channels * rows * columns;
    for (let i = 0; i < rows * columns; i++) {
      const value = pixels[start + i];
      picture.data.set([value, value, value, 255], 4 * i);
    }
    small.getContext("2d")!.putImageData(picture, 0, 0);
    this.context.imageSmoothingEnabled = true;
    this.context.drawImage(small, 0, 0, SIDE, SIDE);
    this.done();
  }

  get drawn(): Ink {
    const { data } = this.context.getImageData(0, 0, SIDE, SIDE);
    const values = new Float32Array(SIDE * SIDE);
    for (let i = 0; i < values.length; i++) values[i] = data[4 * i] / 255;
    return { values, rows: SIDE, columns: SIDE };
  }

  private stroke([ax, ay]: [number, number], [bx, by]: [number, number]): void {
    this.context.strokeStyle = "white";
    this.context.lineWidth = PEN;
    this.context.lineCap = "round";
    this.context.beginPath();
    this.context.moveTo(ax, ay);
    this.context.lineTo(bx + 0.01, by);
    this.context.stroke();
    this.done();
  }

  private key(event: KeyboardEvent): void {
    const steps: Record<string, [number, number]> = {
      ArrowLeft: [-STEP, 0],
      ArrowRight: [STEP, 0],
      ArrowUp: [0, -STEP],
      ArrowDown: [0, STEP],
    };
    const step = steps[event.key];
    const { pen } = this;
    if (step) {
      const limit = (v: number) => Math.min(SIDE - PEN / 2, Math.max(PEN / 2, v));
      const next: [number, number] = [limit(pen.x + step[0]), limit(pen.y + step[1])];
      if (pen.down) this.stroke([pen.x, pen.y], next);
      [pen.x, pen.y] = next;
    } else if (event.key === " ") {
      pen.down = !pen.down;
      if (pen.down) this.stroke([pen.x, pen.y], [pen.x, pen.y]);
    } else if (event.key === "Delete" || event.key === "Backspace") {
      this.clear();
    } else {
      return;
    }
    event.preventDefault();
    pen.used = true;
    this.repaint();
  }

  private done(): void {
    this.repaint();
    this.changed();
  }

  /** Ink is dark on a light page. */
  repaint(): void {
    const context = this.shown.getContext("2d")!;
    context.filter = isDark() ? "none" : "invert(1)";
    context.drawImage(this.ink, 0, 0);
    context.filter = "none";
    if (this.pen.used) {
      context.strokeStyle = "#d55e00";
      context.lineWidth = this.pen.down ? 4 : 2;
      context.beginPath();
      context.arc(this.pen.x, this.pen.y, PEN / 2 + 3, 0, 2 * Math.PI);
      context.stroke();
    }
  }
}
