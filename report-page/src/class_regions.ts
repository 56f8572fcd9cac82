// Where the classes lie in an embedding, and how far a point is from them.

/** Of a class: how far a point is from its centroid, in radii of the class. */
export interface Distance {
  class: number;
  distance: number;
  radii: number;
}

/** Share of a class's images within its radius. */
const WITHIN = 0.95;

export class ClassRegions {
  /** `null` of classes without images. */
  readonly centroids: (Float64Array | null)[] = [];
  /** Distance from the centroid within which 95 % of the class's images lie. */
  readonly radii: number[] = [];

  constructor(axes: Float32Array[], targets: Uint8Array, classes: number) {
    for (let k = 0; k < classes; k++) {
      const members: number[] = [];
      for (let i = 0; i < targets.length; i++) {
        if (targets[i] === k && axes.every((axis) => Number.isFinite(axis[i]))) members.push(i);
      }
      if (members.length === 0) {
        this.centroids.push(null);
        this.radii.push(0);
        continue;
      }
      const centroid = Float64Array.from(axes, (axis) => {
        let sum = 0;
        for (const i of members) sum += axis[i];
        return sum / members.length;
      });
      const distances = Float64Array.from(members, (i) => {
        let squares = 0;
        for (let d = 0; d < axes.length; d++) squares += (axes[d][i] - centroid[d]) ** 2;
        return Math.sqrt(squares);
      }).sort();
      this.centroids.push(centroid);
      this.radii.push(distances[Math.min(distances.length - 1, Math.floor(WITHIN * distances.length))]);
    }
  }

  /** Of a point, the nearest class first, in radii. */
  distances(point: ArrayLike<number>): Distance[] {
    const all: Distance[] = [];
    this.centroids.forEach((centroid, k) => {
      if (!centroid) return;
      let squares = 0;
      for (let d = 0; d < centroid.length; d++) squares += (point[d] - centroid[d]) ** 2;
      const distance = Math.sqrt(squares);
      all.push({ class: k, distance, radii: distance / Math.max(this.radii[k], 1e-12) });
    });
    return all.sort((a, b) => a.radii - b.radii);
  }

  /** In words: in a class, at the edge of one or between some, or far from all. */
  verdict(distances: Distance[], names: string[]): string {
    const [first, second] = distances;
    if (!first) return "no class has images";
    if (first.radii <= 1) return `in class ${names[first.class]}`;
    if (first.radii > FAR) return "far from every class";
    const between = second && second.radii <= FAR;
    return between
      ? `between ${names[first.class]} and ${names[second.class]}`
      : `at the edge of class ${names[first.class]}`;
  }
}

/** Radii of a class beyond which a point is far from it. */
export const FAR = 2.5;
