// The panels of all heads, and what steers them together.

import { checkbox, choice, h } from "./dom.ts";
import { classColor, classShape, css, mask } from "./palette.ts";
import { Panel } from "./panel.ts";
import type { Report } from "./report.ts";
import { Selection } from "./selection.ts";
import type { Mode, Store, View } from "./state.ts";
import { Tooltip } from "./tooltip.ts";

/** Epochs a second while they are played. */
const EPOCHS_A_SECOND = 1;
/** Planes of the tour a second. */
const STOPS_A_SECOND = 0.25;

export class Embeddings {
  readonly element: HTMLElement;
  readonly panels: Panel[];
  /** Beside the panels. */
  readonly side: HTMLElement;
  private readonly tooltip: Tooltip;
  private readonly epochs: number;
  private readonly slider: HTMLInputElement;
  private readonly epochText = h("output", { class: "epoch" });
  private readonly playButton: HTMLButtonElement;
  private readonly tourSlider: HTMLInputElement;
  private readonly tourButton: HTMLButtonElement;
  private playing = false;
  private touring = false;
  /** Where the epoch goes to, step by step. */
  private target: number;
  private before = 0;
  private waiting = false;
  private readonly legend = h("div", { class: "classes", role: "group", "aria-label": "Classes" });

  constructor(
    private readonly report: Report,
    private readonly store: Store,
    usePicture: (index: number) => void,
  ) {
    const { networks } = report;
    this.tooltip = new Tooltip(report);
    this.epochs = Math.max(...networks.map((network) => network.positions.length));
    this.target = this.epochs - 1;
    this.panels = networks.map(
      (network) =>
        new Panel(network, report, store, {
          hover: (panel, index) => {
            this.tooltip.show(panel, index);
            if (store.state.hovered !== index) store.set("pointer", { hovered: index });
          },
          select: (index) => store.set("selection", { selected: index }),
          lasso: (indices) => store.set("selection", { group: indices.length ? new Set(indices) : null }),
        }),
    );
    const common = Math.max(...this.panels.map((panel) => panel.homeHalf));
    for (const panel of this.panels) {
      panel.common = common;
      panel.lastOfAll = this.epochs - 1;
    }
    this.slider = h("input", {
      type: "range",
      min: 0,
      max: this.epochs - 1,
      step: 1,
      value: this.epochs - 1,
      "aria-label": "Epoch",
      id: "epoch",
      oninput: () => this.goTo(this.slider.valueAsNumber),
    });
    this.playButton = h("button", { type: "button", id: "play", onclick: () => this.play() }, "Play");
    this.tourSlider = h("input", {
      type: "range",
      min: 0,
      max: 20,
      step: 0.02,
      value: 0,
      "aria-label": "Place in the tour",
      oninput: () => this.show("tour", this.tourSlider.valueAsNumber),
    });
    this.tourButton = h("button", { type: "button", id: "tour", onclick: () => this.startTour() }, "Tour");
    const grid = h("div", { class: "panels" }, ...this.panels.map((panel) => panel.element));
    const selection = new Selection(report, store, usePicture);
    this.side = h("div", { class: "side" }, selection.element);
    this.element = h(
      "section",
      { id: "embeddings", "aria-labelledby": "embeddings-title" },
      h("h2", { id: "embeddings-title" }, "Embeddings"),
      h(
        "p",
        { class: "lead" },
        `Each panel shows where one head puts the same ${report.images.count.toLocaleString("en")} ${report.content.evaluated_on} images. Scales differ unless you make them the same.`,
      ),
      this.legend,
      this.tools(),
      h("div", { class: "columns" }, grid, this.side),
      this.tooltip.element,
    );
    this.drawLegend();
    this.showEpoch();
    store.listen((change) => {
      for (const { dirty } of this.panels) {
        if (change === "theme") Object.assign(dirty, { back: true, points: true, front: true });
        if (change === "points" || change === "selection") dirty.points = true;
        if (change === "epoch" || change === "view") dirty.projection = true;
        if (change === "view") dirty.back = !this.touring;
        dirty.front = true;
      }
      if (change === "theme") this.drawLegend();
      this.request();
    });
    this.request();
  }

  /** Draws in the next frame. */
  request(): void {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame((now) => {
      this.waiting = false;
      this.advance(now);
      for (const panel of this.panels) panel.draw();
    });
  }

  private drawLegend(): void {
    const { classes } = this.report.content;
    const { state } = this.store;
    const buttons = classes.map((name, k) => {
      const canvas = h("canvas", { width: 28, height: 28 });
      const shape = mask(classShape(k), 28);
      const picture = new ImageData(28, 28);
      const color = classColor(k, classes.length);
      shape.forEach((covered, i) => picture.data.set([...color, covered], 4 * i));
      canvas.getContext("2d")!.putImageData(picture, 0, 0);
      const button = h(
        "button",
        {
          type: "button",
          class: "class",
          "aria-pressed": String(!state.hidden.has(k)),
          style: `--color: ${css(color)}`,
          onclick: () => {
            const hidden = new Set(state.hidden);
            if (!hidden.delete(k)) hidden.add(k);
            this.hide(hidden);
          },
        },
        h("img", { src: canvas.toDataURL(), alt: "", width: 14, height: 14 }),
        name,
      );
      return button;
    });
    const all = h("button", { type: "button", onclick: () => this.hide(new Set()) }, "All");
    const none = h("button", { type: "button", onclick: () => this.hide(new Set(classes.keys())) }, "None");
    this.legend.replaceChildren(...buttons, all, none);
  }

  private hide(hidden: Set<number>): void {
    this.legend.querySelectorAll(".class").forEach((button, k) => {
      button.setAttribute("aria-pressed", String(!hidden.has(k)));
    });
    this.store.set("points", { hidden });
  }

  private tools(): HTMLElement {
    const { store, report } = this;
    const set = (values: Parameters<Store["set"]>[1], change: "points" | "view" = "points") => {
      store.set(change, values);
    };
    const modes: [Mode, string][] = [
      ["point", "Point"],
      ["lasso", "Lasso"],
      ["move", "Move"],
    ];
    const radios = modes.map(([mode, name]) => {
      const input = h("input", {
        type: "radio",
        name: "mode",
        value: mode,
        checked: mode === "point",
        onchange: () => {
          store.set("points", { mode });
          this.element.dataset.mode = mode;
        },
      });
      return h("label", { class: "check" }, input, ` ${name}`);
    });
    const tools = h(
      "div",
      { class: "tools" },
      h("fieldset", {}, h("legend", {}, "Pointer"), ...radios),
      this.showTools(set),
    );
    if (report.outliers.length > 0) {
      const names = ["none", ...report.outliers.map((set) => set.name)];
      const outliers = choice("Images of no class", names, (i) => set({ outliers: i - 1 }, "view"));
      tools.append(h("fieldset", {}, h("legend", {}, "Outliers"), outliers.element));
    }
    if (report.networks.some((network) => network.content.dim > 2)) tools.append(this.planeTools());
    // On a phone the panels come first.
    const open = matchMedia("(min-width: 900px)").matches;
    const folded = h("details", { class: "options", open }, h("summary", {}, "Options"), tools);
    if (this.epochs <= 1) return folded;
    const epoch = h("fieldset", {}, h("legend", {}, "Epoch"), this.playButton, this.slider, this.epochText);
    return h("div", { class: "steering" }, epoch, folded);
  }

  private showTools(set: (values: Parameters<Store["set"]>[1], change?: "points" | "view") => void): HTMLElement {
    const { state } = this.store;
    const { networks } = this.report;
    const part = h("fieldset", {}, h("legend", {}, "Show"));
    part.append(checkbox("class names", state.names, (names) => set({ names })));
    if (networks.some((network) => network.content.reference_points)) {
      part.append(checkbox("reference points", state.points, (points) => set({ points })));
    }
    if (networks.some((network) => network.content.dim === 2 && network.scorer)) {
      part.append(checkbox("probabilities", state.field, (field) => set({ field }, "view")));
    }
    part.append(checkbox("only wrong ones", state.onlyWrong, (onlyWrong) => set({ onlyWrong })));
    if (networks.length > 1) {
      part.append(
        checkbox("same scale", state.sameScale, (sameScale) => {
          set({ sameScale }, "view");
          for (const panel of this.panels) panel.reset();
          this.request();
        }),
      );
    }
    return part;
  }

  /** How more than two dimensions are seen. */
  private planeTools(): HTMLElement {
    const { classes } = this.report.content;
    const { state } = this.store;
    const through = [0, 1, 2].map((place) => {
      const { element, select } = choice(`Class ${place + 1}`, classes, (k) => {
        const chosen: [number, number, number] = [...state.classes];
        chosen[place] = k;
        this.store.state.classes = chosen;
        this.show("classes");
      });
      select.selectedIndex = state.classes[place];
      element.classList.add("narrow");
      return element;
    });
    return h(
      "fieldset",
      { class: "plane" },
      h("legend", {}, "Plane, of more than two dimensions"),
      h("button", { type: "button", onclick: () => this.show("figure") }, "All classes apart"),
      h("span", { class: "through" }, "through ", ...through),
      this.tourButton,
      this.tourSlider,
    );
  }

  private show(view: View, tour = this.store.state.tour): void {
    if (view !== "tour" && this.touring) this.startTour();
    const other = view !== this.store.state.view || view === "classes";
    this.store.set("view", { view, tour });
    if (other) for (const panel of this.panels) panel.refit();
  }

  private startTour(): void {
    this.touring = !this.touring;
    this.tourButton.textContent = this.touring ? "Stop" : "Tour";
    this.tourButton.setAttribute("aria-pressed", String(this.touring));
    this.before = 0;
    if (this.touring) this.show("tour");
  }

  private play(): void {
    this.playing = !this.playing;
    this.playButton.textContent = this.playing ? "Stop" : "Play";
    this.before = 0;
    if (this.playing) {
      const { state } = this.store;
      if (state.epoch > this.epochs - 1 - 1e-6) state.epoch = 0;
      this.target = state.epoch;
      this.store.set("epoch");
    }
  }

  /** To an epoch: on the way, points move. */
  goTo(epoch: number): void {
    this.target = epoch;
    this.before = 0;
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) this.store.state.epoch = epoch;
    this.store.set("epoch");
  }

  private advance(now: number): void {
    const { state } = this.store;
    const seconds = this.before ? Math.min((now - this.before) / 1000, 0.1) : 0;
    this.before = now;
    let moves = false;
    if (this.playing) {
      state.epoch = Math.min(state.epoch + seconds * EPOCHS_A_SECOND, this.epochs - 1);
      this.target = state.epoch;
      if (state.epoch >= this.epochs - 1) this.play();
      moves = true;
    } else if (state.epoch !== this.target) {
      const step = seconds * Math.max(4, 2 * Math.abs(this.target - state.epoch));
      const left = this.target - state.epoch;
      state.epoch = Math.abs(left) <= step ? this.target : state.epoch + Math.sign(left) * step;
      moves = true;
    }
    if (this.touring) {
      state.tour = (state.tour + seconds * STOPS_A_SECOND) % 20;
      this.tourSlider.value = String(state.tour);
    }
    if (moves) this.showEpoch();
    if (moves || this.touring) this.store.set(moves ? "epoch" : "view");
  }

  private showEpoch(): void {
    const { state } = this.store;
    const longest = this.report.networks.find((network) => network.positions.length === this.epochs)!;
    const numbers = longest.content.epochs;
    const nearest = Math.round(state.epoch);
    if (this.playing) this.slider.value = String(nearest);
    this.epochText.textContent = `${numbers[nearest]} of ${numbers[this.epochs - 1]}`;
    this.slider.setAttribute("aria-valuetext", `epoch ${numbers[nearest]}`);
  }
}
