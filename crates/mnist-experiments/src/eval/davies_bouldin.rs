use super::{Centroids, EvalError, Evaluation, Measured, Subject};
use crate::data::Part;

/// The index of Davies and Bouldin (*A Cluster Separation Measure*, 1979) of the test images' embeddings: the mean over the
/// classes of `max_j (s_i + s_j) / d_ij`, where `s` is the mean distance of a class's points to its centroid and `d` the
/// distance of two centroids. Smaller is better.
#[derive(Debug, Clone, Copy)]
pub struct DaviesBouldin;

impl Evaluation for DaviesBouldin {
    fn name(&self) -> &'static str {
        "davies-bouldin"
    }

    fn about(&self) -> &'static str {
        "widths of two classes over their distance, the worst of each class"
    }

    fn evaluate(&self, subject: &Subject) -> Result<Measured, EvalError> {
        let test = subject.predictions(Part::Test)?;
        let index = davies_bouldin(&test.embeddings, test.embedding_dim, &test.targets);
        Ok([("davies_bouldin", index)].into())
    }
}

/// NaN with fewer than two classes.
fn davies_bouldin(embeddings: &[f32], dim: usize, classes: &[u8]) -> f64 {
    let centroids = Centroids::of(embeddings, dim, classes);
    let widths = centroids.mean_distances(embeddings, dim, classes);
    let present: Vec<u8> = centroids.of_classes().map(|(class, _)| class).collect();
    let worst = |i: usize| {
        let others = (0..present.len()).filter(|&j| j != i);
        let quotient =
            |j: usize| (widths[i] + widths[j]) / centroids.distance(present[i], present[j]);
        others.map(quotient).reduce(f64::max).unwrap_or(f64::NAN)
    };
    (0..present.len()).map(worst).sum::<f64>() / present.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Widths 1, 2, 0 and centroids 1, 12, 20 of the classes 0, 2, 3: the worst quotients are 3/11 (of 1 and 12), 3/11,
    /// and 2/8 (of 20 and 12).
    #[test]
    fn by_hand() {
        let index = davies_bouldin(&[0.0, 2.0, 10.0, 14.0, 20.0], 1, &[0, 0, 2, 2, 3]);
        let expected = (3.0 / 11.0 + 3.0 / 11.0 + 2.0 / 8.0) / 3.0;
        assert!((index - expected).abs() < 1e-12, "{index} {expected}");
        assert!(davies_bouldin(&[0.0, 1.0], 1, &[1, 1]).is_nan());
    }
}
