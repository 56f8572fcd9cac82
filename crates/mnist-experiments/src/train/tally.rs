use burn::tensor::{Device, Int, Tensor};

use super::TrainError;

/// Sums over images that stay on the device until they are read.
pub(crate) struct Tally {
    pub images: usize,
    loss: Tensor<1>,
    correct: Tensor<1>,
}

impl Tally {
    pub fn new(device: &Device) -> Self {
        let zero = Tensor::zeros([1], &device.clone().without_autodiff());
        Self {
            images: 0,
            loss: zero.clone(),
            correct: zero,
        }
    }

    /// Of a batch: its mean loss, and its scores, `[batch, classes]`, whose largest is the
    /// prediction.
    pub fn of(loss: &Tensor<1>, scores: Tensor<2>, targets: Tensor<1, Int>) -> Self {
        let [images] = targets.dims();
        let predicted = scores.without_autodiff().argmax(1).squeeze_dim(1);
        Self {
            images,
            loss: loss.clone().without_autodiff() * images as f64,
            correct: predicted.equal(targets).int().sum().float(),
        }
    }

    pub fn merge(&mut self, other: &Self) {
        self.images += other.images;
        self.loss = self.loss.clone() + other.loss.clone();
        self.correct = self.correct.clone() + other.correct.clone();
    }

    /// Mean loss and accuracy.
    pub fn means(&self) -> Result<(f64, f64), TrainError> {
        let read = |sum: &Tensor<1>| -> Result<f64, TrainError> {
            let sum = sum.clone().try_into_scalar::<f64>();
            Ok(sum.map_err(|error| TrainError::Device(error.to_string()))? / self.images as f64)
        };
        Ok((read(&self.loss)?, read(&self.correct)?))
    }
}
