use super::{Centroids, EvalError, Evaluation, Measured, Subject};
use crate::data::Part;

/// The variance of the test images' embeddings between the classes over that within them.
///
/// `tr(S_B) / tr(S_W)` with `S_B = 1/n sum_c n_c (m_c - m)(m_c - m)'` and `S_W = 1/n sum_i (x_i - m_c(i))(x_i - m_c(i))'`,
/// where `m_c` are the classes' means and `m` is the mean of all: Fisher's criterion (*The use of multiple measurements in
/// taxonomic problems*, 1936) without a direction. Larger is better. `(n - C)/(C - 1)` times it is the index of Caliński
/// and Harabasz (1974).
#[derive(Debug, Clone, Copy)]
pub struct FisherRatio;

impl Evaluation for FisherRatio {
    fn name(&self) -> &'static str {
        "fisher-ratio"
    }

    fn about(&self) -> &'static str {
        "variance between the classes over that within them"
    }

    fn evaluate(&self, subject: &Subject) -> Result<Measured, EvalError> {
        let test = subject.predictions(Part::Test)?;
        let ratio = fisher_ratio(&test.embeddings, test.embedding_dim, &test.targets);
        Ok([("fisher_ratio", ratio)].into())
    }
}

/// NaN with fewer than two classes.
fn fisher_ratio(embeddings: &[f32], dim: usize, classes: &[u8]) -> f64 {
    let centroids = Centroids::of(embeddings, dim, classes);
    if centroids.present().len() < 2 {
        return f64::NAN;
    }
    let all = Centroids::of(embeddings, dim, &vec![0; classes.len()]);
    let (mut between, mut within) = (0.0, 0.0);
    for (row, &class) in embeddings.chunks(dim).zip(classes) {
        within += centroids.distance_to_own(row, class).powi(2);
        let pairs = centroids.get(class).into_iter().zip(all.get(0));
        for (own, all) in pairs.flat_map(|(own, all)| own.iter().zip(all)) {
            between += (own - all).powi(2);
        }
    }
    between / within
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Means 1 and 7 of three points and one, all 2.5: between (3 * 1.5^2 + 4.5^2) = 27, within 1 + 0 + 1 = 2.
    #[test]
    fn by_hand() {
        let ratio = fisher_ratio(&[0.0, 1.0, 2.0, 7.0], 1, &[0, 0, 0, 1]);
        assert!((ratio - 13.5).abs() < 1e-12, "{ratio}");
        assert!(fisher_ratio(&[0.0, 1.0], 1, &[3, 3]).is_nan());
    }
}
