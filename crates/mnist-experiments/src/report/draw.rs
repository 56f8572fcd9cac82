use std::path::PathBuf;

use super::RunFolder;
use super::distance_figure::draw_distances;
use super::draw_error::DrawError;
use super::embedding_figure::draw_planes;
use super::projection_figure::draw_projections;
use super::results::Results;

/// Draws the figures of a run from the files in its folder: its 2-D embeddings side by side; the
/// larger ones of more than two classes projected to a plane, and the distances of their centroids.
/// Returns the paths of the SVG and the PNG file of each figure.
///
/// # Errors
///
/// If a result is missing or damaged, or a figure cannot be written.
pub fn draw_run(folder: &RunFolder) -> Result<Vec<[PathBuf; 2]>, DrawError> {
    let results = Results::read(folder)?;
    let figures = [
        draw_planes(&results, &folder.file("embedding"))?,
        draw_projections(&results, &folder.file("projection"))?,
        draw_distances(&results, &folder.file("distances"))?,
    ];
    Ok(figures.into_iter().flatten().collect())
}
