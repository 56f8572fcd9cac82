//! The fused operations on Burn's tensors.

use burn::backend::{Dispatch, DispatchDevice};
#[cfg(feature = "_cube")]
use burn::tensor::DType;
use burn::tensor::{Int, Tensor};

use super::broadcast::{cast, check_channels, compute_dtype};
use super::extension::{ElementwiseOps, Formula};
use super::select::Operation;
use super::class_loss::ClassLoss;
use super::multi_dome_extension::MultiDomeOps;

/// Whether there is a kernel for `x` on its device.
pub(crate) fn runs_on<const D: usize>(x: &Tensor<D>) -> bool {
    has_kernels(x, x.shape().num_elements())
}

/// Whether there are kernels of MultiDome for `x` on its device.
pub(crate) fn multi_dome_runs_on(x: &Tensor<2>) -> bool {
    let [batch, dim] = x.dims();
    // There is one class more than coordinates.
    has_kernels(x, batch * (dim + 1))
}

/// Whether the device of `x` has kernels for its type and so many elements.
#[cfg_attr(not(feature = "_cube"), allow(unused_variables))]
fn has_kernels<const D: usize>(x: &Tensor<D>, elements: usize) -> bool {
    match x.device().without_autodiff().as_dispatch() {
        // The kernels compute in f32, and count elements in 32 bits.
        #[cfg(feature = "_cube")]
        DispatchDevice::Cube(_) => x.dtype() != DType::F64 && u32::try_from(elements).is_ok(),
        #[cfg(feature = "flex")]
        DispatchDevice::Flex(_) => true,
        #[cfg(feature = "ndarray")]
        DispatchDevice::NdArray(_) => true,
        #[allow(unreachable_patterns)] // with no other backend compiled in
        _ => false,
    }
}

/// The operation on every element of x.
pub(crate) fn elementwise<const D: usize>(
    operation: Operation<D>,
    x: Tensor<D>,
    mu: Tensor<1>,
    sigma: Tensor<1>,
) -> Tensor<D> {
    check_parameters(&x, [("mu", &mu), ("sigma", &sigma)]);
    // Nobody reads it.
    let none = || mu.clone().without_autodiff().into_dispatch();
    let (formula, extra) = match operation {
        Operation::Dome => (Formula::Dome, none()),
        Operation::LogOdds => (Formula::LogOdds, none()),
        Operation::PDome { pi } => {
            check_parameters(&x, [("pi", &pi)]);
            (Formula::PDome, pi.into_dispatch())
        }
        Operation::BinaryCrossEntropy { targets } => (
            Formula::BinaryCrossEntropy,
            targets.without_autodiff().into_dispatch(),
        ),
    };
    Tensor::from_dispatch(Dispatch::dome_elementwise(
        x.into_dispatch(),
        mu.into_dispatch(),
        sigma.into_dispatch(),
        extra,
        formula,
    ))
}

/// See [`multi_dome::scores`](super::multi_dome::scores).
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

/// The loss of each sample, see [`multi_dome::loss`](super::multi_dome::loss).
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

fn check_parameters<const D: usize, const N: usize>(
    x: &Tensor<D>,
    parameters: [(&str, &Tensor<1>); N],
) {
    let input = x.dims();
    for (name, parameter) in parameters {
        check_channels(name, parameter.dims()[0], &input);
    }
}
