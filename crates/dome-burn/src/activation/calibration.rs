use alloc::vec::Vec;

use burn::module::Param;
use burn::tensor::{Tensor, TensorData};

use crate::numbers::Numbers;
use crate::op::{dequantized, host_values};

#[cfg(not(feature = "std"))]
#[allow(unused_imports)] // where another crate links std, its methods are there
use num_traits::Float as _;

/// The share of normal numbers within one standard deviation.
const SHARE: f64 = 0.682_689_492_137_085_9;

/// How large numbers of these magnitudes are: 68 % are at most that large. So it is the standard deviation of
/// normal numbers, and the magnitude of numbers that have but one, as the root of their mean square would be;
/// but outliers count by how many they are, not by how large: 2 % of them move it by 3 % at most, where a
/// single one moves a mean of squares at will. (The median is as robust, but 0 where half of the numbers are;
/// quantiles near 1 are what outliers move.)
///
/// NaN if one of them is, or if there are none.
pub(super) fn robust_size(mut magnitudes: Vec<f64>) -> f64 {
    if magnitudes.is_empty() || magnitudes.iter().any(|x| x.is_nan()) {
        return f64::NAN;
    }
    let rank = (SHARE * magnitudes.len() as f64).ceil() as usize - 1;
    *magnitudes.select_nth_unstable_by(rank, f64::total_cmp).1
}

/// mu and sigma, which have one number each or one for each channel.
pub(super) struct Scales {
    mu: Vec<f64>,
    sigma: Vec<f64>,
}

impl Scales {
    pub fn of(mu: &Param<Tensor<1>>, sigma: &Param<Tensor<1>>) -> Self {
        let [mu, sigma] = [mu, sigma].map(|p| host_values(p.val().without_autodiff()));
        Self { mu, sigma }
    }

    pub fn channels(&self) -> usize {
        self.mu.len().max(self.sigma.len())
    }

    pub fn mu(&self, channel: usize) -> f64 {
        of_channel(&self.mu, channel).abs()
    }

    /// What brings mu to `size`, as far as one can compute with both; 1, no change, if it is
    /// there, or `size` is no finite number.
    pub fn factor(&self, channel: usize, size: f64, numbers: Numbers) -> f64 {
        let (mu, sigma) = (self.mu(channel), of_channel(&self.sigma, channel).abs());
        let factor = size / mu;
        match factor.is_finite() && factor > 1.0 {
            true => factor.min(numbers.largest() / mu.max(sigma)).max(1.0),
            false => 1.0,
        }
    }
}

fn of_channel(values: &[f64], channel: usize) -> f64 {
    values[channel.min(values.len() - 1)]
}

/// A parameter whose numbers are multiplied by the factors of their channels; one number for several channels
/// by the largest of them.
pub(super) fn raised(parameter: Param<Tensor<1>>, factors: &[f64]) -> Param<Tensor<1>> {
    if factors.iter().all(|&factor| factor == 1.0) {
        return parameter;
    }
    let learned = parameter.is_require_grad();
    parameter.map(|value| {
        let device = value.device();
        // Of a quantised parameter what it stands for.
        let value = dequantized(value);
        let dtype = value.dtype();
        let values = host_values(value.without_autodiff());
        let count = values.len();
        let largest = factors.iter().copied().fold(1.0, f64::max);
        let values = values.into_iter().enumerate().map(|(channel, value)| {
            value
                * if count == factors.len() {
                    factors[channel]
                } else {
                    largest
                }
        });
        let values = TensorData::new(values.collect(), [count]);
        Tensor::from_data(values, (&device, dtype)).set_require_grad(learned)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_is_robust() {
        assert_eq!(robust_size(vec![300.0; 7]), 300.0);
        assert!(robust_size(vec![]).is_nan() && robust_size(vec![1.0, f64::NAN]).is_nan());
        // Magnitudes of normal numbers, by their quantiles: the 68 % that lie within 1.
        let normal = |count: usize| -> Vec<f64> {
            let quantile = |p: f64| {
                // By bisection of erf, from its integral.
                let (mut low, mut high) = (0.0, 10.0);
                for _ in 0..60 {
                    let middle: f64 = (low + high) / 2.0;
                    let steps = 400;
                    let width = middle / steps as f64;
                    let density = |i: usize| (-0.5 * ((i as f64 + 0.5) * width).powi(2)).exp();
                    let sum: f64 = (0..steps).map(density).sum();
                    let inside = sum * width * (2.0 / core::f64::consts::PI).sqrt();
                    if inside < p {
                        low = middle
                    } else {
                        high = middle
                    }
                }
                low
            };
            (0..count)
                .map(|i| quantile((i as f64 + 0.5) / count as f64))
                .collect()
        };
        let clean = robust_size(normal(1000));
        assert!((clean - 1.0).abs() < 2e-3, "{clean}");
        let mut spoiled = normal(980);
        spoiled.extend([1e6; 20]);
        let moved = robust_size(spoiled) / clean;
        assert!((1.0..1.05).contains(&moved), "{moved}");
    }
}
