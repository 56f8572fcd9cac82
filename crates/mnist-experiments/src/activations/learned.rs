use burn::tensor::{Tensor, TensorReadError};
use serde::{Deserialize, Serialize};

use crate::measured::or_nan;

/// The values of a parameter over the channels of a layer.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Range {
    /// Mean.
    #[serde(deserialize_with = "or_nan")]
    pub mean: f64,
    /// Smallest value.
    #[serde(deserialize_with = "or_nan")]
    pub min: f64,
    /// Largest value.
    #[serde(deserialize_with = "or_nan")]
    pub max: f64,
}

impl Range {
    /// Mean and extremes of a tensor's values.
    ///
    /// # Errors
    ///
    /// If the device cannot be read.
    pub fn of(values: Tensor<1>) -> Result<Self, TensorReadError> {
        let values: Vec<f64> = values.try_to_vec_as()?;
        Ok(Self {
            mean: values.iter().sum::<f64>() / values.len() as f64,
            min: values.iter().copied().fold(f64::INFINITY, f64::min),
            max: values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;

    #[test]
    fn of_three_values() {
        let range = Range::of(Tensor::from_floats([1.0, -2.0, 4.0], &Device::flex())).unwrap();
        let (mean, min, max) = (1.0, -2.0, 4.0);
        assert_eq!(range, Range { mean, min, max });
    }
}
