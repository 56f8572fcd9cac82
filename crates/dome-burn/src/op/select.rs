//! The fused operation where the device has one, else the reference.

use burn::tensor::{DType, Tensor};

#[cfg(feature = "_fused")]
use super::fused;
use super::broadcast::{cast, compute_dtype, dequantized};
use super::class_loss::{ClassLoss, MultiDomeLossKind};
use super::multi_dome::{self, Targets};
use super::reference;
use crate::ReferencePoints;

/// Whether operations on `x` have a kernel; else they are composed of tensor operations.
#[cfg_attr(not(feature = "_fused"), allow(unused_variables))]
pub fn is_fused<const D: usize>(x: &Tensor<D>) -> bool {
    #[cfg(feature = "_fused")]
    return fused::runs_on(x);
    #[cfg(not(feature = "_fused"))]
    false
}

/// An element-wise operation, with what it takes besides x, mu and sigma.
pub(crate) enum Operation<const D: usize> {
    Dome,
    PDome { pi: Tensor<1> },
    BinaryCrossEntropy { targets: Tensor<D> },
    LogOdds,
}

/// The operation on every element of x.
pub(crate) fn elementwise<const D: usize>(
    operation: Operation<D>,
    x: Tensor<D>,
    mu: Tensor<1>,
    sigma: Tensor<1>,
) -> Tensor<D> {
    let x = dequantized(x);
    let [mu, sigma] = [mu, sigma].map(dequantized);
    let operation = match operation {
        Operation::PDome { pi } => Operation::PDome {
            pi: dequantized(pi),
        },
        Operation::BinaryCrossEntropy { targets } => Operation::BinaryCrossEntropy {
            targets: dequantized(targets),
        },
        others => others,
    };
    #[cfg(feature = "_fused")]
    if fused::runs_on(&x) {
        return fused::elementwise(operation, x, mu, sigma);
    }
    match operation {
        Operation::Dome => reference::dome(x, mu, sigma),
        Operation::PDome { pi } => reference::pdome(x, mu, sigma, pi),
        Operation::BinaryCrossEntropy { targets } => {
            reference::dome_binary_cross_entropy(x, mu, sigma, targets)
        }
        Operation::LogOdds => reference::dome_log_odds(x, mu, sigma),
    }
}

/// `kappa` in f32 or f64, as of all inputs.
pub(crate) fn multi_dome_scores(
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
    if points.is_simplex() && fused::multi_dome_runs_on(&x) {
        return fused::simplex_scores(x, mu, sigma, points.classes);
    }
    multi_dome::scores(x, mu, sigma, points.stored(), points.classes)
}

/// Numbers in the order of `kappa`, see [`multi_dome::order`].
pub(crate) fn multi_dome_order(
    x: Tensor<2>,
    mu: Tensor<1>,
    sigma: Tensor<1>,
    points: &ReferencePoints,
) -> Tensor<2> {
    let (x, mu) = (dequantized(x), dequantized(mu));
    let kappa = multi_dome_scores(x.clone(), mu.clone(), sigma, points);
    let stored = points.stored().map(Tensor::without_autodiff);
    multi_dome::order(kappa.without_autodiff(), x, mu, stored)
}

/// The loss of each sample times the weight of its class, in f32 or f64, 0 for those that are ignored. There is no fused operation for points that are no simplex, nor for the logarithms of all classes
/// that a smoothed log-likelihood needs.
pub(crate) fn multi_dome_loss(
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
        && fused::multi_dome_runs_on(&x)
    {
        let classes = targets.classes.clone();
        let losses = fused::simplex_loss(x, mu, sigma, classes, *loss);
        return targets.without_ignored(targets.weighted(losses));
    }
    let kappa = multi_dome_scores(x, mu, sigma, points);
    targets.without_ignored(multi_dome::loss(kappa, targets, loss))
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
