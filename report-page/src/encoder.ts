// The network in front of the embedding: convolutions with ReLU and 2 x 2 max-pooling, a hidden layer with ReLU, the
// embedding. Parameters are in PyTorch's layout.

import type { Blobs } from "./blobs.ts";
import type { PixelStatistics } from "./content.ts";

interface Layer {
  shape: number[];
  weight: Float32Array;
  bias: Float32Array;
}

interface Planes {
  values: Float64Array;
  channels: number;
  rows: number;
  columns: number;
}

export class Encoder {
  private constructor(
    private readonly statistics: PixelStatistics[],
    private readonly convolutions: Layer[],
    private readonly hidden: Layer,
    private readonly embedding: Layer,
  ) {}

  static async of(
    content: Record<string, { shape: number[]; values: number }>,
    statistics: PixelStatistics[],
    blobs: Blobs,
  ): Promise<Encoder> {
    const layer = async (name: string): Promise<Layer> => {
      const { shape, values } = content[`${name}.weight`];
      const [weight, bias] = await Promise.all([
        blobs.floats(values),
        blobs.floats(content[`${name}.bias`].values),
      ]);
      return { shape, weight, bias };
    };
    const names = Object.keys(content).filter((name) => /^convolutions\.\d+\.weight$/.test(name));
    const convolutions = names.sort().map((name) => layer(name.replace(".weight", "")));
    return new Encoder(
      statistics,
      await Promise.all(convolutions),
      await layer("hidden"),
      await layer("embedding"),
    );
  }

  embed(pixels: Float32Array, rows: number, columns: number): Float64Array {
    const plane = rows * columns;
    const values = new Float64Array(pixels.length);
    for (let i = 0; i < pixels.length; i++) {
      const { mean, deviation } = this.statistics[Math.floor(i / plane)];
      values[i] = (pixels[i] - mean) / deviation;
    }
    let planes: Planes = { values, channels: this.statistics.length, rows, columns };
    for (const convolution of this.convolutions) planes = block(planes, convolution);
    const hidden = linear(planes.values, this.hidden).map((x) => Math.max(x, 0));
    return linear(hidden, this.embedding);
  }
}

/** Convolution, bias, ReLU, and the maximum of each 2 x 2 values. */
function block(input: Planes, { shape, weight, bias }: Layer): Planes {
  const [channels, , height, width] = shape;
  const [high, wide] = [input.rows - height + 1, input.columns - width + 1];
  const [rows, columns] = [high >> 1, wide >> 1];
  const output = new Float64Array(channels * rows * columns);
  const full = new Float64Array(high * wide);
  for (let channel = 0; channel < channels; channel++) {
    full.fill(bias[channel]);
    for (let from = 0; from < input.channels; from++) {
      const start = from * input.rows * input.columns;
      for (let i = 0; i < height; i++) {
        for (let j = 0; j < width; j++) {
          const factor = weight[((channel * input.channels + from) * height + i) * width + j];
          for (let row = 0; row < high; row++) {
            const source = start + (row + i) * input.columns + j;
            const target = row * wide;
            for (let column = 0; column < wide; column++) {
              full[target + column] += factor * input.values[source + column];
            }
          }
        }
      }
    }
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const at = 2 * row * wide + 2 * column;
        const most = Math.max(full[at], full[at + 1], full[at + wide], full[at + wide + 1], 0);
        output[(channel * rows + row) * columns + column] = most;
      }
    }
  }
  return { values: output, channels, rows, columns };
}

function linear(input: Float64Array, { shape, weight, bias }: Layer): Float64Array {
  const [outputs, inputs] = shape;
  const output = new Float64Array(outputs);
  for (let row = 0; row < outputs; row++) {
    let sum = bias[row];
    for (let i = 0; i < inputs; i++) sum += weight[row * inputs + i] * input[i];
    output[row] = sum;
  }
  return output;
}
