//! The fused operations on Burn's tensors.

use burn::backend::Dispatch;
use burn::tensor::{Int, Tensor};

use super::backend::MultiDomeOps;
use super::class_loss::ClassLoss;
use crate::op::broadcast::{cast, compute_dtype};
use crate::op::kernels::serve_elements;

/// Whether there are kernels of MultiDome for `x` on its device.
pub(crate) fn serves(x: &Tensor<2>) -> bool {
    let [batch, dim] = x.dims();
    // There is one class more than coordinates.
    serve_elements(x, batch * (dim + 1))
}

/// See [`composed::scores`](super::composed::scores).
pub(crate) fn simplex_scores(
    x: Tensor<2>,
    mu: Tensor<1>,
    sigma: Tensor<1>,
    classes: usize,
) -> Tensor<2> {
    let (x, mu, sigma) = in_one_type(x, mu, sigma);
    Tensor::from_dispatch(Dispatch::simplex_scores(
        x.into_dispatch(),
        mu.into_dispatch(),
        sigma.into_dispatch(),
        classes,
    ))
}

/// The loss of each sample, see [`composed::loss`](super::composed::loss).
pub(crate) fn simplex_loss(
    x: Tensor<2>,
    mu: Tensor<1>,
    sigma: Tensor<1>,
    targets: Tensor<1, Int>,
    loss: ClassLoss,
) -> Tensor<1> {
    let (x, mu, sigma) = in_one_type(x, mu, sigma);
    Tensor::from_dispatch(Dispatch::simplex_loss(
        x.into_dispatch(),
        mu.into_dispatch(),
        sigma.into_dispatch(),
        targets.into_dispatch(),
        loss,
    ))
}

/// The type that x is computed in.
fn in_one_type(x: Tensor<2>, mu: Tensor<1>, sigma: Tensor<1>) -> (Tensor<2>, Tensor<1>, Tensor<1>) {
    let dtype = compute_dtype(x.dtype());
    (cast(x, dtype), cast(mu, dtype), cast(sigma, dtype))
}
