// Draw a digit: the trained networks run here, and each says where it puts the drawing.

import { FAR } from "./class_regions.ts";
import { h, percent, short } from "./dom.ts";
import { likeMnist } from "./digit.ts";
import { classColor, css } from "./palette.ts";
import type { Network } from "./network.ts";
import { Pad } from "./pad.ts";
import type { Panel } from "./panel.ts";
import { paint } from "./picture.ts";
import { type Images, pixelsOf, type Report } from "./report.ts";
import type { Store } from "./state.ts";

export class Drawing {
  readonly element: HTMLElement;
  /** The pad, which stands beside the panels. */
  readonly side: HTMLElement;
  private readonly pad: Pad;
  private readonly seen = h("canvas", { class: "digit", role: "img", "aria-label": "What the networks see" });
  private readonly body = h("tbody");
  private waiting = false;
  /** An image that is not centred again. */
  private asItIs: Float32Array | null = null;

  constructor(
    private readonly report: Report,
    private readonly store: Store,
    private readonly panels: Panel[],
  ) {
    this.pad = new Pad(() => {
      this.asItIs = null;
      this.request();
    });
    const letters = h("select", { id: "letter", onchange: () => letters.value && this.pad.letter(letters.value) });
    letters.append(h("option", { value: "" }, "\u2013"));
    for (const letter of "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") letters.append(h("option", {}, letter));
    const clear = h("button", {
      type: "button",
      onclick: () => {
        letters.value = "";
        this.pad.clear();
      },
    }, "Clear");
    const head = ["head", "says", "probability", "all classes", "nearest class", "distance, radii", "so it is"];
    this.side = h(
      "div",
      { class: "card pad-part" },
      h("h3", { id: "pad-title" }, "Draw a digit"),
      h(
        "div",
        { class: "pad-row" },
        this.pad.element,
        h("div", { class: "pad-tools" }, clear, h("label", { class: "choice" }, "or take ", letters), this.seen, h("p", { class: "hint" }, "as the networks see it")),
      ),
    );
    this.element = h(
      "section",
      { id: "draw", "aria-labelledby": "draw-title" },
      h("h2", { id: "draw-title" }, "What was drawn"),
      h(
        "p",
        { class: "lead" },
        "The trained networks run in this page. Draw on the pad, and a star in each panel shows where its head puts the drawing. Or take a letter, which is no digit: the paper postulates that an embedding whose classes are not compact makes it hard to detect such images. Does the letter come to lie in a class, between classes, or far from all?",
      ),
      h(
        "div",
        { class: "scroll", tabindex: 0, role: "region", "aria-label": "What each head makes of the drawing" },
        h(
          "table",
          { id: "answers" },
          h("thead", {}, h("tr", {}, ...head.map((name) => h("th", { scope: "col" }, name)))),
          this.body,
        ),
      ),
      h(
        "p",
        { class: "hint" },
        `Distance from the class's centroid, in radii within which 95 % of the class's images lie: up to 1 it is in the class, beyond ${FAR} of every class it is far from all.`,
      ),
    );
    store.listen((change) => {
      if (change === "theme") {
        this.pad.repaint();
        this.request();
      }
    });
    this.answer();
  }

  /** One of the page's images onto the pad. */
  take(index: number): void {
    this.pad.image(this.report.images, index);
    this.asItIs = pixelsOf(this.report.images, index);
    this.side.scrollIntoView({ behavior: "smooth", block: "nearest" });
  }

  /** The star of every panel becomes that of an image, as it is. */
  mark(images: Images, index: number): void {
    this.pad.image(images, index);
    this.asItIs = pixelsOf(images, index);
    this.panels[0]?.element.scrollIntoView({ behavior: "smooth", block: "center" });
  }

  private request(): void {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => {
      this.waiting = false;
      this.answer();
    });
  }

  private answer(): void {
    const { rows, columns, channels } = this.report.images;
    let pixels = this.asItIs;
    const grey = pixels ?? likeMnist(this.pad.drawn, rows, columns);
    const bytes = new Uint8Array(rows * columns);
    grey?.subarray(0, bytes.length).forEach((value, i) => (bytes[i] = Math.round(255 * value)));
    paint(this.seen, { count: 1, channels: 1, rows, columns, pixels: bytes }, 0);
    if (grey && !pixels) {
      pixels = new Float32Array(channels * grey.length);
      for (let channel = 0; channel < channels; channel++) pixels.set(grey, channel * grey.length);
    }
    const { networks } = this.report;
    this.body.replaceChildren(
      ...networks.map((network, i) => {
        const cells = pixels ? this.cells(network, this.panels[i], pixels) : this.empty(this.panels[i]);
        return h("tr", {}, h("th", { scope: "row" }, network.title), ...cells);
      }),
    );
    this.store.set("drawing", { drawing: pixels });
  }

  private empty(panel: Panel): HTMLElement[] {
    panel.drawn = null;
    panel.answer = "";
    return Array.from({ length: 6 }, () => h("td", {}, "\u2013"));
  }

  private cells(network: Network, panel: Panel, pixels: Float32Array): HTMLElement[] {
    const { rows, columns } = this.report.images;
    const { classes } = this.report.content;
    const { embedding, scores, probabilities } = network.answer(pixels, rows, columns);
    panel.drawn = embedding;
    const distances = network.regions.distances(embedding);
    const said = scores ? scores.indexOf(Math.max(...scores)) : -1;
    const nearest = distances[0];
    const verdict = network.regions.verdict(distances, classes);
    panel.answer = probabilities ? `Drawing: ${classes[said]} with ${percent(probabilities[said])}, ${verdict}.` : `Drawing: ${verdict}.`;
    return [
      h("td", {}, said < 0 ? "n/a" : classes[said]),
      h("td", { class: "number" }, probabilities ? percent(probabilities[said], 2) : "n/a"),
      h("td", {}, probabilities ? bars(probabilities, classes) : "n/a"),
      h("td", {}, nearest ? classes[nearest.class] : "n/a"),
      h("td", { class: "number" }, nearest ? short(nearest.radii) : "n/a"),
      h("td", {}, verdict),
    ];
  }
}

/** The probabilities of all classes as bars in their colours. */
function bars(probabilities: number[], classes: string[]): HTMLElement {
  const said = probabilities.map((p, k) => `${classes[k]} ${percent(p)}`).join(", ");
  const bar = (p: number, k: number) => {
    const color = css(classColor(k, classes.length));
    return h("span", { title: `${classes[k]}: ${percent(p)}`, style: `height: ${Math.max(100 * p, 3)}%; background: ${color}` });
  };
  return h("div", { class: "bars", role: "img", "aria-label": said }, ...probabilities.map(bar));
}
