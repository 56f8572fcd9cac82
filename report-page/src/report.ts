// The page's content, unpacked.

import { Blobs } from "./blobs.ts";
import type { Content } from "./content.ts";
import { Network } from "./network.ts";

export interface Images {
  count: number;
  channels: number;
  rows: number;
  columns: number;
  pixels: Uint8Array;
}

export interface Report {
  content: Content;
  images: Images;
  labels: Uint8Array;
  targets: Uint8Array;
  outliers: { name: string; images: Images }[];
  /** Under attack in `networks`. */
  attacked: Images | null;
  networks: Network[];
  blobs: Blobs;
}

export async function read(): Promise<Report> {
  const content = JSON.parse(document.getElementById("content")!.textContent!) as Content;
  const blobs = new Blobs();
  const { channels, rows, columns, count } = content.images;
  const shape = { channels, rows, columns };
  const [pixels, labels, targets] = await Promise.all([
    blobs.bytes(content.images.pixels),
    blobs.bytes(content.images.labels),
    blobs.bytes(content.images.targets),
  ]);
  const classes = content.classes.length;
  const network = (of: Content["networks"][number]) =>
    Network.of(of, content.networks, content.runs, targets, classes, blobs);
  const outlier = async (of: Content["outliers"][number]) => ({
    name: of.name,
    images: { ...shape, count: of.count, pixels: await blobs.bytes(of.pixels) },
  });
  return {
    content,
    images: { ...shape, count, pixels },
    labels,
    targets,
    attacked: content.attacked && {
      ...shape,
      count: content.attacked.count,
      pixels: await blobs.bytes(content.attacked.pixels),
    },
    outliers: await Promise.all(content.outliers.map(outlier)),
    networks: await Promise.all(content.networks.map(network)),
    blobs,
  };
}

/** Pixels of an image in [0, 1], as the networks take them. */
export function pixelsOf(images: Images, index: number): Float32Array {
  const size = images.channels * images.rows * images.columns;
  const pixels = images.pixels.subarray(index * size, (index + 1) * size);
  return Float32Array.from(pixels, (pixel) => pixel / 255);
}
