use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, backend_extension};

/// What an element-wise operation computes of x, mu, sigma and one more number for each element, its
/// `extra`; the formulas and the conventions (floor of sigma, NaN, infinities) are those of
/// [`reference`](mod@super::reference).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Formula {
    /// Equation (2): `(1 + a - b)/2`. No extra.
    Dome,
    /// Equation (3): `a - pi b`. Extra: pi, a parameter.
    PDome,
    /// `-t ln p - (1 - t) ln(1 - p)` for `p = Dome(x)`. Extra: the targets t, of x's shape, constants.
    BinaryCrossEntropy,
    /// `ln p - ln(1 - p)` for `p = Dome(x)`. No extra.
    LogOdds,
}

/// The element-wise operations, each as one kernel forward and one backward.
///
/// The formula is a value, and each operation has the same four tensors: one without an extra is given
/// any tensor in its place, mu for example, which nobody reads. So a new formula needs no new signature.
///
/// Parameters are `[1]` or `[channels]`, checked by the caller. A backward step returns the gradients in
/// the order of the inputs. Of those whose flag in `tracked` is false it returns some tensor that nobody
/// reads: a fixed number of outputs is what Burn's fusion can record.
///
/// A backend without kernels is not listed here; [`select`](super::select) leaves it to the
/// reference.
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
