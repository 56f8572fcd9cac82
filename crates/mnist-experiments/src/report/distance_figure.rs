use std::path::{Path, PathBuf};

use super::HeadMetrics;
use super::results::Results;
use crate::eval::Centroids;
use crate::measured::decimal;
use crate::plot::{FigureError, MatrixPanel, draw_matrices};

/// Draws, for the heads with an embedding of more than two dimensions, how far the centroids of
/// the classes are from each other, and the points of a class from their own. Returns the paths of
/// the SVG and the PNG file, or `None` without such a head.
pub(super) fn draw_distances(
    results: &Results,
    stem: &Path,
) -> Result<Option<[PathBuf; 2]>, FigureError> {
    let heads = results.heads_in_space();
    let panels: Vec<MatrixPanel> = heads.map(|head| panel(results, head)).collect();
    if panels.is_empty() {
        return Ok(None);
    }
    let title = format!(
        "{}: distances between their centroids;\n\
         on the diagonal the mean distance of a class's images to its own centroid",
        results.subject()
    );
    draw_matrices(&title, &results.class_names, &panels, stem).map(Some)
}

fn panel(results: &Results, head: &HeadMetrics) -> MatrixPanel {
    let embeddings = results.embeddings(head);
    let classes = results.classes(head);
    let centroids = Centroids::of(&embeddings, head.embedding_dim, &classes);

    let count = results.class_names.len();
    let (mut sums, mut sizes) = (vec![0.0; count], vec![0.0; count]);
    for (row, &class) in embeddings.chunks(head.embedding_dim).zip(&classes) {
        sums[usize::from(class)] += centroids.distance_to_own(row, class);
        sizes[usize::from(class)] += 1.0;
    }
    let value = |a: usize, b: usize| match a == b {
        true => sums[a] / sizes[a],
        false => centroids.distance(a as u8, b as u8),
    };
    let c = &head.compactness;
    MatrixPanel {
        title: format!("{}, {}-D", head.head.title(), head.embedding_dim),
        subtitle: format!(
            "smallest distance {}, mean on the diagonal {}, compactness {}",
            decimal(c.min_centroid_distance, 2),
            decimal(c.intra_class_distance, 2),
            decimal(c.compactness_ratio, 1),
        ),
        values: (0..count)
            .map(|a| (0..count).map(|b| value(a, b)).collect())
            .collect(),
    }
}
