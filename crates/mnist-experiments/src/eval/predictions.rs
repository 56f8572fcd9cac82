use burn::tensor::{Device, Tensor, TensorReadError};

use super::Features;
use crate::head::ClassifierHead;
use crate::model::Classifier;
use crate::rows::argmax;
use crate::train::Samples;

/// What a model makes of a set of images. Rows are one after the other.
#[derive(Debug, Clone)]
pub struct Predictions {
    /// Size of an embedding.
    pub embedding_dim: usize,
    /// Number of classes.
    pub classes: usize,
    /// `[images, embedding_dim]`.
    pub embeddings: Vec<f32>,
    /// `[images, classes]`, in the log domain.
    pub scores: Vec<f32>,
    /// `[images, classes]`.
    pub probabilities: Vec<f32>,
    /// The class with the largest score, of each image.
    pub predicted: Vec<u8>,
    /// The class of each image.
    pub targets: Vec<u8>,
    /// Share of images whose prediction is right.
    pub accuracy: f64,
}

impl Predictions {
    /// Images in a pass. Results of other numbers may differ in their last bits.
    const BATCH: usize = 500;

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
        Ok(Self::with_features(model, samples, device)?.0)
    }

    /// The same with the layer in front of the embedding, in one pass.
    ///
    /// # Errors
    ///
    /// If the device cannot be read.
    pub fn with_features(
        model: &Classifier,
        samples: &Samples,
        device: &Device,
    ) -> Result<(Self, Features), TensorReadError> {
        let mut hidden = Features {
            dim: 0,
            values: Vec::new(),
        };
        let mut all = Self {
            embedding_dim: 0,
            classes: 0,
            embeddings: Vec::new(),
            scores: Vec::new(),
            probabilities: Vec::new(),
            predicted: Vec::with_capacity(samples.len()),
            targets: samples.targets().to_vec(),
            accuracy: 0.0,
        };
        for images in batches(samples, device) {
            let features = model.encoder.features(images);
            let embedding = model.encoder.embed(features.clone());
            hidden.dim = features.dims()[1];
            hidden.values.extend(features.try_to_vec_as::<f32>()?);
            let scores = model.head.scores(embedding.clone());
            let probabilities = model.head.probabilities(embedding.clone());
            all.classes = scores.dims()[1];
            all.embedding_dim = embedding.dims()[1];
            all.embeddings.extend(embedding.try_to_vec_as::<f32>()?);
            let scores = scores.try_to_vec_as::<f32>()?;
            let predicted = scores.chunks(all.classes).map(|row| argmax(row) as u8);
            all.predicted.extend(predicted);
            all.scores.extend(scores);
            all.probabilities
                .extend(probabilities.try_to_vec_as::<f32>()?);
        }
        let right = all.right().filter(|&right| right).count();
        all.accuracy = right as f64 / samples.len() as f64;
        Ok((all, hidden))
    }

    /// The embeddings one by one.
    pub fn rows(&self) -> impl Iterator<Item = &[f32]> {
        self.embeddings.chunks(self.embedding_dim)
    }

    /// Of each image whether its prediction is right.
    pub fn right(&self) -> impl Iterator<Item = bool> {
        let pairs = self.predicted.iter().zip(&self.targets);
        pairs.map(|(predicted, target)| predicted == target)
    }

    /// Of each image the probability of the predicted class.
    pub fn confidences(&self) -> impl Iterator<Item = f32> {
        let rows = self.probabilities.chunks(self.classes);
        rows.zip(&self.predicted)
            .map(|(row, &predicted)| row[usize::from(predicted)])
    }

    /// Of an image the probability of class 1; with more than two classes, of the predicted one.
    pub fn probability(&self, image: usize) -> f32 {
        let class = match self.classes {
            2 => 1,
            _ => usize::from(self.predicted[image]),
        };
        self.probabilities[image * self.classes + class]
    }
}

/// The pixels of all images, in batches.
fn batches(samples: &Samples, device: &Device) -> impl Iterator<Item = Tensor<4>> {
    let starts = (0..samples.len()).step_by(Predictions::BATCH);
    starts.map(|start| {
        let end = samples.len().min(start + Predictions::BATCH);
        let indices: Vec<usize> = (start..end).collect();
        samples.batch(&indices, device).images
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_an_image() {
        let mut predictions = Predictions {
            embedding_dim: 1,
            classes: 2,
            embeddings: vec![0.0, 1.0],
            scores: vec![-0.1, -2.0, -3.0, -0.2],
            probabilities: vec![0.9, 0.1, 0.2, 0.8],
            predicted: vec![0, 1],
            targets: vec![0, 0],
            accuracy: 0.5,
        };
        assert_eq!(predictions.confidences().collect::<Vec<_>>(), [0.9, 0.8]);
        assert_eq!(predictions.right().collect::<Vec<_>>(), [true, false]);
        assert_eq!([0, 1].map(|i| predictions.probability(i)), [0.1, 0.8]);
        predictions.classes = 4;
        predictions.predicted = vec![2];
        assert_eq!(predictions.probability(0), 0.2);
    }
}
