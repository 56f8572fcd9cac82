use burn::tensor::{Device, Int, Tensor};

use super::{Sums, TrainError};

/// Sums over images that stay on the device until they are read.
#[derive(Clone)]
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

    /// That of these sums.
    pub fn from_sums(sums: Sums, device: &Device) -> Self {
        let device = device.clone().without_autodiff();
        let tensor = |sum: f64| Tensor::from_floats([sum as f32], &device);
        Self {
            images: sums.images,
            loss: tensor(sums.loss),
            correct: tensor(sums.correct),
        }
    }

    /// Reads the sums.
    pub fn sums(&self) -> Result<Sums, TrainError> {
        Ok(Sums {
            images: self.images,
            loss: read(&self.loss)?,
            correct: read(&self.correct)?,
        })
    }

    /// Whether the sum of the losses is a number.
    pub fn is_finite(&self) -> Result<bool, TrainError> {
        Ok(read(&self.loss)?.is_finite())
    }

    pub fn merge(&mut self, other: &Self) {
        self.images += other.images;
        self.loss = self.loss.clone() + other.loss.clone();
        self.correct = self.correct.clone() + other.correct.clone();
    }

    /// Mean loss and accuracy.
    pub fn means(&self) -> Result<(f64, f64), TrainError> {
        let images = self.images as f64;
        Ok((read(&self.loss)? / images, read(&self.correct)? / images))
    }
}

fn read(sum: &Tensor<1>) -> Result<f64, TrainError> {
    let sum = sum.clone().try_into_scalar::<f64>();
    sum.map_err(|error| TrainError::Device(error.to_string()))
}
