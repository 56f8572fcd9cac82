import "uplot/dist/uPlot.min.css";
import "./style.css";

import { attacks } from "./attacks.ts";
import { Confusion } from "./confusion.ts";
import { type Part, training } from "./curves.ts";
import { h } from "./dom.ts";
import { Drawing } from "./drawing.ts";
import { Embeddings } from "./embeddings.ts";
import { metrics } from "./metrics.ts";
import { isDark } from "./palette.ts";
import { read, type Report } from "./report.ts";
import { selfCheck } from "./self_check.ts";
import { Store } from "./state.ts";
import { Outliers, reliability } from "./trust.ts";

declare global {
  interface Window {
    /** For tests and the curious. */
    report?: { content: Report; store: Store; selfCheck: () => ReturnType<typeof selfCheck>; opened: number };
  }
}

function header(report: Report, store: Store, sections: [string, string][]): HTMLElement {
  const { content } = report;
  const button = h("button", { type: "button", id: "theme" }, "");
  const name = () => (button.textContent = isDark() ? "Light" : "Dark");
  button.addEventListener("click", () => {
    document.documentElement.dataset.theme = isDark() ? "light" : "dark";
    name();
    store.set("theme");
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    name();
    store.set("theme");
  });
  name();
  const runs = content.runs.map((run) => {
    const images = run.train_images.toLocaleString("en");
    return `${run.name}: ${run.epochs} epoch${run.epochs === 1 ? "" : "s"} on ${images} images, seed ${run.seed}, ${run.device}`;
  });
  const { count, total } = content.images;
  const shown =
    count === total
      ? `${total.toLocaleString("en")} ${content.evaluated_on} images`
      : `${count.toLocaleString("en")} of ${total.toLocaleString("en")} ${content.evaluated_on} images`;
  return h(
    "header",
    { class: "top" },
    h("div", { class: "row apart" }, h("h1", {}, content.title), button),
    h("p", { class: "facts" }, `${runs.join("; ")}. ${shown} in this page. Made by ${content.program}.`),
    h("nav", { "aria-label": "Parts of the page" }, ...sections.map(([id, title]) => h("a", { href: `#${id}` }, title))),
  );
}

async function open(): Promise<void> {
  const report = await read();
  const last = Math.max(...report.networks.map((network) => network.lastEpoch));
  const store = new Store({
    hidden: new Set(),
    hovered: -1,
    selected: -1,
    group: null,
    epoch: last,
    mode: "point",
    field: true,
    points: true,
    names: true,
    sameScale: false,
    onlyWrong: false,
    outliers: -1,
    view: "figure",
    classes: [0, 1, Math.min(2, report.content.classes.length - 1)],
    tour: 0,
    drawing: null,
  });
  let drawing: Drawing | null = null;
  const embeddings = new Embeddings(report, store, (index) => drawing?.take(index));
  drawing = new Drawing(report, store, embeddings.panels);
  embeddings.side.prepend(drawing.side);
  const parts: (Part | null)[] = [training(report), reliability(report)];
  const [curves, trust] = parts;
  const outliers = report.outliers.length ? new Outliers(report, store) : null;
  const attacked = attacks(report, store, (images, index) => drawing?.mark(images, index));
  const sections: [HTMLElement | undefined, string][] = [
    [embeddings.element, "Embeddings"],
    [drawing.element, "Drawing"],
    [metrics(report), "Metrics"],
    [curves?.element, "Training"],
    [new Confusion(report, store).element, "Confusion"],
    [trust?.element, "Reliability"],
    [outliers?.element, "Outliers"],
    [attacked?.element, "Attacks"],
  ];
  const there = sections.filter((section): section is [HTMLElement, string] => section[0] !== undefined);
  const page = document.getElementById("page")!;
  page.replaceChildren(
    ...there.map(([element]) => element),
    h("footer", {}, h("p", {}, "Positions are in 16 bits, less than a pixel off; probabilities likewise. Curves by uPlot (MIT licence).")),
  );
  page.before(header(report, store, there.map(([element, title]) => [element.id, title])));
  store.listen((change) => {
    if (change !== "theme") return;
    for (const chart of [...parts, outliers, attacked].flatMap((part) => part?.charts ?? [])) chart.draw(true);
  });
  window.report = { content: report, store, selfCheck: () => selfCheck(report), opened: performance.now() };
}

open().catch((error: unknown) => {
  const text = error instanceof Error ? error.message : String(error);
  const page = document.getElementById("page")!;
  page.append(h("p", { role: "alert" }, `The page cannot be drawn: ${text}. It needs a browser of 2023 or later.`));
  throw error;
});
