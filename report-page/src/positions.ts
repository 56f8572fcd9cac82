// Points of an embedding, epoch by epoch.

import type { Blobs } from "./blobs.ts";
import type { PackedPositions } from "./content.ts";

const MISSING = 65535;

/** `[epoch][dimension][point]`; NaN where a coordinate is not finite. */
export type Positions = Float32Array[][];

export async function unpack(packed: PackedPositions, dim: number, blobs: Blobs): Promise<Positions> {
  const values = await blobs.shorts(packed.values);
  const epochs = packed.scales.length;
  const count = epochs * dim === 0 ? 0 : values.length / (epochs * dim);
  let at = 0;
  return packed.scales.map(({ low, step }) =>
    Array.from({ length: dim }, () => {
      const axis = new Float32Array(count);
      for (let i = 0; i < count; i++, at++) {
        const value = values[at];
        axis[i] = value === MISSING ? NaN : low + value * step;
      }
      return axis;
    }),
  );
}
