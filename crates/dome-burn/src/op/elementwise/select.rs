//! The fused operation where the device has one, else the composed one.

use burn::tensor::Tensor;

use super::composed;
#[cfg(feature = "_fused")]
use super::fused;
use super::operation::Operation;
use crate::op::broadcast::dequantized;
#[cfg(feature = "_fused")]
use crate::op::kernels;

/// Whether operations on `x` have a kernel; else they are composed of tensor operations.
#[cfg_attr(not(feature = "_fused"), allow(unused_variables))]
pub fn is_fused<const D: usize>(x: &Tensor<D>) -> bool {
    #[cfg(feature = "_fused")]
    return kernels::serve(x);
    #[cfg(not(feature = "_fused"))]
    false
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
    if kernels::serve(&x) {
        return fused::elementwise(operation, x, mu, sigma);
    }
    match operation {
        Operation::Dome => composed::dome(x, mu, sigma),
        Operation::PDome { pi } => composed::pdome(x, mu, sigma, pi),
        Operation::BinaryCrossEntropy { targets } => {
            composed::dome_binary_cross_entropy(x, mu, sigma, targets)
        }
        Operation::LogOdds => composed::dome_log_odds(x, mu, sigma),
    }
}
