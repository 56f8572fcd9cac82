// Curves, drawn by uPlot, with their legend as text and their numbers as a table.

import uPlot from "uplot";
import { h, short } from "./dom.ts";
import { css, curveColor } from "./palette.ts";

export interface Curve {
  name: string;
  /** A value for each x, or nothing. */
  y: (number | null)[];
  color: number;
  dashed?: boolean;
}

export interface ChartContent {
  title: string;
  x: number[];
  xLabel: string;
  yLabel: string;
  curves: Curve[];
  /** Smallest and largest value of y, if not those of the curves. */
  range?: [number, number];
  points?: boolean;
  /** Steps, as of a histogram. */
  stepped?: boolean;
  logarithmic?: boolean;
  /** x has whole numbers only. */
  whole?: boolean;
}

const DASHES = [[], [7, 4], [2, 3], [9, 3, 2, 3], [12, 4]];

export class Chart {
  readonly element: HTMLElement;
  private readonly place = h("div", { class: "plot" });
  private plot: uPlot | null = null;
  private readonly legend = h("ul", { class: "legend" });

  constructor(private readonly content: ChartContent) {
    const { title, x, xLabel, curves } = content;
    const table = h(
      "table",
      {},
      h("caption", {}, title),
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, xLabel), ...curves.map((c) => h("th", { scope: "col" }, c.name)))),
      h(
        "tbody",
        {},
        ...x.map((value, i) =>
          h("tr", {}, h("th", { scope: "row" }, short(value)), ...curves.map((c) => h("td", { class: "number" }, c.y[i] === null ? "" : short(c.y[i])))),
        ),
      ),
    );
    const figure = h("figure", { class: "chart" }, h("figcaption", {}, h("h3", {}, title), this.legend), this.place);
    if (x.length <= 40) {
      figure.append(
        h("details", {}, h("summary", {}, "Numbers"), h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": `Numbers of ${title}` }, table)),
      );
    }
    this.place.setAttribute("role", "img");
    this.place.setAttribute("aria-label", `${content.yLabel} against ${xLabel}: ${curves.map((c) => c.name).join(", ")}`);
    this.element = figure;
    new ResizeObserver(() => this.draw()).observe(this.place);
  }

  private width = 0;

  draw(again = false): void {
    const width = this.place.clientWidth;
    if (width === 0 || (width === this.width && !again)) return;
    this.width = width;
    this.plot?.destroy();
    const style = getComputedStyle(this.element);
    const ink = style.getPropertyValue("--muted");
    const grid = { stroke: style.getPropertyValue("--grid"), width: 1 };
    const axis = { stroke: ink, grid, ticks: grid, font: "12px system-ui, sans-serif", labelFont: "12px system-ui, sans-serif", labelSize: 20 };
    const { content } = this;
    const stepped = uPlot.paths.stepped!({ align: 1 });
    this.plot = new uPlot(
      {
        width,
        height: Math.min(280, Math.max(200, width * 0.6)),
        legend: { show: false },
        cursor: { show: false },
        scales: {
          x: { time: false },
          y: {
            ...(content.range ? { range: content.range } : {}),
            ...(content.logarithmic ? { distr: 3 as const } : {}),
          },
        },
        axes: [
          { ...axis, label: content.xLabel, size: 34, ...(content.whole ? { incrs: [1, 2, 5, 10, 20, 50, 100] } : {}) },
          { ...axis, label: content.yLabel, size: 54 },
        ],
        series: [
          {},
          ...content.curves.map((curve) => ({
            label: curve.name,
            stroke: css(curveColor(curve.color)),
            width: 2,
            spanGaps: true,
            dash: curve.dashed ? [5, 5] : DASHES[curve.color % DASHES.length],
            points: { show: content.points ?? content.x.length < 12 },
            ...(content.stepped ? { paths: stepped } : {}),
          })),
        ],
      },
      [content.x, ...content.curves.map((curve) => curve.y)] as uPlot.AlignedData,
      this.place,
    );
    this.legend.replaceChildren(
      ...content.curves.map((curve) => {
        const dash = curve.dashed ? [5, 5] : DASHES[curve.color % DASHES.length];
        const line = document.createElementNS("http://www.w3.org/2000/svg", "svg");
        line.setAttribute("width", "28");
        line.setAttribute("height", "10");
        line.setAttribute("aria-hidden", "true");
        const stroke = document.createElementNS("http://www.w3.org/2000/svg", "path");
        stroke.setAttribute("d", "M0 5H28");
        stroke.setAttribute("stroke", css(curveColor(curve.color)));
        stroke.setAttribute("stroke-width", "2.5");
        stroke.setAttribute("stroke-dasharray", dash.join(" "));
        line.append(stroke);
        return h("li", {}, line, ` ${curve.name}`);
      }),
    );
  }
}
