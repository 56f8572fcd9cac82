// A head's embedding: the ground on one canvas, points and marks on another one over it.

import { h, percent } from "./dom.ts";
import type { Network } from "./network.ts";
import { classColor, classShape, css, isDark, mask, type Rgb } from "./palette.ts";
import { type Axes, orthonormal, planeThrough, tourPlane } from "./projection.ts";
import type { Report } from "./report.ts";
import type { Store } from "./state.ts";

interface Square {
  x: number;
  y: number;
  half: number;
}

/** Points' extent leaves out this share of the farthest ones. */
const OUTSIDE = 0.004;
/** Cells a side of the probabilities behind the points. */
const CELLS = 100;
const MARGIN = 1.08;

export interface PanelEvents {
  hover(panel: Panel, index: number, x: number, y: number): void;
  select(index: number): void;
  lasso(indices: number[]): void;
}

export class Panel {
  readonly element: HTMLElement;
  private readonly stage: HTMLElement;
  private readonly back = h("canvas");
  private readonly front = h("canvas");
  private readonly note = h("p", { class: "panel-note" });
  private picture: ImageData | null = null;
  private pixels = new Uint32Array(0);
  private readonly x: Float32Array;
  private readonly y: Float32Array;
  private outlierX = new Float32Array(0);
  private outlierY = new Float32Array(0);
  /** On the screen; NaN of what is not shown. */
  private readonly screenX: Float32Array;
  private readonly screenY: Float32Array;
  private axes: Axes | null = null;
  private square: Square;
  private home: Square;
  private size = 0;
  private ratio = 1;
  private path: [number, number][] = [];
  private drag: { x: number; y: number; moved: boolean } | null = null;
  private stamps: Stamp[] = [];
  /** What the stamps were made for. */
  private stampKey = "";
  /** Where the names of the classes stand, NaN of those without points. */
  private readonly middles: [number, number][] = [];
  dirty = { back: true, points: true, front: true, projection: true };

  constructor(
    readonly network: Network,
    private readonly report: Report,
    private readonly store: Store,
    private readonly events: PanelEvents,
  ) {
    const count = report.images.count;
    this.x = new Float32Array(count);
    this.y = new Float32Array(count);
    this.screenX = new Float32Array(count);
    this.screenY = new Float32Array(count);
    this.home = this.extent();
    this.square = { ...this.home };
    const zoom = (label: string, sign: string, action: () => void) =>
      h("button", { type: "button", class: "small", "aria-label": `${label}: ${network.title}`, title: label, onclick: action }, sign);
    this.stage = h("div", {
      class: "stage",
      tabindex: 0,
      role: "application",
      "aria-roledescription": "scatter plot",
      "aria-label": `Embedding of ${network.title}. Arrow keys go from image to image, plus and minus zoom, 0 shows all, Escape ends.`,
    });
    this.stage.append(this.back, this.front);
    const accuracy = network.content.metrics.test_accuracy;
    this.element = h(
      "article",
      { class: "panel" },
      h(
        "header",
        {},
        h("h3", {}, network.title),
        h(
          "div",
          { class: "zoom" },
          zoom("Zoom in", "+", () => this.zoom(0.7)),
          zoom("Zoom out", "\u2212", () => this.zoom(1 / 0.7)),
          zoom("Show all", "\u25a1", () => this.reset()),
        ),
      ),
      this.stage,
      h(
        "p",
        { class: "panel-facts" },
        `${percent(accuracy, 2)} right \u00b7 ${network.content.dim} dimension${network.content.dim === 1 ? "" : "s"}`,
      ),
      this.note,
    );
    this.listen();
  }

  /** The size of the embedding, so that panels can share a scale. */
  get homeHalf(): number {
    return this.home.half;
  }

  reset(): void {
    this.square = { ...this.base };
    this.redraw();
  }

  private redraw(): void {
    Object.assign(this.dirty, { back: true, points: true, front: true });
  }

  /** Of all epochs, so that one sees the embedding grow. */
  private extent(): Square {
    const { network } = this;
    const { state } = this.store;
    if (network.content.dim > 2) {
      const tour = Array.from({ length: 6 }, (_, stop) => tourPlane(this.figurePlane(), stop));
      const planes = state.view === "tour" ? tour : [this.plane()!];
      const lengths: number[] = [];
      for (const axes of network.positions) {
        const step = Math.max(1, Math.floor(axes[0].length / 1000));
        for (const plane of planes) {
          for (let i = 0; i < axes[0].length; i += step) {
            const [x, y] = onPlane(plane, axes.map((axis) => axis[i]));
            const length = Math.max(Math.abs(x), Math.abs(y));
            if (Number.isFinite(length)) lengths.push(length);
          }
        }
      }
      const sorted = Float64Array.from(lengths).sort();
      const half = sorted[Math.floor((1 - OUTSIDE) * (sorted.length - 1))];
      return { x: 0, y: 0, half: (half || 1) * MARGIN };
    }
    const range = (dimension: number): [number, number] => {
      let [low, high] = [Infinity, -Infinity];
      for (const axes of network.positions) {
        const sorted = axes[dimension].filter(Number.isFinite).sort();
        if (sorted.length === 0) continue;
        low = Math.min(low, sorted[Math.floor((OUTSIDE / 2) * (sorted.length - 1))]);
        high = Math.max(high, sorted[Math.ceil((1 - OUTSIDE / 2) * (sorted.length - 1))]);
      }
      for (const point of network.content.reference_points ?? []) {
        low = Math.min(low, point[dimension]);
        high = Math.max(high, point[dimension]);
      }
      return low < high ? [low, high] : [-1, 1];
    };
    const [left, right] = range(0);
    const [bottom, top] = network.content.dim === 2 ? range(1) : [0, 0];
    const half = (Math.max(right - left, top - bottom) / 2) * MARGIN;
    return { x: (left + right) / 2, y: (bottom + top) / 2, half };
  }

  /** What is seen fits another plane. */
  refit(): void {
    if (this.network.content.dim <= 2) return;
    this.home = this.extent();
    this.reset();
  }

  /** Half the side of the square that all panels show, if they share a scale. */
  common = 1;

  /** What is seen at first. */
  private get base(): Square {
    return this.store.state.sameScale ? { x: 0, y: 0, half: this.common } : this.home;
  }

  private zoom(factor: number, x = this.square.x, y = this.square.y): void {
    this.square = {
      half: this.square.half * factor,
      x: x + (this.square.x - x) * factor,
      y: y + (this.square.y - y) * factor,
    };
    this.redraw();
  }

  /** Of the stage; to ask for it would lay out the page in each frame. */
  private width = 0;

  /** Brings the canvases to the size of the panel. */
  private fit(): void {
    const size = this.width;
    const ratio = Math.min(devicePixelRatio || 1, 2);
    if (size === this.size && ratio === this.ratio && this.picture) return;
    this.size = size;
    this.ratio = ratio;
    const pixels = Math.max(1, Math.round(size * ratio));
    for (const canvas of [this.back, this.front]) {
      canvas.width = canvas.height = pixels;
    }
    this.picture = new ImageData(pixels, pixels);
    this.pixels = new Uint32Array(this.picture.data.buffer);
    this.redraw();
  }

  /** Draws what changed; called once a frame. */
  draw(): void {
    this.fit();
    if (this.size === 0) return;
    if (this.dirty.projection) this.project();
    if (this.fieldShown !== this.atEnd()) {
      this.fieldShown = this.atEnd();
      this.dirty.back = true;
    }
    if (this.dirty.back) this.drawBack();
    if (this.dirty.points) this.drawPoints();
    if (this.dirty.points || this.dirty.front) this.drawFront();
    this.dirty = { back: false, points: false, front: false, projection: false };
  }

  /** That of the program's figures. */
  private figurePlane(): Axes {
    const { axes, dim } = this.network.content;
    const unit = (i: number) => Array.from({ length: dim }, (_, j) => (i === j ? 1 : 0));
    return axes ? orthonormal(axes[0], axes[1]) : orthonormal(unit(0), unit(1));
  }

  private plane(): Axes | null {
    const { content, regions } = this.network;
    if (content.dim <= 2) return null;
    const { state } = this.store;
    if (state.view === "tour") return tourPlane(this.figurePlane(), state.tour);
    if (state.view === "classes") {
      const [a, b, c] = state.classes.map((k) => regions.centroids[k]);
      if (a && b && c) return planeThrough(a, b, c);
    }
    return this.figurePlane();
  }

  private project(): void {
    const axes = this.plane();
    if (axes && !(this.axes && axes.every((axis, i) => axis.every((value, d) => value === this.axes![i][d])))) {
      this.projected = [];
    }
    this.axes = axes;
    const time = this.epoch();
    const before = Math.floor(time);
    const share = time - before;
    const from = this.flat(before);
    const to = this.flat(Math.min(before + 1, this.network.lastEpoch));
    for (const [into, a, b] of [
      [this.x, from[0], to[0]],
      [this.y, from[1], to[1]],
    ]) {
      for (let i = 0; i < into.length; i++) into[i] = a[i] + share * (b[i] - a[i]);
    }
    const outliers = this.network.outliers[this.store.state.outliers];
    const count = outliers ? outliers.predicted.length : 0;
    this.outlierX = new Float32Array(count);
    this.outlierY = new Float32Array(count);
    if (outliers) this.projectInto(outliers.positions[0], this.outlierX, this.outlierY);
    this.findMiddles();
    this.dirty.points = this.dirty.front = true;
  }

  private findMiddles(): void {
    const { targets, content } = this.report;
    const classes = content.classes.length;
    const sums = new Float64Array(3 * classes);
    const { x, y } = this;
    for (let i = 0; i < x.length; i++) {
      const place = x[i] + y[i];
      if (place - place !== 0) continue; // infinite, or no number
      const at = 3 * targets[i];
      sums[at] += x[i];
      sums[at + 1] += y[i];
      sums[at + 2]++;
    }
    for (let k = 0; k < classes; k++) {
      this.middles[k] = [sums[3 * k] / sums[3 * k + 2], sums[3 * k + 1] / sums[3 * k + 2]];
    }
  }

  /** Of each epoch the points on the plane, as far as they were asked for. */
  private projected: [Float32Array, Float32Array][] = [];

  private flat(epoch: number): [Float32Array, Float32Array] {
    const positions = this.network.positions[epoch];
    if (positions.length === 2) return [positions[0], positions[1]];
    const there = this.projected[epoch];
    if (there) return there;
    const { length } = positions[0];
    const flat: [Float32Array, Float32Array] = [new Float32Array(length), new Float32Array(length)];
    this.projectInto(positions, ...flat);
    this.projected[epoch] = flat;
    return flat;
  }

  private projectInto(from: Float32Array[], x: Float32Array, y: Float32Array): void {
    const count = x.length;
    if (this.axes) {
      for (let d = 0; d < from.length; d++) {
        const [a, u, v] = [from[d], this.axes[0][d], this.axes[1][d]];
        for (let i = 0; i < count; i++) {
          x[i] += u * a[i];
          y[i] += v * a[i];
        }
      }
      return;
    }
    x.set(from[0]);
    // One dimension is spread over the other.
    const { half } = this.home;
    if (from.length > 1) y.set(from[1]);
    else for (let i = 0; i < count; i++) y[i] = (((i * 0.6180339887) % 1) - 0.5) * half;
  }

  /** Its own epoch: panels of fewer epochs end with the others. */
  private epoch(): number {
    const last = this.network.lastEpoch;
    return Math.min(this.store.state.epoch * (last / Math.max(this.lastOfAll, 1)), last);
  }

  /** The last epoch's place in the panel that has most. */
  lastOfAll = 1;

  private atEnd(): boolean {
    return this.epoch() > this.network.lastEpoch - 1e-6;
  }

  private toScreen(x: number, y: number): [number, number] {
    const { x: cx, y: cy, half } = this.square;
    const scale = this.size / (2 * half);
    return [(x - cx + half) * scale, (cy + half - y) * scale];
  }

  private fromScreen(x: number, y: number): [number, number] {
    const { x: cx, y: cy, half } = this.square;
    const scale = (2 * half) / this.size;
    return [cx - half + x * scale, cy + half - y * scale];
  }

  private drawBack(): void {
    const context = this.back.getContext("2d")!;
    const style = getComputedStyle(this.stage);
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.back.width, this.back.height);
    if (this.store.state.field && this.network.content.dim === 2 && this.network.scorer) {
      this.drawField(context);
    }
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    context.font = "11px system-ui, sans-serif";
    context.lineWidth = 1;
    const { x, y, half } = this.square;
    const step = niceStep(half / 2);
    const line = (value: number, vertical: boolean) => {
      const [sx, sy] = this.toScreen(vertical ? value : x, vertical ? y : value);
      context.strokeStyle = style.getPropertyValue(Math.abs(value) < step / 2 ? "--zero" : "--grid");
      context.beginPath();
      if (vertical) {
        context.moveTo(Math.round(sx) + 0.5, 0);
        context.lineTo(Math.round(sx) + 0.5, this.size);
      } else {
        context.moveTo(0, Math.round(sy) + 0.5);
        context.lineTo(this.size, Math.round(sy) + 0.5);
      }
      context.stroke();
      context.fillStyle = style.getPropertyValue("--muted");
      const text = String(Number(value.toPrecision(6)));
      if (vertical && sx > 24 && sx < this.size - 24) {
        context.textAlign = "center";
        context.fillText(text, sx, this.size - 4);
      } else if (!vertical && sy > 16 && sy < this.size - 20) {
        context.textAlign = "left";
        context.fillText(text, 4, sy - 3);
      }
    };
    for (let v = Math.ceil((x - half) / step); v <= (x + half) / step; v++) line(v * step, true);
    if (this.network.content.dim > 1) {
      for (let v = Math.ceil((y - half) / step); v <= (y + half) / step; v++) line(v * step, false);
    }
  }

  /** Behind the points the classes' colours, mixed by their probabilities. */
  private drawField(context: CanvasRenderingContext2D): void {
    if (!this.atEnd()) return;
    const classes = this.report.content.classes.length;
    const key = JSON.stringify([this.square, isDark()]);
    if (key !== this.fieldKey) {
      this.field = this.computeField(classes);
      this.fieldKey = key;
    }
    context.drawImage(this.field, 0, 0, this.back.width, this.back.height);
  }

  private field = h("canvas", { width: CELLS, height: CELLS });
  /** Whether it is there, which it is at the last epoch. */
  private fieldShown = true;
  /** What the field was computed for. */
  private fieldKey = "";

  private computeField(classes: number): HTMLCanvasElement {
    const scorer = this.network.scorer!;
    const colors = Array.from({ length: classes }, (_, k) => classColor(k, classes));
    const cells = new ImageData(CELLS, CELLS);
    for (let row = 0; row < CELLS; row++) {
      for (let column = 0; column < CELLS; column++) {
        const place = (i: number) => ((i + 0.5) / CELLS) * this.size;
        const { probabilities } = scorer.of(this.fromScreen(place(column), place(row)));
        const mixed: Rgb = [0, 0, 0];
        for (let k = 0; k < classes; k++) {
          for (let c = 0; c < 3; c++) mixed[c] += probabilities[k] * colors[k][c];
        }
        const at = 4 * (row * CELLS + column);
        // The surer, the more colour: where all classes are as probable there is none.
        const sure = (Math.max(...probabilities) - 1 / classes) / (1 - 1 / classes);
        cells.data.set([mixed[0], mixed[1], mixed[2], 12 + 95 * sure], at);
      }
    }
    const small = h("canvas", { width: CELLS, height: CELLS });
    small.getContext("2d")!.putImageData(cells, 0, 0);
    return small;
  }

  private drawPoints(): void {
    const { state } = this.store;
    const { targets, content } = this.report;
    const classes = content.classes.length;
    const side = this.front.width;
    const pixels = this.pixels;
    pixels.fill(0);
    const count = this.x.length;
    const wanted = (count > 5000 ? 4.4 : count > 1500 ? 5.4 : 7) * this.ratio;
    // Points grow as one zooms in, so that one can tell their shapes.
    const zoomed = Math.min(2.4, Math.max(1, Math.sqrt(this.base.half / this.square.half)));
    const dot = Math.max(3, Math.round(wanted * zoomed));
    const key = JSON.stringify([dot, side, isDark()]);
    if (key !== this.stampKey) {
      this.stampKey = key;
      this.stamps = Array.from({ length: classes }, (_, k) => stamp(mask(classShape(k), dot), dot, side, classColor(k, classes)));
    }
    const { x: cx, y: cy, half } = this.square;
    const scale = side / (2 * half);
    const { predicted } = this.network.outputs;
    const { group, onlyWrong } = state;
    const shown = Uint8Array.from({ length: classes }, (_, k) => (state.hidden.has(k) ? 0 : 1));
    const low = dot >> 1;
    const high = side - dot + low;
    const { x, y, screenX, screenY, ratio } = this;
    for (let i = 0; i < count; i++) {
      const k = targets[i];
      const sx = (x[i] - cx + half) * scale;
      const sy = (cy + half - y[i]) * scale;
      const visible = shown[k] === 1 && !(onlyWrong && predicted[i] === k);
      screenX[i] = visible ? sx / ratio : NaN;
      screenY[i] = sy / ratio;
      // Points that the border would cut are left out, and so are those that are no numbers.
      if (!visible || !(sx >= low && sx < high && sy >= low && sy < high)) continue;
      const { places, inks, faint } = this.stamps[k];
      const colors = group !== null && !group.has(i) ? faint : inks;
      const corner = (Math.floor(sy) - low) * side + Math.floor(sx) - low;
      for (let j = 0; j < places.length; j++) {
        const at = corner + places[j];
        // Where points overlap the later one is seen, but for its soft edges.
        if ((colors[j] >>> 24) * 4 >= (pixels[at] >>> 24) * 3) pixels[at] = colors[j];
      }
    }
  }

  private drawFront(): void {
    // Without the hint each picture would go to a graphics processor and back.
    const context = this.front.getContext("2d", { willReadFrequently: true })!;
    const { state } = this.store;
    const style = getComputedStyle(this.stage);
    const [ink, paper] = [style.getPropertyValue("--ink"), style.getPropertyValue("--paper")];
    context.putImageData(this.picture!, 0, 0);
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    if (state.outliers >= 0) this.drawOutliers(context, ink, paper);
    if (state.points) this.drawReferencePoints(context, ink, paper);
    if (state.names) this.drawNames(context, ink, paper);
    for (const [index, radius] of [
      [state.hovered, 7],
      [state.selected, 9],
    ] as const) {
      if (index < 0) continue;
      const [x, y] = this.toScreen(this.x[index], this.y[index]);
      this.ring(context, x, y, radius, ink, paper);
    }
    this.drawDrawing(context, ink, paper);
    if (this.path.length > 1) {
      context.beginPath();
      this.path.forEach(([x, y], i) => (i ? context.lineTo(x, y) : context.moveTo(x, y)));
      context.closePath();
      context.strokeStyle = ink;
      context.setLineDash([4, 3]);
      context.stroke();
      context.setLineDash([]);
    }
    const note = this.noteText();
    if (note !== this.note.textContent) this.note.textContent = note;
    this.note.hidden = note === "";
  }

  private ring(context: CanvasRenderingContext2D, x: number, y: number, radius: number, ink: string, paper: string): void {
    for (const [color, width] of [
      [paper, 4],
      [ink, 2],
    ] as const) {
      context.strokeStyle = color;
      context.lineWidth = width;
      context.beginPath();
      context.arc(x, y, radius, 0, 2 * Math.PI);
      context.stroke();
    }
  }

  private drawOutliers(context: CanvasRenderingContext2D, ink: string, paper: string): void {
    if (!this.atEnd()) return;
    for (const [color, width] of [
      [paper, 3.5],
      [ink, 1.5],
    ] as const) {
      context.strokeStyle = color;
      context.lineWidth = width;
      context.beginPath();
      for (let i = 0; i < this.outlierX.length; i++) {
        const [x, y] = this.inside(...this.toScreen(this.outlierX[i], this.outlierY[i]), 4);
        context.moveTo(x - 3, y - 3);
        context.lineTo(x + 3, y + 3);
        context.moveTo(x + 3, y - 3);
        context.lineTo(x - 3, y + 3);
      }
      context.stroke();
    }
  }

  /** The place itself, or the nearest one that is seen. */
  private inside(x: number, y: number, margin: number): [number, number] {
    const limit = (v: number) => Math.min(this.size - margin, Math.max(margin, v));
    return [limit(x), limit(y)];
  }

  private onPlane(point: ArrayLike<number>): [number, number] {
    if (this.axes) return onPlane(this.axes, point);
    return [point[0], point.length > 1 ? point[1] : 0];
  }

  private drawReferencePoints(context: CanvasRenderingContext2D, ink: string, paper: string): void {
    const classes = this.report.content.classes.length;
    (this.network.content.reference_points ?? []).forEach((point, k) => {
      if (this.store.state.hidden.has(k)) return;
      const [x, y] = this.toScreen(...this.onPlane(point));
      context.beginPath();
      context.moveTo(x, y - 8);
      context.lineTo(x + 8, y);
      context.lineTo(x, y + 8);
      context.lineTo(x - 8, y);
      context.closePath();
      context.fillStyle = css(classColor(k, classes));
      context.strokeStyle = paper;
      context.lineWidth = 4;
      context.stroke();
      context.fill();
      context.strokeStyle = ink;
      context.lineWidth = 1.5;
      context.stroke();
    });
  }

  private drawNames(context: CanvasRenderingContext2D, ink: string, paper: string): void {
    const { classes } = this.report.content;
    const key = JSON.stringify([ink, paper, this.ratio]);
    if (key !== this.namesKey) {
      this.namesKey = key;
      this.nameImages = classes.map((name) => nameImage(name, ink, paper, this.ratio));
    }
    this.middles.forEach(([x, y], k) => {
      if (Number.isNaN(x) || this.store.state.hidden.has(k)) return;
      const [sx, sy] = this.toScreen(x, y);
      const image = this.nameImages[k];
      const [width, height] = [image.width / this.ratio, image.height / this.ratio];
      context.drawImage(image, sx - width / 2, sy - height / 2, width, height);
    });
  }

  /** The classes' names, drawn once: text with a border takes long. */
  private nameImages: HTMLCanvasElement[] = [];
  private namesKey = "";

  private drawDrawing(context: CanvasRenderingContext2D, ink: string, paper: string): void {
    if (!this.drawn) return;
    const place = this.toScreen(...this.onPlane(this.drawn));
    const [x, y] = this.inside(...place, 12);
    context.beginPath();
    for (let i = 0; i < 10; i++) {
      const angle = (i * Math.PI) / 5 - Math.PI / 2;
      const radius = i % 2 ? 5 : 12;
      context.lineTo(x + radius * Math.cos(angle), y + radius * Math.sin(angle));
    }
    context.closePath();
    context.fillStyle = ink;
    context.strokeStyle = paper;
    context.lineWidth = 3;
    context.stroke();
    context.fill();
    this.starOutside = Math.hypot(place[0] - x, place[1] - y) > 1;
  }

  /** Where the head puts what was drawn. */
  drawn: ArrayLike<number> | null = null;
  /** What it makes of it, in words. */
  answer = "";
  private starOutside = false;

  private noteText(): string {
    const notes = this.answer ? [this.answer] : [];
    if (this.drawn && this.starOutside) notes.push("It lies beyond the border, in the star's direction.");
    if (this.store.state.field && this.network.content.dim === 2 && this.network.scorer && !this.atEnd()) {
      notes.push("Probabilities are of the last epoch.");
    }
    return notes.join(" ");
  }

  /** The image nearest to a place on the screen, or -1. */
  nearest(x: number, y: number, within = 14): number {
    let best = within * within;
    let found = -1;
    const { screenX, screenY } = this;
    for (let i = 0; i < screenX.length; i++) {
      const dx = screenX[i] - x;
      const dy = screenY[i] - y;
      const square = dx * dx + dy * dy;
      if (square < best) {
        best = square;
        found = i;
      }
    }
    return found;
  }

  /** Where an image is on the screen, from the panel's corner. */
  place(index: number): [number, number] {
    return [this.screenX[index], this.screenY[index]];
  }

  private listen(): void {
    const { stage, store } = this;
    new ResizeObserver(() => {
      this.width = stage.clientWidth;
      this.store.set("pointer");
    }).observe(stage);
    const at = (event: PointerEvent | WheelEvent): [number, number] => {
      const box = stage.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    stage.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      const [x, y] = at(event);
      const mode = event.shiftKey ? "lasso" : store.state.mode;
      this.drag = { x, y, moved: false };
      this.path = mode === "lasso" ? [[x, y]] : [];
      if (mode !== "point") stage.setPointerCapture(event.pointerId);
    });
    stage.addEventListener("pointermove", (event) => {
      const [x, y] = at(event);
      if (this.drag && (this.path.length > 0 || store.state.mode === "move")) {
        const [dx, dy] = [x - this.drag.x, y - this.drag.y];
        if (Math.hypot(dx, dy) > 3) this.drag.moved = true;
        if (this.path.length > 0) {
          this.path.push([x, y]);
          this.dirty.front = true;
          store.set("pointer");
        } else if (this.drag.moved) {
          const scale = (2 * this.square.half) / this.size;
          this.square = { ...this.square, x: this.square.x - dx * scale, y: this.square.y + dy * scale };
          this.drag.x = x;
          this.drag.y = y;
          this.redraw();
          store.set("pointer");
        }
        return;
      }
      this.events.hover(this, this.nearest(x, y), x, y);
    });
    stage.addEventListener("pointerleave", (event) => {
      // A finger that is lifted leaves what it has shown.
      if (!this.drag && event.pointerType === "mouse") this.events.hover(this, -1, 0, 0);
    });
    stage.addEventListener("pointercancel", () => this.endDrag());
    stage.addEventListener("pointerup", (event) => {
      const [x, y] = at(event);
      if (this.path.length > 3 && this.drag?.moved) {
        this.events.lasso(this.within(this.path));
      } else if (this.drag && !this.drag.moved) {
        const index = this.nearest(x, y);
        this.events.select(index);
        this.events.hover(this, index, x, y);
      }
      this.endDrag();
    });
    stage.addEventListener(
      "wheel",
      (event) => {
        // Without a key the wheel scrolls the page.
        if (!event.ctrlKey && !event.metaKey && store.state.mode !== "move") return;
        event.preventDefault();
        this.zoom(Math.exp(event.deltaY * 0.002), ...this.fromScreen(...at(event)));
        store.set("pointer");
      },
      { passive: false },
    );
    stage.addEventListener("keydown", (event) => this.key(event));
  }

  private endDrag(): void {
    this.drag = null;
    this.path = [];
    this.dirty.front = true;
    this.store.set("pointer");
  }

  private key(event: KeyboardEvent): void {
    const steps: Record<string, [number, number]> = {
      ArrowLeft: [-1, 0],
      ArrowRight: [1, 0],
      ArrowUp: [0, -1],
      ArrowDown: [0, 1],
    };
    const step = steps[event.key];
    if (step) {
      const next = this.neighbour(this.store.state.selected, step);
      if (next >= 0) this.events.select(next);
    } else if (event.key === "+" || event.key === "=") this.zoom(0.7);
    else if (event.key === "-") this.zoom(1 / 0.7);
    else if (event.key === "0") this.reset();
    else if (event.key === "Escape") this.store.set("selection", { selected: -1, group: null });
    else return;
    event.preventDefault();
    this.store.set("pointer");
  }

  /** The nearest image in a direction; without one to start from, the one nearest to the middle. */
  private neighbour(from: number, [dx, dy]: [number, number]): number {
    if (from < 0 || Number.isNaN(this.screenX[from])) return this.nearest(this.size / 2, this.size / 2, Infinity);
    let best = Infinity;
    let found = -1;
    for (let i = 0; i < this.screenX.length; i++) {
      const [x, y] = [this.screenX[i] - this.screenX[from], this.screenY[i] - this.screenY[from]];
      const along = x * dx + y * dy;
      const aside = Math.abs(x * dy) + Math.abs(y * dx);
      if (i === from || !(along > 0.5)) continue;
      const cost = along + 2 * aside;
      if (cost < best) {
        best = cost;
        found = i;
      }
    }
    return found;
  }

  private within(path: [number, number][]): number[] {
    const found: number[] = [];
    for (let i = 0; i < this.screenX.length; i++) {
      const [x, y] = [this.screenX[i], this.screenY[i]];
      let inside = false;
      for (let a = 0, b = path.length - 1; a < path.length; b = a++) {
        const [[ax, ay], [bx, by]] = [path[a], path[b]];
        if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
      }
      if (inside) found.push(i);
    }
    return found;
  }
}

/** A shape in a picture of so many pixels a row: the pixels that it covers, and their values. */
interface Stamp {
  places: Int32Array;
  inks: Uint32Array;
  /** Of points that others stand out from. */
  faint: Uint32Array;
}

function stamp(covered: Uint8Array, size: number, side: number, [r, g, b]: Rgb): Stamp {
  const inside = [...covered.keys()].filter((i) => covered[i] > 0);
  const color = r | (g << 8) | (b << 16);
  const ink = (share: number) => Uint32Array.from(inside, (i) => (color | ((covered[i] * share) << 24)) >>> 0);
  return {
    places: Int32Array.from(inside, (i) => Math.floor(i / size) * side + (i % size)),
    inks: ink(1),
    faint: ink(0.16),
  };
}

/** A name that can be read on any ground. */
function nameImage(name: string, ink: string, paper: string, ratio: number): HTMLCanvasElement {
  const font = "600 14px system-ui, sans-serif";
  const canvas = h("canvas");
  const context = canvas.getContext("2d")!;
  context.font = font;
  const [width, height] = [context.measureText(name).width + 8, 24];
  canvas.width = Math.ceil(width * ratio);
  canvas.height = Math.ceil(height * ratio);
  context.scale(ratio, ratio);
  context.font = font;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.lineJoin = "round";
  context.lineWidth = 4;
  context.strokeStyle = paper;
  context.strokeText(name, width / 2, height / 2);
  context.fillStyle = ink;
  context.fillText(name, width / 2, height / 2);
  return canvas;
}

function onPlane(axes: Axes, point: ArrayLike<number>): [number, number] {
  let [x, y] = [0, 0];
  for (let d = 0; d < point.length; d++) {
    x += axes[0][d] * point[d];
    y += axes[1][d] * point[d];
  }
  return [x, y];
}

/** About `wanted`, and a number that one reads easily. */
function niceStep(wanted: number): number {
  const power = 10 ** Math.floor(Math.log10(wanted));
  const step = [1, 2, 5, 10].find((factor) => factor * power >= wanted * 0.8) ?? 10;
  return step * power;
}
