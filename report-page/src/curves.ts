// The epochs' curves.

import { Chart, type Curve } from "./chart.ts";
import { h } from "./dom.ts";
import type { Report } from "./report.ts";

export interface Part {
  element: HTMLElement;
  charts: Chart[];
}

export function training(report: Report): Part | null {
  const { networks } = report;
  const longest = Math.max(0, ...networks.map((network) => network.content.curves.length));
  if (longest === 0) return null;
  const x = Array.from({ length: longest }, (_, i) => i + 1);
  const curves = (column: string, factor = 1): Curve[] =>
    networks
      .map((network, color) => ({
        name: network.title,
        color,
        y: x.map((_, i) => {
          const value = network.content.curves[i]?.[column];
          return value === undefined ? null : factor * value;
        }),
      }))
      .filter((curve) => curve.y.some((value) => value !== null));
  const chart = (title: string, column: string, yLabel: string, factor = 1, logarithmic = false) =>
    new Chart({ title, x, xLabel: "epoch", whole: true, yLabel, curves: curves(column, factor), logarithmic });
  const charts = [
    chart("Training loss", "train_loss", "mean loss", 1, positive(report)),
    chart("Training accuracy", "train_accuracy", "%", 100),
  ];
  for (const [column, title] of Object.entries(PARAMETERS)) {
    if (curves(column).length) charts.push(chart(title, column, column));
  }
  return part("training", "Training", "Losses of different heads are different measures: compare their course, not their height.", charts);
}

/** Learned numbers of the activations, where the run kept them. */
const PARAMETERS: Record<string, string> = { mu: "\u03bc", sigma: "\u03c3", pi: "\u03c0" };

function positive(report: Report): boolean {
  return report.networks.every((network) => network.content.curves.every((point) => (point.train_loss ?? 1) > 0));
}

export function part(id: string, title: string, lead: string, charts: Chart[], ...further: Node[]): Part {
  const element = h(
    "section",
    { id, "aria-labelledby": `${id}-title` },
    h("h2", { id: `${id}-title` }, title),
    h("p", { class: "lead" }, lead),
    h("div", { class: "charts" }, ...charts.map((chart) => chart.element)),
    ...further,
  );
  return { element, charts };
}
