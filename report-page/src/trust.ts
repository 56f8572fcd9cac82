// Whether probabilities can be trusted: reliability, rejection, and images of no class.

import { Chart, type Curve } from "./chart.ts";
import { type Part, part } from "./curves.ts";
import { choice, h, percent } from "./dom.ts";
import type { Network } from "./network.ts";
import { picture } from "./picture.ts";
import type { Report } from "./report.ts";
import type { Store } from "./state.ts";
import { type Cell, sortable } from "./table.ts";

const BINS = 15;

/** Mean confidence and accuracy by bins of the confidence: of the run, or of the page's images. */
function bins(network: Network, targets: Uint8Array): { confidence: number; accuracy: number; images: number }[] {
  const kept = network.content.details.calibration?.bins;
  if (kept) return kept;
  const all = Array.from({ length: BINS }, () => ({ confidence: 0, accuracy: 0, images: 0 }));
  const { predicted, confidence } = network.outputs;
  for (let i = 0; i < targets.length; i++) {
    const bin = all[Math.min(BINS - 1, Math.max(0, Math.ceil(confidence[i] * BINS) - 1))];
    bin.images++;
    bin.confidence += confidence[i];
    bin.accuracy += predicted[i] === targets[i] ? 1 : 0;
  }
  for (const bin of all) {
    bin.confidence /= Math.max(bin.images, 1);
    bin.accuracy /= Math.max(bin.images, 1);
  }
  return all;
}

export function reliability(report: Report): Part {
  const { networks, targets } = report;
  const x = Array.from({ length: BINS }, (_, i) => (i + 0.5) / BINS);
  const curves = networks.map((network, color): Curve => {
    const of = bins(network, targets);
    return { name: network.title, color, y: x.map((_, i) => (of[i] && of[i].images > 0 ? of[i].accuracy : null)) };
  });
  const right: Curve = { name: "as probable as it says", color: 6, dashed: true, y: x.map((value) => value) };
  const charts = [
    new Chart({ title: "Reliability", x, xLabel: "probability of the predicted class", yLabel: "share right", curves: [...curves, right], range: [0, 1.02], points: true }),
  ];
  const of = networks.map((network) => network.content.details.rejection?.risk_coverage);
  if (of.some(Boolean)) {
    const coverage = of.find(Boolean)!.map((point) => point.coverage);
    charts.push(
      new Chart({
        title: "Rejection",
        x: coverage,
        xLabel: "share of images that are answered, the most confident first",
        yLabel: "% wrong among them",
        curves: networks.map((network, color) => ({ name: network.title, color, y: coverage.map((_, i) => (of[color]?.[i] ? 100 * of[color]![i].risk : null)) })),
      }),
    );
  }
  return part("reliability", "Reliability", "Whether the probability of a prediction says how often it is right, and whether doubt tells wrong predictions from right ones.", charts);
}

type Measure = "distance" | "probability";

/** How much an image looks like an outlier: the larger, the more. */
function outlyingness(network: Network, measure: Measure, positions: Float32Array[], confidence: Float32Array): Float64Array {
  return Float64Array.from(confidence, (probability, i) => {
    if (measure === "probability") return 1 - probability;
    return network.regions.distances(positions.map((axis) => axis[i]))[0]?.radii ?? NaN;
  });
}

/** The share of pairs in which the outlier looks more like one, and the curve behind it. */
export function roc(inliers: Float64Array, outliers: Float64Array): { auroc: number; curve: [number, number][] } {
  const all = [
    ...Array.from(inliers, (value) => ({ value, outlier: false })),
    ...Array.from(outliers, (value) => ({ value, outlier: true })),
  ].filter((item) => !Number.isNaN(item.value));
  all.sort((a, b) => b.value - a.value);
  const [ins, outs] = [all.filter((i) => !i.outlier).length, all.filter((i) => i.outlier).length];
  const curve: [number, number][] = [[0, 0]];
  let [found, wrong, area] = [0, 0, 0];
  for (let i = 0; i < all.length; ) {
    const { value } = all[i];
    const [before, wrongBefore] = [found, wrong];
    for (; i < all.length && all[i].value === value; i++) {
      if (all[i].outlier) found++;
      else wrong++;
    }
    area += ((wrong - wrongBefore) * (found + before)) / 2;
    curve.push([wrong / Math.max(ins, 1), found / Math.max(outs, 1)]);
  }
  return { auroc: ins * outs === 0 ? NaN : area / (ins * outs), curve };
}

export class Outliers {
  readonly element: HTMLElement;
  charts: Chart[] = [];
  private readonly place = h("div", { class: "charts" });
  private readonly border = h("div", { class: "border" });
  private readonly tables = h("div");
  private set = 0;
  private network = 0;
  private measure: Measure = "distance";

  constructor(
    private readonly report: Report,
    store: Store,
  ) {
    const sets = report.outliers.map((set) => set.name);
    const heads = report.networks.map((network) => network.title);
    const update = () => this.update();
    const controls = h(
      "div",
      { class: "row" },
      choice("Images of no class", sets, (i) => ((this.set = i), update())).element,
      choice("Head", heads, (i) => ((this.network = i), update())).element,
      choice("Told by", ["distance from the classes", "probability"], (i) => ((this.measure = i ? "probability" : "distance"), update())).element,
    );
    this.element = h(
      "section",
      { id: "outliers", "aria-labelledby": "outliers-title" },
      h("h2", { id: "outliers-title" }, "Outliers"),
      h("p", { class: "lead" }, "Images that are of no class, which the networks have never seen: how well they are told from test images, by the distance from the nearest class or by the probability."),
      controls,
      this.place,
      this.border,
      this.tables,
    );
    store.listen((change) => {
      if (change === "theme" && this.charts.length) this.showBorder();
    });
    // Not before the page is there: it takes longer than all the rest.
    new IntersectionObserver(([entry], observer) => {
      if (!entry.isIntersecting) return;
      observer.disconnect();
      this.update();
      this.tables.append(this.table(), ...this.detectors());
    }, { rootMargin: "100%" }).observe(this.element);
  }

  private readonly kept = new Map<string, Float64Array>();

  private values(network: Network): { inliers: Float64Array; outliers: Float64Array } {
    const of = network.outliers[this.set];
    const key = `${this.report.networks.indexOf(network)} ${this.measure}`;
    let inliers = this.kept.get(key);
    if (!inliers) {
      inliers = outlyingness(network, this.measure, network.positions[network.lastEpoch], network.outputs.confidence);
      this.kept.set(key, inliers);
    }
    return { inliers, outliers: outlyingness(network, this.measure, of.positions[0], of.confidence) };
  }

  private update(): void {
    const { networks } = this.report;
    const all = networks.map((network) => this.values(network));
    const x = Array.from({ length: 101 }, (_, i) => i / 100);
    const curves = networks.map((network, color): Curve => {
      const { auroc, curve } = roc(all[color].inliers, all[color].outliers);
      const at = (share: number) => {
        let best = 0;
        for (const [wrong, found] of curve) {
          if (wrong > share) break;
          best = found;
        }
        return best;
      };
      return { name: `${network.title}, ${percent(auroc)}`, color, y: x.map(at) };
    });
    const set = this.report.outliers[this.set].name;
    const { inliers, outliers } = all[this.network];
    const sorted = Float64Array.from([...inliers, ...outliers].filter(Number.isFinite)).sort();
    const most = this.measure === "probability" ? 1 : sorted[Math.floor(0.97 * (sorted.length - 1))] || 1;
    const BARS = 30;
    const places = Array.from({ length: BARS + 1 }, (_, i) => (i / BARS) * most);
    const share = (values: Float64Array) => {
      const counts = new Array<number>(BARS + 1).fill(0);
      for (const value of values) if (Number.isFinite(value)) counts[Math.min(BARS - 1, Math.floor((value / most) * BARS))]++;
      counts[BARS] = counts[BARS - 1];
      return counts.map((count) => (100 * count) / Math.max(values.length, 1));
    };
    const xLabel = this.measure === "probability" ? "1 - probability of the predicted class" : "distance from the nearest class, radii; the last bar has all beyond";
    this.charts = [
      new Chart({ title: `ROC, ${set}, with its area`, x, xLabel: "share of test images taken for outliers", yLabel: "share of outliers found", curves, range: [0, 1.02], points: false }),
      new Chart({
        title: `${networks[this.network].title}`,
        x: places,
        xLabel,
        yLabel: "% of images",
        curves: [
          { name: "test images", color: 0, y: share(inliers) },
          { name: set, color: 1, y: share(outliers) },
        ],
        stepped: true,
        points: false,
      }),
    ];
    this.place.replaceChildren(...this.charts.map((chart) => chart.element));
    this.showBorder();
  }

  /** The outliers that look least like ones, and the test images that look most like ones. */
  private showBorder(): void {
    const { networks, images, outliers: sets } = this.report;
    const { inliers, outliers } = this.values(networks[this.network]);
    const SHOWN = 12;
    const order = (values: Float64Array, sign: number) =>
      [...values.keys()].filter((i) => Number.isFinite(values[i])).sort((a, b) => sign * (values[a] - values[b])).slice(0, SHOWN);
    const row = (title: string, of: Report["images"], indices: number[]) => {
      const list = h("div", { class: "gallery", role: "img", "aria-label": title });
      for (const index of indices) {
        list.append(picture(of, index, ""));
      }
      return h("div", {}, h("h3", {}, title), list);
    };
    this.border.replaceChildren(
      row(`${sets[this.set].name}: those that look most like test images`, sets[this.set].images, order(outliers, 1)),
      row("Test images that look most like outliers", images, order(inliers, -1)),
    );
  }

  private table(): HTMLElement {
    const { networks, outliers } = this.report;
    const [set, measure] = [this.set, this.measure];
    const rows = networks.map((network): Cell[] => {
      const values = outliers.map((_, i) => {
        this.set = i;
        const of = this.values(network);
        return 100 * roc(of.inliers, of.outliers).auroc;
      });
      return [network.title, ...values, values.reduce((a, b) => a + b, 0) / values.length];
    });
    [this.set, this.measure] = [set, measure];
    return sortable("Area under the ROC curve by the distance from the classes, %, of the images in this page", ["head", ...outliers.map((of) => of.name), "mean"], rows);
  }

  /** What `evaluate` measured with all detectors. */
  private detectors(): HTMLElement[] {
    return this.report.networks.flatMap((network) => {
      const of = network.content.details.outliers;
      if (!of) return [];
      const sets = Object.keys(Object.values(of)[0] ?? {});
      const rows = Object.entries(of).map(([detector, by]): Cell[] => [detector, ...sets.map((set) => (by[set]?.auroc == null ? null : 100 * by[set].auroc!))]);
      return [h("details", {}, h("summary", {}, `All detectors: ${network.title}`), sortable(`${network.title}: area under the ROC curve, %`, ["detector", ...sets], rows))];
    });
  }
}
