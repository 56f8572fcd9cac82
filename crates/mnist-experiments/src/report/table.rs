use super::{FittedTable, Metrics};
use crate::measured::decimal;

/// A run's results as a table for the terminal; where it is too narrow for that, as a list.
pub fn terminal_table(metrics: &Metrics) -> String {
    let accuracy = format!("{} accuracy", metrics.evaluated_on);
    let mut table = FittedTable::new([
        "head",
        &accuracy,
        "radius p99",
        "radius max",
        "intra-class distance",
        "centroid distance",
        "compactness ratio",
        "silhouette",
        "learned",
        "images/s",
    ]);
    for head in &metrics.heads {
        let c = &head.compactness;
        let learned: Vec<String> = head
            .parameters
            .iter()
            .map(|(name, value)| format!("{name} {}", decimal(*value, 3)))
            .collect();
        table.add([
            head.head.to_string(),
            format!("{} %", decimal(head.test_accuracy * 100.0, 2)),
            decimal(c.embedding_radius_p99, 2),
            decimal(c.embedding_radius_max, 2),
            decimal(c.intra_class_distance, 3),
            decimal(c.min_centroid_distance, 2),
            decimal(c.compactness_ratio, 2),
            decimal(head.silhouette, 3),
            learned.join(", "),
            decimal(head.train_images_per_second, 0),
        ]);
    }
    for failure in &metrics.failed {
        table.add([failure.training.as_str(), "failed"]);
    }
    table.for_terminal()
}
