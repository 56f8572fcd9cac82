use burn::tensor::{Device, TensorReadError};

use crate::head::ClassifierHead;
use crate::model::Classifier;
use crate::train::Samples;

/// A model's embeddings and probabilities of a set of images.
#[derive(Debug, Clone)]
pub struct Predictions {
    /// Size of an embedding.
    pub embedding_dim: usize,
    /// One embedding after the other.
    pub embeddings: Vec<f32>,
    /// The class with the largest score, of each image.
    pub predicted: Vec<u8>,
    /// The probability of class 1, of each image.
    pub probabilities: Vec<f32>,
    /// Share of images whose prediction is right.
    pub accuracy: f64,
}

impl Predictions {
    /// Runs `model`, without autodiff, on all of `samples`.
    ///
    /// # Errors
    ///
    /// If the device cannot be read.
    pub fn of(
        model: &Classifier,
        samples: &Samples,
        device: &Device,
    ) -> Result<Self, TensorReadError> {
        const BATCH: usize = 500;
        let mut all = Self {
            embedding_dim: 0,
            embeddings: Vec::new(),
            predicted: Vec::with_capacity(samples.len()),
            probabilities: Vec::with_capacity(samples.len()),
            accuracy: 0.0,
        };
        let indices: Vec<usize> = (0..samples.len()).collect();
        for indices in indices.chunks(BATCH) {
            let embedding = model.embed(samples.batch(indices, device).images);
            let scores = model.head.scores(embedding.clone());
            all.embedding_dim = embedding.dims()[1];
            all.embeddings.extend(embedding.try_to_vec_as::<f32>()?);
            for row in scores.try_to_vec_as::<f32>()?.chunks(2) {
                all.predicted.push((row[1] > row[0]).into());
                all.probabilities.push(row[1].exp());
            }
        }
        let right = all
            .predicted
            .iter()
            .zip(samples.targets())
            .filter(|(p, t)| p == t)
            .count();
        all.accuracy = right as f64 / samples.len() as f64;
        Ok(all)
    }

    /// The embeddings one by one.
    pub fn rows(&self) -> impl Iterator<Item = &[f32]> {
        self.embeddings.chunks(self.embedding_dim)
    }
}
