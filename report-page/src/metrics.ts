// Tables of what the run measured.

import { h } from "./dom.ts";
import type { Report } from "./report.ts";
import { type Cell, sortable } from "./table.ts";

/** Keys of `metrics.json` in words, in the order of the table. */
const MAIN: [string, string][] = [
  ["test_accuracy", "accuracy, %"],
  ["train_loss", "training loss"],
  ["embedding_radius_p99", "radius p99"],
  ["embedding_radius_max", "radius max"],
  ["intra_class_distance", "distance within class"],
  ["min_centroid_distance", "least distance of centroids"],
  ["compactness_ratio", "compactness ratio"],
  ["silhouette", "silhouette"],
];

export function metrics(report: Report): HTMLElement {
  const { networks, content } = report;
  const parameters = [...new Set(networks.flatMap((n) => Object.keys(n.content.metrics.parameters ?? {})))];
  const number = (value: unknown): number | null => (typeof value === "number" ? value : null);
  const rows = networks.map((network): Cell[] => {
    const of = network.content.metrics;
    const main = MAIN.map(([key]) => {
      const value = number(of[key]);
      return key === "test_accuracy" && value !== null ? 100 * value : value;
    });
    return [network.title, ...main, ...parameters.map((key) => number(of.parameters[key])), number(of.train_seconds)];
  });
  const columns = ["head", ...MAIN.map(([, name]) => name), ...parameters, "training, s"];
  const evaluations = [...new Set(networks.flatMap((n) => Object.keys(n.content.metrics.evaluations ?? {})))].sort();
  const further = evaluations.map((name) => {
    const of = networks.map((network) => network.content.metrics.evaluations?.[name] ?? {});
    const keys = [...new Set(of.flatMap((numbers) => Object.keys(numbers)))];
    const table = sortable(
      name,
      ["head", ...keys],
      networks.map((network, i): Cell[] => [network.title, ...keys.map((key) => number(of[i][key]))]),
    );
    return h("details", {}, h("summary", {}, name), table);
  });
  return h(
    "section",
    { id: "metrics", "aria-labelledby": "metrics-title" },
    h("h2", { id: "metrics-title" }, "Metrics"),
    h("p", { class: "lead" }, `Of all ${content.images.total.toLocaleString("en")} ${content.evaluated_on} images. A click on a column's head sorts.`),
    sortable("Metrics of all heads", columns, rows),
    ...further,
  );
}
