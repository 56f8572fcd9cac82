use burn::tensor::{Device, TensorReadError};

use super::predictions::batches;
use crate::model::Classifier;
use crate::train::Samples;

/// The layer in front of a model's embedding, see [`Encoder::features`](crate::model::Encoder::features), of a set of
/// images.
#[derive(Debug, Clone, PartialEq)]
pub struct Features {
    /// Size of a row.
    pub dim: usize,
    /// `[images, dim]`, one row after the other.
    pub values: Vec<f32>,
}

impl Features {
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
        let mut all = Self {
            dim: 0,
            values: Vec::new(),
        };
        for images in batches(samples, device) {
            let features = model.encoder.features(images);
            all.dim = features.dims()[1];
            all.values.extend(features.try_to_vec_as::<f32>()?);
        }
        Ok(all)
    }

    /// The rows one by one.
    pub fn rows(&self) -> impl Iterator<Item = &[f32]> {
        self.values.chunks(self.dim)
    }
}
