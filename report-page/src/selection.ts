// The image that was chosen, and what each head makes of it.

import { h, percent, short } from "./dom.ts";
import { Gallery } from "./gallery.ts";
import { picture } from "./picture.ts";
import type { Report } from "./report.ts";
import type { Store } from "./state.ts";

export class Selection {
  readonly element: HTMLElement;
  private readonly card = h("div", { class: "card" });
  private readonly groupTitle = h("h3");
  private readonly gallery: Gallery;
  private readonly groupPart: HTMLElement;
  private readonly live = h("p", { class: "unseen", role: "status" });

  constructor(
    private readonly report: Report,
    private readonly store: Store,
    private readonly usePicture: (index: number) => void,
  ) {
    this.gallery = new Gallery(report, (index) => store.set("selection", { selected: index }));
    this.groupPart = h(
      "div",
      { class: "group", hidden: true },
      h(
        "div",
        { class: "row" },
        this.groupTitle,
        h("button", { type: "button", onclick: () => store.set("selection", { group: null }) }, "Show all points"),
      ),
      this.gallery.element,
    );
    this.element = h("div", { class: "selection" }, this.card, this.groupPart, this.live);
    store.listen((change) => {
      if (change === "selection") this.update();
      if (change === "theme") {
        this.update();
        this.gallery.repaint();
      }
    });
    this.update();
  }

  private group: Set<number> | null = null;

  private update(): void {
    const { selected, group } = this.store.state;
    if (selected < 0) {
      this.card.replaceChildren(
        h("p", { class: "hint" }, "Choose a point: it is marked in every panel, and what each head makes of it is told here."),
      );
      this.live.textContent = "";
    } else {
      this.showImage(selected);
    }
    if (group !== this.group) {
      this.group = group;
      this.groupPart.hidden = group === null;
      if (group) {
        this.groupTitle.textContent = `${group.size} image${group.size === 1 ? "" : "s"}`;
        this.gallery.show([...group]);
      }
    }
  }

  private showImage(index: number): void {
    const { content, images, labels, targets, networks } = this.report;
    const image = picture(images, index, `Image of label ${labels[index]}`);
    const truth = content.classes[targets[index]];
    const rows = networks.map((network) => {
      const { predicted, confidence } = network.outputs;
      const last = network.positions[network.lastEpoch];
      const point = last.map((axis) => axis[index]);
      const own = network.regions.distances(point).find((d) => d.class === targets[index]);
      const right = predicted[index] === targets[index];
      return h(
        "tr",
        { class: right ? "right" : "wrong" },
        h("th", { scope: "row" }, network.title),
        h("td", {}, `${content.classes[predicted[index]]}${right ? "" : " \u2717"}`),
        h("td", { class: "number" }, percent(confidence[index], 2)),
        h("td", { class: "number" }, own ? short(own.radii) : "n/a"),
      );
    });
    const head = ["head", "says", "probability", "distance"];
    this.card.replaceChildren(
      h(
        "div",
        { class: "about" },
        image,
        h(
          "div",
          {},
          h("p", {}, h("strong", {}, `Label ${labels[index]}`), truth === String(labels[index]) ? "" : `, class ${truth}`),
          h("p", { class: "hint" }, `Number ${content.images.indices[index]} of the ${content.evaluated_on} images`),
          h("button", { type: "button", onclick: () => this.usePicture(index) }, "Draw on it"),
        ),
      ),
      h(
        "div",
        { class: "scroll", tabindex: 0, role: "region", "aria-label": "What each head makes of the image" },
        h(
          "table",
          {},
          h("thead", {}, h("tr", {}, ...head.map((name) => h("th", { scope: "col" }, name)))),
          h("tbody", {}, ...rows),
        ),
      ),
      h("p", { class: "hint" }, "Distance from the centroid of its own class, in radii within which 95 % of the class lie."),
    );
    const said = networks.map((n) => `${n.title} says ${content.classes[n.outputs.predicted[index]]}`);
    this.live.textContent = `Label ${labels[index]}. ${said.join(", ")}.`;
  }
}
