use super::{Centroids, EvalError, Evaluation, Measured, Subject};
use crate::data::Part;

/// The share of test images whose embedding is nearest to the centroid of their own class, where the centroids are those
/// of the training images: how good a classifier the embedding is without the head.
#[derive(Debug, Clone, Copy)]
pub struct NearestCentroid;

impl Evaluation for NearestCentroid {
    fn name(&self) -> &'static str {
        "nearest-centroid"
    }

    fn about(&self) -> &'static str {
        "accuracy of the nearest centroid of the training images"
    }

    /// It needs the embeddings of all training images.
    fn in_training(&self) -> bool {
        false
    }

    fn evaluate(&self, subject: &Subject) -> Result<Measured, EvalError> {
        let training = subject.predictions(Part::Train)?;
        let dim = training.embedding_dim;
        let centroids = Centroids::of(&training.embeddings, dim, &training.targets);
        let test = subject.predictions(Part::Test)?;
        let share = share_of_nearest(&centroids, &test.embeddings, dim, &test.targets);
        Ok([("nearest_centroid_accuracy", share)].into())
    }
}

/// The share of points that are nearest to the centroid of their class.
fn share_of_nearest(centroids: &Centroids, embeddings: &[f32], dim: usize, classes: &[u8]) -> f64 {
    let rows = embeddings.chunks(dim).zip(classes);
    let right = rows.filter(|(row, class)| centroids.nearest(row) == Some(**class));
    right.count() as f64 / classes.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let centroids = Centroids::of(&[0.0, 2.0, 9.0], 1, &[0, 0, 1]);
        let share = share_of_nearest(&centroids, &[4.0, 6.0, 5.1, -3.0], 1, &[0, 0, 1, 1]);
        assert_eq!(share, 0.5);
    }
}
