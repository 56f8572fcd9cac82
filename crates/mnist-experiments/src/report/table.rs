use comfy_table::{CellAlignment, Table, presets};

use super::Metrics;

/// A run's results as a table for the terminal.
pub fn terminal_table(metrics: &Metrics) -> String {
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY).set_header([
        "head",
        "test accuracy",
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
            .map(|(name, value)| format!("{name} {value:.3}"))
            .collect();
        table.add_row([
            head.head.name().to_owned(),
            format!("{:.2} %", head.test_accuracy * 100.0),
            format!("{:.2}", c.embedding_radius_p99),
            format!("{:.2}", c.embedding_radius_max),
            format!("{:.3}", c.intra_class_distance),
            format!("{:.2}", c.min_centroid_distance),
            format!("{:.2}", c.compactness_ratio),
            format!("{:.3}", c.silhouette),
            learned.join(", "),
            format!("{:.0}", head.train_images_per_second),
        ]);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.to_string()
}
