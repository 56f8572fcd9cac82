//! The fused operation where the device has one, else the composed one.

use burn::tensor::{DType, Tensor};

use super::class_loss::ClassLoss;
#[cfg(feature = "_fused")]
use super::class_loss::MultiDomeLossKind;
use super::composed::{self, Targets};
#[cfg(feature = "_fused")]
use super::fused;
use crate::ReferencePoints;
use crate::op::broadcast::{cast, compute_dtype, dequantized};

/// `kappa` in f32 or f64, as of all inputs.
pub(crate) fn scores(
    x: Tensor<2>,
    mu: Tensor<1>,
    sigma: Tensor<1>,
    points: &ReferencePoints,
) -> Tensor<2> {
    let x = dequantized(x);
    let [mu, sigma] = [mu, sigma].map(dequantized);
    if x.dims()[0] == 0 {
        return nothing(&x, mu, sigma, [0, points.classes]);
    }
    #[cfg(feature = "_fused")]
    if points.is_simplex() && fused::serves(&x) {
        return fused::simplex_scores(x, mu, sigma, points.classes);
    }
    composed::scores(x, mu, sigma, points.stored(), points.classes)
}

/// Numbers in the order of `kappa`, see [`composed::order`].
pub(crate) fn order(
    x: Tensor<2>,
    mu: Tensor<1>,
    sigma: Tensor<1>,
    points: &ReferencePoints,
) -> Tensor<2> {
    let (x, mu) = (dequantized(x), dequantized(mu));
    let kappa = scores(x.clone(), mu.clone(), sigma, points);
    let stored = points.stored().map(Tensor::without_autodiff);
    composed::order(kappa.without_autodiff(), x, mu, stored)
}

/// The loss of each sample times the weight of its class, in f32 or f64, 0 for those that are ignored.
///
/// There is no fused operation for points that are no simplex, nor for the logarithms of all classes that a
/// smoothed log-likelihood needs.
pub(crate) fn loss_of_classes(
    x: Tensor<2>,
    mu: Tensor<1>,
    sigma: Tensor<1>,
    points: &ReferencePoints,
    targets: &Targets,
    loss: &ClassLoss,
) -> Tensor<1> {
    let x = dequantized(x);
    let [mu, sigma] = [mu, sigma].map(dequantized);
    if x.dims()[0] == 0 {
        return nothing(&x, mu, sigma, [0]);
    }
    #[cfg(feature = "_fused")]
    if points.is_simplex()
        && (loss.kind == MultiDomeLossKind::Brier || loss.smoothing == 0.0)
        && fused::serves(&x)
    {
        let classes = targets.classes.clone();
        let losses = fused::simplex_loss(x, mu, sigma, classes, *loss);
        return targets.without_ignored(targets.weighted(losses));
    }
    let kappa = scores(x, mu, sigma, points);
    targets.without_ignored(composed::loss(kappa, targets, loss))
}

/// The scores or losses of an empty batch, which most operations of Burn refuse. Their gradients by mu and sigma
/// are 0.
fn nothing<const D: usize>(
    x: &Tensor<2>,
    mu: Tensor<1>,
    sigma: Tensor<1>,
    shape: [usize; D],
) -> Tensor<D> {
    let dtype = compute_dtype(x.dtype());
    let device = x.device().without_autodiff();
    let [mu, sigma] = [mu, sigma].map(|parameter| cast(parameter, dtype).reshape([1; D]));
    Tensor::zeros(shape, (&device, DType::from(dtype))) * (mu + sigma)
}
