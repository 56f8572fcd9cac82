// The epochs' curves, and the accuracy that attacks leave.

import { Chart, type Curve } from "./chart.ts";
import type { CurvePoint } from "./content.ts";
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
  const curves = (of: (point: CurvePoint) => number | null): Curve[] =>
    networks.map((network, color) => ({
      name: network.title,
      color,
      y: x.map((_, i) => (network.content.curves[i] ? of(network.content.curves[i]) : null)),
    }));
  const charts = [
    new Chart({ title: "Training loss", x, xLabel: "epoch", whole: true, yLabel: "mean loss", curves: curves((p) => p.train_loss), logarithmic: positive(report) }),
    new Chart({ title: "Training accuracy", x, xLabel: "epoch", whole: true, yLabel: "%", curves: curves((p) => p.train_accuracy && 100 * p.train_accuracy) }),
  ];
  return part("training", "Training", "Losses of different heads are different measures: compare their course, not their height.", charts);
}

function positive(report: Report): boolean {
  return report.networks.every((network) => network.content.curves.every((point) => (point.train_loss ?? 0) > 0));
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

export function attacks(report: Report): Part | null {
  const { networks } = report;
  const all = networks.flatMap((network) => network.content.attacks);
  if (all.length === 0) return null;
  const norms = [...new Set(all.map((attack) => attack.robustness.norm))].sort();
  const warnings: Node[] = [];
  const charts = norms.map((norm) => {
    const of = networks.map((network) => network.content.attacks.filter((attack) => attack.robustness.norm === norm));
    const sizes = [...new Set(of.flat().map((attack) => attack.robustness.eps))].sort((a, b) => a - b);
    const curves = networks.map((network, color): Curve => {
      const clean = of[color][0]?.robustness.clean;
      const at = (eps: number) => {
        // Of several results at one size the hardest.
        const left = of[color].filter((a) => a.robustness.eps === eps).map((a) => 100 * a.robustness.robust);
        return left.length ? Math.min(...left) : null;
      };
      return { name: network.title, color, y: [clean === undefined ? null : 100 * clean, ...sizes.map(at)] };
    });
    return new Chart({
      title: `Accuracy under attack, ${norm}`,
      x: [0, ...sizes.map((eps) => Number(eps.toPrecision(6)))],
      xLabel: "size of the perturbation, eps",
      yLabel: "% right",
      curves: curves.filter((curve) => curve.y.some((value) => value !== null)),
      range: [0, 100],
      points: true,
    });
  });
  for (const network of networks) {
    for (const attack of network.content.attacks) {
      for (const warning of attack.robustness.warnings) {
        warnings.push(h("li", {}, `${network.title}, eps ${short(attack.robustness.eps)}: ${warning}`));
      }
    }
  }
  const further = warnings.length ? [h("h3", {}, "Doubts"), h("ul", {}, ...warnings)] : [];
  return part("attacks", "Attacks", "What perturbations of the images leave of the accuracy, under all attacks that were done.", charts, ...further);
}

function short(eps: number): string {
  return String(Number(eps.toPrecision(4)));
}
