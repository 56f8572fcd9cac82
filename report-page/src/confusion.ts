// Which classes are taken for which, and the images behind each number.

import { choice, h, percent } from "./dom.ts";
import { Gallery } from "./gallery.ts";
import type { Report } from "./report.ts";
import type { Store } from "./state.ts";

export class Confusion {
  readonly element: HTMLElement;
  private readonly table = h("table", { class: "confusion" });
  private readonly title = h("h3", {}, "Images of a cell");
  private readonly gallery: Gallery;
  private network = 0;

  constructor(
    private readonly report: Report,
    private readonly store: Store,
  ) {
    const names = report.networks.map((network) => network.title);
    const { element } = choice("Head", names, (i) => {
      this.network = i;
      this.fill();
    });
    this.gallery = new Gallery(report, (index) => {
      store.set("selection", { selected: index });
      document.getElementById("embeddings")?.scrollIntoView({ behavior: "smooth" });
    });
    const { count, total } = report.content.images;
    const of = count === total ? `all ${total.toLocaleString("en")}` : `the ${count.toLocaleString("en")} of ${total.toLocaleString("en")}`;
    this.element = h(
      "section",
      { id: "confusion", "aria-labelledby": "confusion-title" },
      h("h2", { id: "confusion-title" }, "Confusion"),
      h("p", { class: "lead" }, `Of ${of} ${report.content.evaluated_on} images in this page. A number shows its images, and marks them in the panels.`),
      element,
      h(
        "div",
        { class: "columns even" },
        h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Confusion matrix" }, this.table),
        h("div", { class: "group" }, this.title, this.gallery.element),
      ),
    );
    store.listen((change) => {
      if (change === "theme") this.gallery.repaint();
    });
    this.fill();
    this.showWrong();
  }

  private cell(truth: number, said: number): number[] {
    const { targets, networks } = this.report;
    const { predicted } = networks[this.network].outputs;
    const found: number[] = [];
    for (let i = 0; i < targets.length; i++) if (targets[i] === truth && predicted[i] === said) found.push(i);
    return found;
  }

  private showWrong(): void {
    const { targets, networks } = this.report;
    const { predicted, confidence } = networks[this.network].outputs;
    const wrong = [...targets.keys()].filter((i) => predicted[i] !== targets[i]);
    wrong.sort((a, b) => confidence[b] - confidence[a]);
    this.title.textContent = wrong.length ? `All ${wrong.length} wrong ones, the most confident first` : "No image is taken for another class";
    this.gallery.show(wrong);
  }

  private fill(): void {
    const { classes } = this.report.content;
    const rows = classes.map((name, truth) => {
      const cells = classes.map((_, said) => this.cell(truth, said));
      const sum = cells.reduce((total, cell) => total + cell.length, 0);
      return h(
        "tr",
        {},
        h("th", { scope: "row" }, name),
        ...cells.map((cell, said) => {
          const share = sum ? cell.length / sum : 0;
          const strength = truth === said ? 0.28 * share : Math.min(0.45, 6 * share);
          const style = `--strength: ${strength}`;
          if (cell.length === 0) return h("td", {}, "0");
          const show = () => {
            this.title.textContent = `${cell.length} of class ${name}, ${truth === said ? "recognised" : `taken for ${classes[said]}`}`;
            this.gallery.show(cell);
            this.store.set("selection", { group: new Set(cell) });
          };
          return h(
            "td",
            { style, class: truth === said ? "same" : "other" },
            h("button", { type: "button", "aria-label": `${cell.length} of class ${name} predicted as ${classes[said]}`, onclick: show }, String(cell.length)),
          );
        }),
        h("td", { class: "number" }, percent(sum ? cells[truth].length / sum : null)),
      );
    });
    this.table.replaceChildren(
      h("caption", {}, "Rows: the true class; columns: the predicted one"),
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "class"), ...classes.map((name) => h("th", { scope: "col" }, name)), h("th", { scope: "col" }, "right"))),
      h("tbody", {}, ...rows),
    );
    this.showWrong();
  }
}
