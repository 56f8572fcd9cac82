use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, backend_extension};

use super::formula::Formula;

/// The element-wise operations, each as one kernel forward and one backward.
///
/// The formula is a value, and each operation has the same four tensors: one without an extra is given
/// any tensor in its place, mu for example, which nobody reads. So a new formula needs no new signature.
///
/// Parameters are `[1]` or `[channels]`, checked by the caller. A backward step returns the gradients in
/// the order of the inputs. Of those whose flag in `tracked` is false it returns some tensor that nobody
/// reads: a fixed number of outputs is what Burn's fusion can record.
///
/// A backend without kernels is not listed here; [`select`](super::select) leaves it to the composed operations.
#[backend_extension(
    Flex: cfg(feature = "flex"),
    NdArray: cfg(feature = "ndarray"),
    Cube: cfg(feature = "_cube"),
    Fusion: cfg(feature = "_cube"),
    Autodiff
)]
pub trait ElementwiseOps: Backend {
    /// The formula of every element, of x's shape.
    #[fusion(dtype = x, shape = x)]
    fn dome_elementwise(
        x: FloatTensor<Self>,
        mu: FloatTensor<Self>,
        sigma: FloatTensor<Self>,
        extra: FloatTensor<Self>,
        formula: Formula,
    ) -> FloatTensor<Self>;

    /// The gradients of the four tensors; that of targets is not computed.
    #[fusion(meta = |x, mu, sigma, extra, _grad, _formula, _tracked| {
        (x.clone(), mu.clone(), sigma.clone(), extra.clone())
    })]
    fn dome_elementwise_backward(
        x: FloatTensor<Self>,
        mu: FloatTensor<Self>,
        sigma: FloatTensor<Self>,
        extra: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        formula: Formula,
        tracked: [bool; 4],
    ) -> (
        FloatTensor<Self>,
        FloatTensor<Self>,
        FloatTensor<Self>,
        FloatTensor<Self>,
    );
}
