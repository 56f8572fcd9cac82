//! The fused operation where the device has one, else the reference.

use burn::tensor::Tensor;

#[cfg(feature = "_fused")]
use super::fused;
use super::multi_dome::{self, Score, Targets};
#[cfg(feature = "_fused")]
use super::multi_dome_extension::SimplexLoss;
use super::reference;
use crate::ReferencePoints;

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
    #[cfg(feature = "_fused")]
    if points.points.is_none() && fused::multi_dome_runs_on(&x) {
        return fused::simplex_scores(x, mu, sigma, points.classes);
    }
    let matrix = points.points.as_ref().map(|points| points.val());
    multi_dome::scores(x, mu, sigma, matrix, points.classes)
}

/// The loss of each sample times the weight of its class and `scale`, in f32 or f64. There is no fused
/// operation for points that are no simplex, nor for the logarithms of all classes that a smoothed
/// log-likelihood needs.
pub(crate) fn multi_dome_loss(
    x: Tensor<2>,
    mu: Tensor<1>,
    sigma: Tensor<1>,
    points: &ReferencePoints,
    targets: &Targets,
    score: Score,
    scale: f64,
) -> Tensor<1> {
    #[cfg(feature = "_fused")]
    if points.points.is_none()
        && (score == Score::Brier || targets.smoothing == 0.0)
        && fused::multi_dome_runs_on(&x)
    {
        let loss = SimplexLoss {
            classes: points.classes,
            score,
            smoothing: targets.smoothing,
            scale,
        };
        let classes = targets.classes.clone();
        return targets.weighted(fused::simplex_loss(x, mu, sigma, classes, loss));
    }
    multi_dome::loss(multi_dome_scores(x, mu, sigma, points), targets, score) * scale
}
