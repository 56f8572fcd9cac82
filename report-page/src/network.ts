// A trained network and what it makes of the page's images.

import type { Blobs } from "./blobs.ts";
import { ClassRegions } from "./class_regions.ts";
import type { NetworkContent, PixelStatistics, RunContent } from "./content.ts";
import { Encoder } from "./encoder.ts";
import { type Positions, unpack } from "./positions.ts";
import { Scorer } from "./scorer.ts";

export interface Outputs {
  predicted: Uint8Array;
  /** Of the predicted class. */
  confidence: Float32Array;
  /** `[images, classes]`, in 16 bits. */
  probabilities: Uint16Array;
}

export interface OutlierOutputs extends Outputs {
  positions: Positions;
}

async function outputs(
  blobs: Blobs,
  content: { predicted: number; probabilities: number },
  classes: number,
): Promise<Outputs> {
  const [predicted, probabilities] = await Promise.all([
    blobs.bytes(content.predicted),
    blobs.shorts(content.probabilities),
  ]);
  const confidence = new Float32Array(predicted.length);
  for (let i = 0; i < predicted.length; i++) {
    confidence[i] = probabilities[i * classes + predicted[i]] / 65535;
  }
  return { predicted, confidence, probabilities };
}

/** What a network makes of one image. */
export interface Answer {
  embedding: Float64Array;
  scores: number[] | null;
  probabilities: number[] | null;
}

export class Network {
  private constructor(
    readonly content: NetworkContent,
    /** With its run where there are several. */
    readonly title: string,
    readonly positions: Positions,
    readonly outputs: Outputs,
    readonly outliers: OutlierOutputs[],
    readonly regions: ClassRegions,
    readonly encoder: Encoder,
    readonly scorer: Scorer | null,
  ) {}

  static async of(
    content: NetworkContent,
    all: NetworkContent[],
    runs: RunContent[],
    targets: Uint8Array,
    classes: number,
    blobs: Blobs,
  ): Promise<Network> {
    const { dim } = content;
    const run = runs[content.run];
    const outlier = async (of: NetworkContent["outliers"][number]) => ({
      ...(await outputs(blobs, of, classes)),
      positions: await unpack(of.positions, dim, blobs),
    });
    const [positions, own, outliers, encoder] = await Promise.all([
      unpack(content.positions, dim, blobs),
      outputs(blobs, content.outputs, classes),
      Promise.all(content.outliers.map(outlier)),
      Encoder.of(content.encoder, statistics(run.normalization), blobs),
    ]);
    const title = titleOf(content, all) + (runs.length > 1 ? `, ${run.name}` : "");
    const regions = new ClassRegions(positions[positions.length - 1], targets, classes);
    const scorer = content.scorer && new Scorer(content.scorer);
    return new Network(content, title, positions, own, outliers, regions, encoder, scorer);
  }

  get lastEpoch(): number {
    return this.positions.length - 1;
  }

  /** Runs it on an image, pixels in [0, 1], channel by channel. */
  answer(pixels: Float32Array, rows: number, columns: number): Answer {
    const embedding = this.encoder.embed(pixels, rows, columns);
    const found = this.scorer?.of(embedding) ?? null;
    return {
      embedding,
      scores: found && found.scores,
      probabilities: found && found.probabilities,
    };
  }
}

function statistics(of: PixelStatistics | PixelStatistics[]): PixelStatistics[] {
  return Array.isArray(of) ? of : [of];
}

/** With what tells it from others of its run: the size of the embedding, or the settings. */
function titleOf(content: NetworkContent, all: NetworkContent[]): string {
  const same = all.filter((other) => other !== content && other.run === content.run && other.title === content.title);
  if (same.length === 0) return content.title;
  const told = same.every((other) => other.dim !== content.dim);
  return told ? `${content.title}, ${content.dim}\u2011D` : content.name;
}
