//! The fused operation where the device has one, else the reference.

use burn::tensor::Tensor;

#[cfg(feature = "_cpu")]
use super::fused;
use super::reference;

pub(crate) fn dome<const D: usize>(x: Tensor<D>, mu: Tensor<1>, sigma: Tensor<1>) -> Tensor<D> {
    #[cfg(feature = "_cpu")]
    if fused::runs_on(&x.device()) {
        return fused::dome(x, mu, sigma);
    }
    reference::dome(x, mu, sigma)
}

pub(crate) fn pdome<const D: usize>(
    x: Tensor<D>,
    mu: Tensor<1>,
    sigma: Tensor<1>,
    pi: Tensor<1>,
) -> Tensor<D> {
    #[cfg(feature = "_cpu")]
    if fused::runs_on(&x.device()) {
        return fused::pdome(x, mu, sigma, pi);
    }
    reference::pdome(x, mu, sigma, pi)
}

pub(crate) fn dome_binary_cross_entropy<const D: usize>(
    x: Tensor<D>,
    mu: Tensor<1>,
    sigma: Tensor<1>,
    targets: Tensor<D>,
) -> Tensor<D> {
    #[cfg(feature = "_cpu")]
    if fused::runs_on(&x.device()) {
        return fused::dome_binary_cross_entropy(x, mu, sigma, targets);
    }
    reference::dome_binary_cross_entropy(x, mu, sigma, targets)
}
