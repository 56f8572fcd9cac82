use std::path::{Path, PathBuf};

use super::HeadMetrics;
use super::results::{REFERENCE_LABEL, Results, subtitle};
use crate::eval::Plane;
use crate::plot::{EmbeddingPanel, FigureError, Shading, draw_embeddings};

/// Draws the heads with a 2-D embedding side by side: the paper's figures 3 and 4b. Returns the
/// paths of the SVG and the PNG file, or `None` without such a head.
pub(super) fn draw_planes(
    results: &Results,
    stem: &Path,
) -> Result<Option<[PathBuf; 2]>, FigureError> {
    let heads = results.metrics.heads.iter();
    let panels: Vec<EmbeddingPanel> = heads
        .filter_map(|head| {
            Some(panel(
                results,
                head,
                results.planes.get(&head.head.to_string())?,
            ))
        })
        .collect();
    if panels.is_empty() {
        return Ok(None);
    }
    let title = format!(
        "{} in a 2-D embedding: {} {} images, each panel to its own scale",
        results.subject(),
        results.metrics.test_images,
        results.metrics.evaluated_on
    );
    draw_embeddings(&title, &results.class_names, REFERENCE_LABEL, &panels, stem).map(Some)
}

fn panel(results: &Results, head: &HeadMetrics, plane: &Plane) -> EmbeddingPanel {
    let reference_points = results.reference_points(head).iter();
    EmbeddingPanel {
        title: head.head.title(),
        subtitle: subtitle(head),
        points: results
            .rows(head)
            .map(|row| [row.embedding[0], row.embedding[1]])
            .collect(),
        classes: results.classes(head),
        square: plane.square(),
        shading: Some(Shading {
            side: plane.cells,
            probabilities: plane.probabilities.clone(),
        }),
        reference_points: reference_points
            .map(|point| [point[0].into(), point[1].into()])
            .collect(),
    }
}
