use std::path::PathBuf;

use super::figure::{EmbeddingPanel, FigureError, Shading, draw_embeddings};
use super::{HeadMetrics, Metrics, RunError, RunFolder};

/// Why a run's figure cannot be drawn.
#[derive(Debug, thiserror::Error)]
pub enum DrawError {
    /// A result is missing.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The figure cannot be written.
    #[error(transparent)]
    Figure(#[from] FigureError),
}

/// Draws the heads of a run side by side from the files in its folder: the paper's figures 3 and
/// 4b. Returns the paths of the SVG and the PNG file, or `None` if the embedding is not 2-D.
///
/// # Errors
///
/// If a result is missing or damaged, or a figure cannot be written.
pub fn draw_run(folder: &RunFolder) -> Result<Option<[PathBuf; 2]>, DrawError> {
    let metrics = folder.metrics()?;
    if metrics.heads.iter().any(|head| head.embedding_dim != 2) {
        return Ok(None);
    }
    let (planes, rows) = (folder.planes()?, folder.embeddings()?);
    let panels: Vec<EmbeddingPanel> = metrics
        .heads
        .iter()
        .filter_map(|head| {
            let plane = planes.get(head.head.name())?;
            let own = || rows.iter().filter(|row| row.head == head.head.name());
            Some(EmbeddingPanel {
                title: head.head.title().into(),
                subtitle: subtitle(head),
                points: own()
                    .map(|row| [row.embedding[0], row.embedding[1]])
                    .collect(),
                classes: own().map(|row| row.class).collect(),
                square: plane.square(),
                shading: Some(Shading::Binary {
                    side: plane.cells,
                    values: plane.probabilities.clone(),
                }),
                reference_points: Vec::new(),
            })
        })
        .collect();
    let files = draw_embeddings(
        &title(&metrics),
        &["even".into(), "odd".into()],
        "",
        &panels,
        &folder.file("embedding"),
    )?;
    Ok(Some(files))
}

fn title(metrics: &Metrics) -> String {
    let what = match metrics.dataset.as_str() {
        "mnist" => "Even and odd MNIST digits".into(),
        other => format!("Even and odd labels of {other}"),
    };
    format!(
        "{what} in a 2-D embedding: {} test images, each panel to its own scale",
        metrics.test_images
    )
}

fn subtitle(head: &HeadMetrics) -> String {
    format!(
        "accuracy {:.2} %, radius (p99) {:.1}, compactness {:.1}",
        head.test_accuracy * 100.0,
        head.compactness.embedding_radius_p99,
        head.compactness.compactness_ratio,
    )
}
