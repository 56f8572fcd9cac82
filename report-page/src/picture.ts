// Images on small canvases: ink is dark on a light page and light on a dark one; colours are as they are.

import { h } from "./dom.ts";
import { isDark } from "./palette.ts";
import type { Images } from "./report.ts";

export function paint(canvas: HTMLCanvasElement, images: Images, index: number): void {
  const { channels, rows, columns, pixels } = images;
  canvas.width = columns;
  canvas.height = rows;
  const context = canvas.getContext("2d")!;
  const picture = context.createImageData(columns, rows);
  const plane = rows * columns;
  const start = index * channels * plane;
  const inverted = channels === 1 && !isDark();
  for (let i = 0; i < plane; i++) {
    for (let channel = 0; channel < 3; channel++) {
      const value = pixels[start + (channels === 1 ? 0 : channel) * plane + i];
      picture.data[4 * i + channel] = inverted ? 255 - value : value;
    }
    picture.data[4 * i + 3] = 255;
  }
  context.putImageData(picture, 0, 0);
}

const scratch = h("canvas");

/** An image as an element: many canvases would each be a layer that the browser puts together in every frame. */
export function picture(images: Images, index: number, name: string): HTMLImageElement {
  paint(scratch, images, index);
  return h("img", { class: "digit", src: scratch.toDataURL(), alt: name, width: images.columns, height: images.rows });
}
