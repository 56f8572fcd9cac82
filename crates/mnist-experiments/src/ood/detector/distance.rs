use super::{Detector, Fitted, Outputs};
use crate::eval::{Centroids, EvalError, Subject};

/// The distance of the embedding from the nearest centroid of the training images' classes.
#[derive(Debug, Clone, Copy)]
pub struct NearestCentroid;

impl Detector for NearestCentroid {
    fn name(&self) -> &'static str {
        "nearest-centroid"
    }

    fn about(&self) -> &'static str {
        "the distance of the embedding from the nearest centroid of a class"
    }

    fn fit<'a>(&self, _: &'a Subject, training: &Outputs) -> Result<Option<Fitted<'a>>, EvalError> {
        let all = &training.predictions;
        let centroids = Centroids::of(&all.embeddings, all.embedding_dim, &all.targets);
        Ok(Some(Box::new(move |outputs| {
            let nearest = |row: &[f32]| match centroids.nearest(row) {
                Some(class) => centroids.distance_to_own(row, class) as f32,
                None => f32::NAN,
            };
            Ok(outputs.embeddings().map(nearest).collect())
        })))
    }
}
