// Whether this page's networks answer as the program's did.

import { pixelsOf, type Report } from "./report.ts";

export interface Deviation {
  network: string;
  embedding: number;
  scores: number;
  probabilities: number;
}

/** The largest deviations over the images that are kept to the bit; of embeddings and scores in relation to 1 + their size. */
export async function selfCheck(report: Report): Promise<Deviation[]> {
  const { images, networks, blobs, content } = report;
  const classes = content.classes.length;
  return Promise.all(
    networks.map(async (network) => {
      const { check, dim, name } = network.content;
      const [embeddings, scores, probabilities] = await Promise.all([
        blobs.floats(check.embeddings),
        blobs.floats(check.scores),
        blobs.floats(check.probabilities),
      ]);
      const worst: Deviation = { network: name, embedding: 0, scores: 0, probabilities: 0 };
      for (let i = 0; i < check.count; i++) {
        const answer = network.answer(pixelsOf(images, i), images.rows, images.columns);
        const compare = (found: ArrayLike<number> | null, right: Float32Array, width: number, of: number) => {
          let most = 0;
          for (let k = 0; found && k < width; k++) {
            const expected = right[i * width + k];
            most = Math.max(most, Math.abs(found[k] - expected) / (1 + of * Math.abs(expected)));
          }
          return most;
        };
        worst.embedding = Math.max(worst.embedding, compare(answer.embedding, embeddings, dim, 1));
        worst.scores = Math.max(worst.scores, compare(answer.scores, scores, classes, 1));
        worst.probabilities = Math.max(worst.probabilities, compare(answer.probabilities, probabilities, classes, 0));
      }
      return worst;
    }),
  );
}
