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
    /// Of each image the probability of class 1; with more than two classes, of the predicted one.
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
            let probabilities = model.head.probabilities(embedding.clone());
            let classes = scores.dims()[1];
            all.embedding_dim = embedding.dims()[1];
            all.embeddings.extend(embedding.try_to_vec_as::<f32>()?);
            let scores = scores.try_to_vec_as::<f32>()?;
            let probabilities = probabilities.try_to_vec_as::<f32>()?;
            for (scores, probabilities) in scores.chunks(classes).zip(probabilities.chunks(classes))
            {
                let predicted = argmax(scores);
                let of = if classes == 2 { 1 } else { predicted };
                all.predicted.push(predicted as u8);
                all.probabilities.push(probabilities[of]);
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

/// The index of the largest value, the first of equal ones.
fn argmax(values: &[f32]) -> usize {
    (1..values.len()).fold(0, |best, i| if values[i] > values[best] { i } else { best })
}

#[cfg(test)]
mod tests {
    use super::argmax;

    #[test]
    fn the_first_of_the_largest() {
        assert_eq!(argmax(&[1.0, 3.0, 3.0, 2.0]), 1);
        assert_eq!(argmax(&[f32::NEG_INFINITY, f32::NEG_INFINITY]), 0);
        assert_eq!(argmax(&[-2.0, -1.0]), 1);
    }
}
