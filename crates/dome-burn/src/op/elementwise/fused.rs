//! The fused operations on Burn's tensors.

use burn::backend::Dispatch;
use burn::tensor::Tensor;

use super::backend::ElementwiseOps;
use super::formula::Formula;
use super::operation::Operation;
use crate::op::broadcast::check_channels;

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

fn check_parameters<const D: usize, const N: usize>(
    x: &Tensor<D>,
    parameters: [(&str, &Tensor<1>); N],
) {
    let input = x.dims();
    for (name, parameter) in parameters {
        check_channels(name, parameter.dims()[0], &input);
    }
}
