// What the parts of the page share: which classes are shown, which image is looked at, which epoch, what is drawn.

/** What a pointer does in a panel. */
export type Mode = "point" | "lasso" | "move";

/** How more than two dimensions are seen. */
export type View = "figure" | "classes" | "tour";

export interface State {
  hidden: Set<number>;
  /** Image under the pointer, or -1. */
  hovered: number;
  /** Image that was chosen, or -1. */
  selected: number;
  /** Images of a lasso or of a cell, or all. */
  group: Set<number> | null;
  /** The epoch's place, with fractions on the way between two. */
  epoch: number;
  mode: Mode;
  field: boolean;
  points: boolean;
  names: boolean;
  sameScale: boolean;
  onlyWrong: boolean;
  /** Place of the set of outliers that is shown, or -1. */
  outliers: number;
  view: View;
  /** The classes whose centroids span the plane that is looked at. */
  classes: [number, number, number];
  /** How far the tour has come. */
  tour: number;
  /** Pixels that were drawn, as the networks take them. */
  drawing: Float32Array | null;
}

/** What changed. */
export type Change = "pointer" | "points" | "epoch" | "view" | "drawing" | "theme" | "selection";

type Listener = (change: Change) => void;

export class Store {
  readonly state: State;
  private readonly listeners: Listener[] = [];

  constructor(state: State) {
    this.state = state;
  }

  listen(listener: Listener): void {
    this.listeners.push(listener);
  }

  set(change: Change, values: Partial<State> = {}): void {
    Object.assign(this.state, values);
    for (const listener of this.listeners) listener(change);
  }
}
