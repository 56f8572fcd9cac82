// What is said of the image under the pointer.

import { h, percent } from "./dom.ts";
import type { Panel } from "./panel.ts";
import { paint } from "./picture.ts";
import type { Report } from "./report.ts";

export class Tooltip {
  readonly element = h("div", { class: "tooltip", hidden: true, "aria-hidden": "true" });
  private readonly canvas = h("canvas", { class: "digit" });
  private readonly text = h("p");
  private shown = -1;

  constructor(private readonly report: Report) {
    this.element.append(this.canvas, this.text);
  }

  show(panel: Panel, index: number): void {
    this.element.hidden = index < 0;
    if (index < 0) return;
    const { content, images, labels, targets } = this.report;
    const { predicted, confidence } = panel.network.outputs;
    if (index !== this.shown) paint(this.canvas, images, index);
    this.shown = index;
    const said = content.classes[predicted[index]];
    const right = predicted[index] === targets[index];
    this.text.replaceChildren(
      h("strong", {}, `label ${labels[index]}`),
      h("br"),
      `predicted ${said}${right ? "" : " \u2717"}`,
      h("br"),
      percent(confidence[index], 2),
    );
    const [x, y] = panel.place(index);
    const box = panel.element.querySelector(".stage")!.getBoundingClientRect();
    const width = 170;
    const left = box.left + x + 16 + width > innerWidth ? box.left + x - 16 - width : box.left + x + 16;
    this.element.style.left = `${Math.max(4, left) + scrollX}px`;
    this.element.style.top = `${box.top + y - 20 + scrollY}px`;
  }
}
