use std::sync::Arc;

use crate::eval::{EvalError, Features, Predictions, Subject};
use crate::train::Samples;

/// What detectors see of a set of images.
#[derive(Debug, Clone)]
pub struct Outputs<'a> {
    /// The images.
    pub samples: &'a Samples,
    /// Embeddings, scores, probabilities.
    pub predictions: Arc<Predictions>,
    /// The layer in front of the embedding.
    pub features: Arc<Features>,
}

impl<'a> Outputs<'a> {
    /// Of the images that the subject knows by this name.
    ///
    /// # Errors
    ///
    /// If the device cannot be read.
    pub fn of(subject: &Subject, set: &str, samples: &'a Samples) -> Result<Self, EvalError> {
        Ok(Self {
            samples,
            predictions: subject.predictions_of(set, samples)?,
            features: subject.features_of(set, samples)?,
        })
    }

    /// The scores of each image.
    pub fn scores(&self) -> impl Iterator<Item = &[f32]> {
        self.predictions.scores.chunks(self.predictions.classes)
    }

    /// The probabilities of each image.
    pub fn probabilities(&self) -> impl Iterator<Item = &[f32]> {
        self.predictions
            .probabilities
            .chunks(self.predictions.classes)
    }

    /// The embedding of each image.
    pub fn embeddings(&self) -> impl Iterator<Item = &[f32]> {
        self.predictions
            .embeddings
            .chunks(self.predictions.embedding_dim)
    }
}
