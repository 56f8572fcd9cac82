//! What the integration tests share.
#![allow(dead_code, unused_imports)] // each test binary uses a part

pub mod exact;
pub mod golden;
mod simplex_case;
mod subject;

pub use simplex_case::{LOSSES, SimplexCase, assert_all_close};
#[cfg(feature = "wgpu")]
pub use subject::wgpu;
pub use subject::{Subject, subjects};

use burn::tensor::{DType, Device, Gradients, Tensor, TensorData};
use dome_burn::functional;
use dome_burn::op::elementwise::composed as reference;

pub fn flex() -> Device {
    Device::flex().autodiff()
}

/// A leaf of any type, from f64 values.
pub fn leaf<const D: usize>(
    values: &[f64],
    shape: [usize; D],
    dtype: DType,
    device: &Device,
) -> Tensor<D> {
    Tensor::from_data(
        TensorData::new(values.to_vec(), shape).convert_dtype(dtype),
        (device, dtype),
    )
    .require_grad()
}

/// Values in a fixed irregular order in `low..high`.
pub fn spread(count: usize, low: f64, high: f64) -> Vec<f64> {
    let golden_ratio = 0.618_033_988_749_895;
    (1..=count)
        .map(|i| low + (high - low) * (i as f64 * golden_ratio).fract())
        .collect()
}

pub fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f64> {
    tensor.try_to_vec_as().expect("a readable tensor")
}

pub fn grad<const D: usize>(leaf: &Tensor<D>, gradients: &Gradients) -> Vec<f64> {
    values(leaf.grad(gradients).expect("a tracked leaf"))
}

/// Fails unless `actual` is within `relative * |expected| + absolute` of `expected`.
pub fn assert_close(what: &str, actual: f64, expected: f64, relative: f64, absolute: f64) {
    let tolerance = relative * expected.abs() + absolute;
    assert!(
        (actual - expected).abs() <= tolerance,
        "{what}: {actual:e}, expected {expected:e}, off by {:e} > {tolerance:e}",
        (actual - expected).abs()
    );
}

/// An operation of x, the parameters mu, sigma and pi, and targets of x's shape.
pub type Op<const D: usize> = fn(Tensor<D>, [Tensor<1>; 3], Tensor<D>) -> Tensor<D>;

/// A fused operation and its reference.
pub struct Pair<const D: usize> {
    pub name: &'static str,
    pub fused: Op<D>,
    pub reference: Op<D>,
    /// Which of the parameters take part.
    pub parameters: &'static [usize],
}

pub fn pairs<const D: usize>() -> [Pair<D>; 4] {
    [
        Pair {
            name: "dome",
            fused: |x, [mu, sigma, _], _| functional::dome(x, mu, sigma),
            reference: |x, [mu, sigma, _], _| reference::dome(x, mu, sigma),
            parameters: &[0, 1],
        },
        Pair {
            name: "pdome",
            fused: |x, [mu, sigma, pi], _| functional::pdome(x, mu, sigma, pi),
            reference: |x, [mu, sigma, pi], _| reference::pdome(x, mu, sigma, pi),
            parameters: &[0, 1, 2],
        },
        Pair {
            name: "loss",
            fused: |x, [mu, sigma, _], targets| {
                functional::dome_binary_cross_entropy(x, mu, sigma, targets)
            },
            reference: |x, [mu, sigma, _], targets| {
                reference::dome_binary_cross_entropy(x, mu, sigma, targets)
            },
            parameters: &[0, 1],
        },
        Pair {
            name: "log-odds",
            fused: |x, [mu, sigma, _], _| functional::dome_log_odds(x, mu, sigma),
            reference: |x, [mu, sigma, _], _| reference::dome_log_odds(x, mu, sigma),
            parameters: &[0, 1],
        },
    ]
}
