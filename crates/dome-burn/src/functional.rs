//! DOME as plain functions on tensors.
//!
//! Parameters are rank-1 tensors of one value, or of one value per channel (dimension 1 of the
//! input), as in Burn's `prelu`; those of MultiDome are one value. Every function is differentiable in
//! its input and parameters, runs on any device, computes half precision in f32, returns the input's
//! type, and maps NaN to NaN. Quantised inputs and parameters are taken as the numbers that they stand for.
//! `sigma` acts as `max(|sigma|, SIGMA_FLOOR)`, see [`SIGMA_FLOOR`](crate::SIGMA_FLOOR).
//!
//! # Panics
//!
//! All of them, if a parameter has C > 1 values and dimension 1 of the input is not of size C.

use burn::tensor::{Int, Tensor};

use crate::ReferencePoints;
use crate::op::elementwise::{Operation, elementwise};
use crate::op::simplex::{self, composed};
use crate::op::{cast, dequantized};

/// `(1 + exp(-((x - mu)/sigma)^2) - exp(-((x + mu)/sigma)^2)) / 2`, equation (2) of
/// [arXiv 2109.14798](https://arxiv.org/abs/2109.14798).
///
/// # Shapes
///
/// - x: `[..., any]`; with per-channel parameters `[batch, channels, ...]`
/// - mu, sigma: `[1]` or `[channels]`
/// - output: x's, in (0, 1)
pub fn dome<const D: usize>(x: Tensor<D>, mu: Tensor<1>, sigma: Tensor<1>) -> Tensor<D> {
    elementwise(Operation::Dome, x, mu, sigma)
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
    elementwise(Operation::PDome { pi }, x, mu, sigma)
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
/// - targets: x's shape, probabilities in [0, 1], constants to the differentiation; others give NaN
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
    elementwise(Operation::BinaryCrossEntropy { targets }, x, mu, sigma)
}

/// `ln p - ln(1 - p)` for `p = dome(x)`: the logit that a sigmoid would need for the same `p`.
///
/// Its sign is that of `mu x`, the predicted class, and it keeps its digits wherever x lies: where `p`
/// rounds to 0 or 1, and far away from both modes, where `p` rounds to 1/2. Beyond about 9 sigmas from a
/// mode in f32 (27 in f64, 3 in f16) it underflows to 0 with that sign. On a mode it is about
/// `(2 mu/sigma)^2 + ln 2`, limited to the largest number of the type.
///
/// With `w = (|x| - |mu|)/sigma`, `u = (|x| + |mu|)/sigma`, it is `sign(mu x) ln(1 + 2 d/D)` where
/// `d = exp(-w^2) (1 - exp(-4 |mu x|/sigma^2))` and `D = exp(-u^2) + 1 - exp(-w^2)`. (`2 artanh(a - b)` is the
/// same number, but loses its digits near the modes, and a difference of two losses far from them.)
///
/// # Shapes
///
/// - x: `[..., any]`; with per-channel parameters `[batch, channels, ...]`
/// - mu, sigma: `[1]` or `[channels]`
/// - output: x's
pub fn dome_log_odds<const D: usize>(x: Tensor<D>, mu: Tensor<1>, sigma: Tensor<1>) -> Tensor<D> {
    elementwise(Operation::LogOdds, x, mu, sigma)
}

/// The probabilities of MultiDome, equations (12) and (13) of
/// [arXiv 2109.14798](https://arxiv.org/abs/2109.14798), for modes at `mu e_i`; see
/// [`MultiDome`](crate::MultiDome).
///
/// # Shapes
///
/// - x: `[..., embedding_dim]`
/// - mu, sigma: `[1]`
/// - output: `[..., classes]`, in [0, 1], of sum 1
///
/// # Panics
///
/// If the last dimension of `x` is not that of the points, or a parameter has several values.
pub fn multi_dome<const D: usize>(
    x: Tensor<D>,
    mu: Tensor<1>,
    sigma: Tensor<1>,
    points: &ReferencePoints,
) -> Tensor<D> {
    batched(x, mu, sigma, points, composed::probabilities)
}

/// `D_i = a_i + (1 - sum_j a_j)/n` with `a_i = exp(-||x - mu e_i||^2/sigma^2)`, equation (8) of
/// [arXiv 2109.14798](https://arxiv.org/abs/2109.14798).
///
/// # Shapes
///
/// - x: `[..., embedding_dim]`
/// - mu, sigma: `[1]`
/// - output: `[..., classes]`, of sum 1
///
/// # Panics
///
/// If the last dimension of `x` is not that of the points, or a parameter has several values.
pub fn multi_dome_raw<const D: usize>(
    x: Tensor<D>,
    mu: Tensor<1>,
    sigma: Tensor<1>,
    points: &ReferencePoints,
) -> Tensor<D> {
    batched(x, mu, sigma, points, composed::raw)
}

/// The logarithms of the bumps, `kappa_i = -||x - mu e_i||^2/sigma^2`.
///
/// Exact near the modes, where nothing cancels; for more than 16,384 coordinates of points of one's own to the
/// rounding of their squared distances from their centre. Distances count up to 1e15 sigma (1e140 in f64).
///
/// They are returned in the type of x: in f16 those below -65504, of vectors more than 256 sigma away, are -inf,
/// and near ones become equal. [`multi_dome_predict`] tells the classes apart; cast x to f32 for scores in f32.
///
/// # Shapes
///
/// - x: `[..., embedding_dim]`
/// - mu, sigma: `[1]`
/// - output: `[..., classes]`, at most 0
///
/// # Panics
///
/// If the last dimension of `x` is not that of the points, or a parameter has several values.
pub fn multi_dome_scores<const D: usize>(
    x: Tensor<D>,
    mu: Tensor<1>,
    sigma: Tensor<1>,
    points: &ReferencePoints,
) -> Tensor<D> {
    batched(x, mu, sigma, points, |kappa| kappa)
}

/// The class whose mode is nearest, see [`MultiDome::predict`](crate::MultiDome::predict).
///
/// # Shapes
///
/// - x: `[batch, embedding_dim]`
/// - mu, sigma: `[1]`
/// - output: `[batch]`
///
/// # Panics
///
/// If the last dimension of `x` is not that of the points, or a parameter has several values.
pub fn multi_dome_predict(
    x: Tensor<2>,
    mu: Tensor<1>,
    sigma: Tensor<1>,
    points: &ReferencePoints,
) -> Tensor<1, Int> {
    let [batch, _] = x.dims();
    check_multi_dome(&x, &mu, &sigma, points);
    if batch == 0 {
        return Tensor::zeros([0], &x.device().without_autodiff());
    }
    let [mu, sigma] = [mu, sigma].map(Tensor::without_autodiff);
    simplex::order(x.without_autodiff(), mu, sigma, points)
        .argmax(1)
        .squeeze_dim(1)
}

/// A function of the scores of all vectors along the last dimension.
fn batched<const D: usize>(
    x: Tensor<D>,
    mu: Tensor<1>,
    sigma: Tensor<1>,
    points: &ReferencePoints,
    function: impl Fn(Tensor<2>) -> Tensor<2>,
) -> Tensor<D> {
    let x = dequantized(x);
    let mut shape = x.dims();
    let output = x.dtype();
    let dim = shape[D - 1];
    let rows = shape[..D - 1].iter().product::<usize>();
    shape[D - 1] = points.classes;
    let vectors = x.reshape([rows, dim]);
    check_multi_dome(&vectors, &mu, &sigma, points);
    let kappa = simplex::scores(vectors, mu, sigma, points);
    // There is no smallest of nothing.
    let results = if rows == 0 { kappa } else { function(kappa) };
    cast(results, output).reshape(shape)
}

/// Checks an embedding and parameters of MultiDome against its points.
///
/// # Panics
///
/// If they do not fit.
pub(crate) fn check_multi_dome(
    x: &Tensor<2>,
    mu: &Tensor<1>,
    sigma: &Tensor<1>,
    points: &ReferencePoints,
) {
    let [_, dim] = x.dims();
    assert!(
        dim == points.embedding_dim,
        "MultiDome: the last dimension of the embedding has size {dim}, but the reference points of \
         {} classes have {} coordinates; set MultiDomeConfig's embedding_dim, or put a linear \
         projection in front (MultiDomeHead does)",
        points.classes,
        points.embedding_dim
    );
    for (name, parameter) in [("mu", mu), ("sigma", sigma)] {
        let [count] = parameter.dims();
        assert!(
            count == 1,
            "MultiDome: {name} has {count} values, but the classes share one; give it the shape [1]"
        );
    }
}
