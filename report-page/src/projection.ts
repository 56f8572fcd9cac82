// Planes on which more than two dimensions are seen.

export type Axes = [Float64Array, Float64Array];

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** The two vectors made perpendicular and of length 1; unit vectors in place of those that vanish. */
export function orthonormal(first: ArrayLike<number>, second: ArrayLike<number>): Axes {
  const dim = first.length;
  const unit = (i: number) => Float64Array.from({ length: dim }, (_, j) => (i === j ? 1 : 0));
  const without = (v: ArrayLike<number>, axis: Float64Array | null) => {
    const along = axis ? dot(v, axis) : 0;
    const rest = Float64Array.from({ length: dim }, (_, i) => v[i] - (axis ? along * axis[i] : 0));
    const length = Math.sqrt(dot(rest, rest));
    return length > 1e-9 ? rest.map((value) => value / length) : null;
  };
  const x = without(first, null) ?? unit(0);
  let y = without(second, x);
  for (let i = 0; !y && i < dim; i++) y = without(unit(i), x);
  return [x, y ?? unit(1 % dim)];
}

/** The plane through three points. */
export function planeThrough(a: ArrayLike<number>, b: ArrayLike<number>, c: ArrayLike<number>): Axes {
  const minus = (p: ArrayLike<number>) => Float64Array.from({ length: a.length }, (_, i) => p[i] - a[i]);
  return orthonormal(minus(b), minus(c));
}

/** A number in (-1, 1) that depends on the counters only. */
function noise(a: number, b: number): number {
  const x = Math.sin(a * 127.1 + b * 311.7 + 0.5) * 43758.5453;
  return 2 * (x - Math.floor(x)) - 1;
}

/**
 * A tour: the plane goes from stop to stop, each a plane drawn at random, always the same; the first is where one starts.
 * On the way the axes are mixed and made perpendicular again.
 */
export function tourPlane(start: Axes, at: number): Axes {
  const dim = start[0].length;
  const stop = (number: number): Axes => {
    if (number === 0) return start;
    const random = (axis: number) =>
      Float64Array.from({ length: dim }, (_, i) => noise(2 * number + axis, i));
    return orthonormal(random(0), random(1));
  };
  const from = Math.floor(at);
  const share = (1 - Math.cos(Math.PI * (at - from))) / 2;
  const [a, b] = [stop(from), stop(from + 1)];
  const mix = (axis: 0 | 1) => {
    // The nearer of both directions: no axis passes through zero.
    const side = dot(a[axis], b[axis]) < 0 ? -1 : 1;
    return a[axis].map((value, i) => (1 - share) * value + share * side * b[axis][i]);
  };
  return orthonormal(mix(0), mix(1));
}
