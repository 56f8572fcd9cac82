// The accuracy that attacks leave, and perturbed images beside those that they were made from.

import { Chart, type Curve } from "./chart.ts";
import { type Part, part } from "./curves.ts";
import { choice, h } from "./dom.ts";
import { picture } from "./picture.ts";
import type { Images, Report } from "./report.ts";
import type { Store } from "./state.ts";

const NORMS: Record<string, string> = { linf: "largest change of a pixel (L\u221e)", l2: "length of the change (L2)" };

/** Makes the star of every panel that of an image. */
type Mark = (images: Images, index: number) => void;

export function attacks(report: Report, store: Store, mark: Mark): Part | null {
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
      title: `Accuracy under attack, ${NORMS[norm] ?? norm}`,
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
  const further: Node[] = warnings.length ? [h("h3", {}, "Doubts"), h("ul", {}, ...warnings)] : [];
  if (report.attacked) further.unshift(new Adversarial(report, store, mark).element);
  return part("attacks", "Attacks", "What perturbations of the images leave of the accuracy, under all attacks that were done.", charts, ...further);
}

class Adversarial {
  readonly element: HTMLElement;
  private readonly rows = h("div", { class: "border" });
  private network = 0;

  constructor(
    private readonly report: Report,
    store: Store,
    private readonly mark: Mark,
  ) {
    const names = report.networks.map((network) => network.title);
    const { element } = choice("Head", names, (i) => {
      this.network = i;
      void this.show();
    });
    this.element = h(
      "div",
      { class: "adversarial" },
      h("h3", {}, "Images under attack"),
      h(
        "p",
        { class: "hint" },
        "By projected gradient descent, 40 steps, on this head. What the head takes each image for is below it, marked where it is wrong. A click makes the star of every panel that image's.",
      ),
      element,
      this.rows,
    );
    store.listen((change) => {
      if (change === "theme") void this.show();
    });
    void this.show();
  }

  private async show(): Promise<void> {
    const { networks, attacked, content, blobs } = this.report;
    const { adversarial } = networks[this.network].content;
    const { targets } = content.attacked!;
    const rows = [this.row("Originals", attacked!, targets, targets)];
    for (const of of adversarial) {
      const images = { ...attacked!, pixels: await blobs.bytes(of.pixels) };
      rows.push(this.row(`${SHORT[of.norm] ?? of.norm}, eps ${short(of.eps)}`, images, of.predicted, targets));
    }
    this.rows.replaceChildren(...rows);
  }

  private row(title: string, images: Images, said: number[], targets: number[]): HTMLElement {
    const { classes } = this.report.content;
    const list = h("div", { class: "gallery" });
    said.forEach((k, i) => {
      const wrong = k !== targets[i];
      const label = `${title}: class ${classes[targets[i]]}, taken for ${classes[k]}`;
      const button = h("button", { type: "button", "aria-label": label, title: label, onclick: () => this.mark(images, i) }, picture(images, i, ""));
      list.append(h("figure", { class: wrong ? "taken wrong" : "taken" }, button, h("figcaption", {}, `${classes[k]}${wrong ? " \u2717" : ""}`)));
    });
    return h("div", { class: "attack-row" }, h("h4", {}, title), list);
  }
}

const SHORT: Record<string, string> = { linf: "L\u221e", l2: "L2" };

function short(eps: number): string {
  return String(Number(eps.toPrecision(4)));
}
