use comfy_table::{CellAlignment, Table, presets};

use super::Metrics;
use crate::measured::decimal;

/// A run's results as a table for the terminal.
pub fn terminal_table(metrics: &Metrics) -> String {
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY).set_header([
        "head",
        &format!("{} accuracy", metrics.evaluated_on),
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
        table.add_row([
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
        table.add_row([failure.training.as_str(), "failed"]);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.to_string()
}
