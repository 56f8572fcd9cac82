use burn::module::Module;
use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

/// `(pixel - mean) / deviation`, the encoder's first layer, so that a model's inputs are pixels in
/// [0, 1] and a perturbation of them keeps its meaning.
#[derive(Module, Debug, Copy, Serialize, Deserialize, PartialEq)]
pub struct Normalization {
    /// Mean of the training pixels.
    pub mean: f64,
    /// Their standard deviation.
    pub deviation: f64,
}

impl Normalization {
    /// Mean and deviation of pixels, scaled from 0..=255 to [0, 1].
    ///
    /// Constant pixels have no deviation; they are left unscaled.
    pub fn of(pixels: &[u8]) -> Self {
        // From the histogram: exact sums, whatever the order.
        let mut counts = [0u64; 256];
        for &pixel in pixels {
            counts[pixel as usize] += 1;
        }
        let n = pixels.len().max(1) as f64;
        let moment = |power: i32| {
            let sum = |(value, &count): (usize, &u64)| (value as f64).powi(power) * count as f64;
            counts.iter().enumerate().map(sum).sum::<f64>() / n / 255f64.powi(power)
        };
        let mean = moment(1);
        let variance = (moment(2) - mean * mean).max(0.0);
        let deviation = if variance > 1e-12 {
            variance.sqrt()
        } else {
            1.0
        };
        Self { mean, deviation }
    }

    /// # Shapes
    ///
    /// - input, output: `[..., any]`
    pub fn forward<const D: usize>(&self, pixels: Tensor<D>) -> Tensor<D> {
        (pixels - self.mean) / self.deviation
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments() {
        let n = Normalization::of(&[0, 255]);
        assert!((n.mean - 0.5).abs() < 1e-12 && (n.deviation - 0.5).abs() < 1e-12);
        assert_eq!(Normalization::of(&[7; 9]).deviation, 1.0);
    }
}
