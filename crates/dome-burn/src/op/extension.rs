use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, backend_extension};

/// DOME, PDOME and the binary cross-entropy of DOME as one operation each, forward and backward.
///
/// The formulas and the conventions (floor of sigma, NaN, infinities) are those of
/// [`reference`](mod@super::reference); parameters are `[1]` or `[channels]`, checked by the caller. A
/// backward step returns the gradients of the inputs in their order. Of those whose flag in
/// `tracked` is false it returns some tensor that nobody reads: a fixed number of outputs is what
/// Burn's fusion can record.
///
/// A backend without kernels is not listed here; [`select`](super::select) leaves it to the
/// reference.
#[backend_extension(
    Flex: cfg(feature = "flex"),
    NdArray: cfg(feature = "ndarray"),
    Cube: cfg(feature = "wgpu"),
    Fusion: cfg(feature = "wgpu"),
    Autodiff
)]
pub trait DomeOps: Backend {
    /// `(1 + a - b)/2`.
    #[fusion(dtype = x, shape = x)]
    fn dome(
        x: FloatTensor<Self>,
        mu: FloatTensor<Self>,
        sigma: FloatTensor<Self>,
    ) -> FloatTensor<Self>;

    /// Gradients of `x`, `mu` and `sigma`.
    #[fusion(meta = |x, mu, sigma, _grad, _tracked| (x.clone(), mu.clone(), sigma.clone()))]
    fn dome_backward(
        x: FloatTensor<Self>,
        mu: FloatTensor<Self>,
        sigma: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        tracked: [bool; 3],
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);

    /// `a - pi b`.
    #[fusion(dtype = x, shape = x)]
    fn pdome(
        x: FloatTensor<Self>,
        mu: FloatTensor<Self>,
        sigma: FloatTensor<Self>,
        pi: FloatTensor<Self>,
    ) -> FloatTensor<Self>;

    /// Gradients of `x`, `mu`, `sigma` and `pi`.
    #[fusion(meta = |x, mu, sigma, pi, _grad, _tracked| {
        (x.clone(), mu.clone(), sigma.clone(), pi.clone())
    })]
    fn pdome_backward(
        x: FloatTensor<Self>,
        mu: FloatTensor<Self>,
        sigma: FloatTensor<Self>,
        pi: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        tracked: [bool; 4],
    ) -> (
        FloatTensor<Self>,
        FloatTensor<Self>,
        FloatTensor<Self>,
        FloatTensor<Self>,
    );

    /// `-t ln p - (1 - t) ln(1 - p)` for `p = dome(x)`.
    #[fusion(dtype = x, shape = x)]
    fn dome_binary_cross_entropy(
        x: FloatTensor<Self>,
        mu: FloatTensor<Self>,
        sigma: FloatTensor<Self>,
        targets: FloatTensor<Self>,
    ) -> FloatTensor<Self>;

    /// Gradients of `x`, `mu` and `sigma`.
    #[fusion(meta = |x, mu, sigma, _targets, _grad, _tracked| {
        (x.clone(), mu.clone(), sigma.clone())
    })]
    fn dome_binary_cross_entropy_backward(
        x: FloatTensor<Self>,
        mu: FloatTensor<Self>,
        sigma: FloatTensor<Self>,
        targets: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        tracked: [bool; 3],
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);
}
