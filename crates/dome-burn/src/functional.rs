//! DOME as plain functions on tensors.
//!
//! Parameters are rank-1 tensors of one value, or of one value per channel (dimension 1 of the
//! input), as in Burn's `prelu`. Every function is differentiable in its input and parameters, runs
//! on any device, computes half precision in f32, returns the input's type, and maps NaN to NaN.
//! `sigma` acts as `max(|sigma|, SIGMA_FLOOR)`, see [`SIGMA_FLOOR`](crate::SIGMA_FLOOR).
//!
//! # Panics
//!
//! All of them, if a parameter has C > 1 values and dimension 1 of the input is not of size C.

use burn::tensor::Tensor;

use crate::op;

/// `(1 + exp(-((x - mu)/sigma)^2) - exp(-((x + mu)/sigma)^2)) / 2`, equation (2) of
/// [arXiv 2109.14798](https://arxiv.org/abs/2109.14798).
///
/// # Shapes
///
/// - x: `[..., any]`; with per-channel parameters `[batch, channels, ...]`
/// - mu, sigma: `[1]` or `[channels]`
/// - output: x's, in (0, 1)
pub fn dome<const D: usize>(x: Tensor<D>, mu: Tensor<1>, sigma: Tensor<1>) -> Tensor<D> {
    op::dome(x, mu, sigma)
}

/// `exp(-((x - mu)/sigma)^2) - pi * exp(-((x + mu)/sigma)^2)`, equation (3) of
/// [arXiv 2109.14798](https://arxiv.org/abs/2109.14798).
///
/// # Shapes
///
/// - x: `[..., any]`; with per-channel parameters `[batch, channels, ...]`
/// - mu, sigma, pi: `[1]` or `[channels]`
/// - output: x's, in (-pi, 1) for positive pi
pub fn pdome<const D: usize>(
    x: Tensor<D>,
    mu: Tensor<1>,
    sigma: Tensor<1>,
    pi: Tensor<1>,
) -> Tensor<D> {
    op::pdome(x, mu, sigma, pi)
}

/// Binary cross-entropy of `p = dome(x)`, per element: `-t ln p - (1 - t) ln(1 - p)`.
///
/// Computed from `2p = a + (1 - b)` and `2(1 - p) = b + (1 - a)`, sums without cancellation, in the
/// log domain where they underflow: values and gradients are finite for every finite input, and
/// small losses keep their digits.
///
/// # Shapes
///
/// - x: `[..., any]`; with per-channel parameters `[batch, channels, ...]`
/// - mu, sigma: `[1]` or `[channels]`
/// - targets: x's shape, probabilities in [0, 1], constants to the differentiation
/// - output: x's shape
///
/// # Panics
///
/// If the shapes of `x` and `targets` differ.
pub fn dome_binary_cross_entropy<const D: usize>(
    x: Tensor<D>,
    mu: Tensor<1>,
    sigma: Tensor<1>,
    targets: Tensor<D>,
) -> Tensor<D> {
    let (input, target) = (x.dims(), targets.dims());
    assert!(
        input == target,
        "dome_binary_cross_entropy: targets have shape {target:?}, but the input has {input:?}; \
         reshape the targets to the input's shape"
    );
    op::dome_binary_cross_entropy(x, mu, sigma, targets)
}

/// `ln p - ln(1 - p)` for `p = dome(x)`: the logit that a sigmoid would need for the same `p`.
///
/// Its sign is the predicted class. It keeps resolving where `p` rounds to 0 or 1.
///
/// # Shapes
///
/// - x: `[..., any]`; with per-channel parameters `[batch, channels, ...]`
/// - mu, sigma: `[1]` or `[channels]`
/// - output: x's
pub fn dome_log_odds<const D: usize>(x: Tensor<D>, mu: Tensor<1>, sigma: Tensor<1>) -> Tensor<D> {
    let (zeros, ones) = (x.zeros_like(), x.ones_like());
    dome_binary_cross_entropy(x.clone(), mu.clone(), sigma.clone(), zeros)
        - dome_binary_cross_entropy(x, mu, sigma, ones)
}
