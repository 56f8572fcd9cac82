//! The fused operations on Burn's tensors.

use burn::backend::{Dispatch, DispatchDevice};
use burn::tensor::{Device, Int, Tensor};

use super::broadcast::check_channels;
use super::extension::DomeOps;
use super::multi_dome_extension::{MultiDomeOps, SimplexLoss};

/// Whether the device has kernels for these operations.
pub(crate) fn runs_on(device: &Device) -> bool {
    match device.clone().without_autodiff().as_dispatch() {
        #[cfg(feature = "flex")]
        DispatchDevice::Flex(_) => true,
        #[cfg(feature = "ndarray")]
        DispatchDevice::NdArray(_) => true,
        #[allow(unreachable_patterns)] // with no other backend compiled in
        _ => false,
    }
}

/// Equation (2), see [`reference::dome`](super::reference::dome).
pub(crate) fn dome<const D: usize>(x: Tensor<D>, mu: Tensor<1>, sigma: Tensor<1>) -> Tensor<D> {
    check_parameters(&x, [("mu", &mu), ("sigma", &sigma)]);
    Tensor::from_dispatch(Dispatch::dome(
        x.into_dispatch(),
        mu.into_dispatch(),
        sigma.into_dispatch(),
    ))
}

/// Equation (3), see [`reference::pdome`](super::reference::pdome).
pub(crate) fn pdome<const D: usize>(
    x: Tensor<D>,
    mu: Tensor<1>,
    sigma: Tensor<1>,
    pi: Tensor<1>,
) -> Tensor<D> {
    check_parameters(&x, [("mu", &mu), ("sigma", &sigma), ("pi", &pi)]);
    Tensor::from_dispatch(Dispatch::pdome(
        x.into_dispatch(),
        mu.into_dispatch(),
        sigma.into_dispatch(),
        pi.into_dispatch(),
    ))
}

/// See [`reference::dome_binary_cross_entropy`](super::reference::dome_binary_cross_entropy).
pub(crate) fn dome_binary_cross_entropy<const D: usize>(
    x: Tensor<D>,
    mu: Tensor<1>,
    sigma: Tensor<1>,
    targets: Tensor<D>,
) -> Tensor<D> {
    check_parameters(&x, [("mu", &mu), ("sigma", &sigma)]);
    Tensor::from_dispatch(Dispatch::dome_binary_cross_entropy(
        x.into_dispatch(),
        mu.into_dispatch(),
        sigma.into_dispatch(),
        targets.without_autodiff().into_dispatch(),
    ))
}

/// See [`multi_dome::scores`](super::multi_dome::scores).
pub(crate) fn simplex_scores(
    x: Tensor<2>,
    mu: Tensor<1>,
    sigma: Tensor<1>,
    classes: usize,
) -> Tensor<2> {
    Tensor::from_dispatch(Dispatch::simplex_scores(
        x.into_dispatch(),
        mu.into_dispatch(),
        sigma.into_dispatch(),
        classes,
    ))
}

/// The loss of each sample, see [`multi_dome::loss`](super::multi_dome::loss).
pub(crate) fn simplex_loss(
    x: Tensor<2>,
    mu: Tensor<1>,
    sigma: Tensor<1>,
    targets: Tensor<1, Int>,
    loss: SimplexLoss,
) -> Tensor<1> {
    Tensor::from_dispatch(Dispatch::simplex_loss(
        x.into_dispatch(),
        mu.into_dispatch(),
        sigma.into_dispatch(),
        targets.into_dispatch(),
        loss,
    ))
}

fn check_parameters<const D: usize, const N: usize>(
    x: &Tensor<D>,
    parameters: [(&str, &Tensor<1>); N],
) {
    let input = x.dims();
    for (name, parameter) in parameters {
        check_channels(name, parameter.dims()[0], &input);
    }
}
