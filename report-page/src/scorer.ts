// Heads: from an embedding to scores and probabilities. The program has checked that each agrees with the head itself.

import type { ScorerContent } from "./content.ts";

export interface Scored {
  scores: number[];
  probabilities: number[];
}

function product(w: number[], x: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < w.length; i++) sum += w[i] * x[i];
  return sum;
}

function logSigmoid(z: number): number {
  return Math.min(z, 0) - Math.log1p(Math.exp(-Math.abs(z)));
}

function softmaxed(scores: number[]): Scored {
  const most = Math.max(...scores);
  const powers = scores.map((s) => Math.exp(s - most));
  const sum = powers.reduce((a, b) => a + b, 0);
  return { scores, probabilities: powers.map((p) => p / sum) };
}

/** Equations (12) and (13) of the paper. */
function multiDome(kappa: number[]): number[] {
  const bumps = kappa.map(Math.exp);
  const least = Math.min(...bumps);
  const above = bumps.map((bump) => bump - least);
  const sum = above.reduce((a, b) => a + b, 0);
  return above.map((b) => (sum <= 1 ? b + (1 - sum) / kappa.length : b / sum));
}

export class Scorer {
  constructor(private readonly content: ScorerContent) {}

  of(x: ArrayLike<number>): Scored {
    const content = this.content;
    switch (content.form) {
      case "logit": {
        const z = product(content.weight, x) + content.bias;
        const scores = [logSigmoid(-z), logSigmoid(z)];
        return { scores, probabilities: scores.map(Math.exp) };
      }
      case "dome": {
        const { mu, sigma } = content;
        const z = product(content.weight, x);
        const near = -(((z - mu) / sigma) ** 2);
        const far = -(((z + mu) / sigma) ** 2);
        // Sums of terms that are not negative: nothing cancels.
        const one = (Math.exp(near) - Math.expm1(far)) / 2;
        const zero = (Math.exp(far) - Math.expm1(near)) / 2;
        return { scores: [Math.log(zero), Math.log(one)], probabilities: [zero, one] };
      }
      case "multi-dome": {
        const { points, sigma } = content;
        const scores = points.map((point) => {
          let squares = 0;
          for (let i = 0; i < point.length; i++) squares += ((x[i] - point[i]) / sigma) ** 2;
          return -squares;
        });
        return { scores, probabilities: multiDome(scores) };
      }
      case "affine": {
        let scale = 1;
        if (content.of_direction) {
          let squares = 0;
          for (let i = 0; i < x.length; i++) squares += x[i] ** 2;
          scale = 1 / Math.max(Math.sqrt(squares), 1e-12);
        }
        return softmaxed(content.weight.map((w, k) => product(w, x) * scale + content.bias[k]));
      }
      case "quadratic": {
        const squares = Array.from(x, (value) => value * value);
        const score = (k: number) =>
          product(content.square[k], squares) + product(content.weight[k], x) + content.bias[k];
        return softmaxed(content.bias.map((_, k) => score(k)));
      }
    }
  }
}
