// Images side by side, each a button that selects it.

import { h } from "./dom.ts";
import { picture } from "./picture.ts";
import type { Report } from "./report.ts";

/** Images at a time. */
const PAGE = 60;

export class Gallery {
  readonly element = h("div", { class: "gallery" });
  private shown: number[] = [];

  constructor(
    private readonly report: Report,
    private readonly select: (index: number) => void,
  ) {}

  show(indices: number[]): void {
    this.shown = indices;
    this.element.replaceChildren();
    this.more(0);
  }

  /** Draws the images again, for another theme. */
  repaint(): void {
    this.show(this.shown);
  }

  private more(start: number): void {
    const { labels, images, content } = this.report;
    for (const index of this.shown.slice(start, start + PAGE)) {
      const label = `Image ${content.images.indices[index]}, label ${labels[index]}`;
      this.element.append(
        h("button", { type: "button", "aria-label": label, title: label, onclick: () => this.select(index) }, picture(images, index, "")),
      );
    }
    const left = this.shown.length - start - PAGE;
    if (left > 0) {
      const button = h("button", { type: "button", class: "wide" }, `${left} more`);
      button.addEventListener("click", () => {
        button.remove();
        this.more(start + PAGE);
      });
      this.element.append(button);
    }
  }
}
