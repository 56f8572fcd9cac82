use std::path::{Path, PathBuf};

use super::draw_error::DrawError;
use super::results::{REFERENCE_LABEL, Results, subtitle};
use super::{HeadMetrics, RunFolder};
use crate::eval::{Centroids, Projection, Square};
use crate::measured::decimal;
use crate::plot::{EmbeddingPanel, FigureError, draw_embeddings};

/// Draws the heads with an embedding of more than two dimensions side by side, each
/// [projected](Projection) to the plane that shows its classes apart. Returns the paths of the SVG
/// and the PNG file, or `None` without such a head.
pub(super) fn draw_projections(
    results: &Results,
    stem: &Path,
) -> Result<Option<[PathBuf; 2]>, FigureError> {
    let panels: Vec<EmbeddingPanel> = results
        .heads_in_space()
        .filter_map(|head| panel(results, head))
        .collect();
    if panels.is_empty() {
        return Ok(None);
    }
    let title = format!(
        "{} projected to the plane in which they come closest to a regular polygon:\n\
         {} {} images, each panel to its own scale",
        results.subject(),
        results.metrics.test_images,
        results.metrics.evaluated_on
    );
    draw_embeddings(&title, &results.class_names, REFERENCE_LABEL, &panels, stem).map(Some)
}

/// Images of a head in a figure of many.
const FEW: usize = 1000;

/// Draws the heads of several runs side by side, the first images of each. Returns the paths of the SVG and the PNG file.
///
/// # Errors
///
/// If a result is missing or damaged, or a figure cannot be written.
pub(crate) fn draw_side_by_side(
    title: &str,
    runs: &[RunFolder],
    stem: &Path,
) -> Result<[PathBuf; 2], DrawError> {
    let mut class_names = Vec::new();
    let mut panels = Vec::new();
    for run in runs {
        let results = Results::read(run)?;
        for head in results.heads_in_space() {
            let Some(mut panel) = panel(&results, head) else {
                continue;
            };
            panel.points.truncate(FEW);
            panel.classes.truncate(FEW);
            panel.subtitle = format!(
                "compactness {}",
                decimal(head.compactness.compactness_ratio, 1)
            );
            panels.push(panel);
        }
        class_names = results.class_names;
    }
    Ok(draw_embeddings(
        title,
        &class_names,
        REFERENCE_LABEL,
        &panels,
        stem,
    )?)
}

fn panel(results: &Results, head: &HeadMetrics) -> Option<EmbeddingPanel> {
    let classes = results.classes(head);
    let embeddings = results.embeddings(head);
    let centroids = Centroids::of(&embeddings, head.embedding_dim, &classes);
    let projection = Projection::of(&centroids)?;

    let rows = embeddings.chunks(head.embedding_dim);
    let points: Vec<[f32; 2]> = rows.map(|row| projection.project(row)).collect();
    let references = results.reference_points(head).iter();
    let references: Vec<[f32; 2]> = references.map(|point| projection.project(point)).collect();
    Some(EmbeddingPanel {
        title: format!("{}, {}-D", head.head.title(), head.embedding_dim),
        subtitle: subtitle(head),
        classes,
        square: Square::around(&[points.as_slice(), &references].concat()),
        points,
        shading: None,
        reference_points: references
            .iter()
            .map(|point| point.map(f64::from))
            .collect(),
    })
}
