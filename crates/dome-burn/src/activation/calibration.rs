use burn::module::Param;
use burn::tensor::Tensor;

use crate::op::cast;

/// mu and sigma, multiplied by `room * scale / mu` where `scale` is above mu.
///
/// On the device, so that nobody waits for the number. NaN leaves the parameters as they are.
pub(super) fn raised(
    [mu, sigma]: [Param<Tensor<1>>; 2],
    scale: Tensor<1>,
    room: f64,
) -> [Param<Tensor<1>>; 2] {
    let mean = mu.val().without_autodiff().abs().mean();
    let factor = cast(scale.without_autodiff(), mean.dtype()) / mean;
    let unusable = factor.clone().greater_elem(1.0).bool_not();
    let unusable = unusable.bool_or(factor.clone().is_inf());
    let factor = (factor * room).mask_fill(unusable, 1.0);
    [mu, sigma].map(|parameter| {
        let learned = parameter.is_require_grad();
        // Operation first, detach after: the result is a leaf again.
        parameter.map(|value| (value * factor.clone()).detach().set_require_grad(learned))
    })
}
