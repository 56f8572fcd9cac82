use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Backend, backend_extension};

use super::multi_dome::SimplexLoss;

/// MultiDome's losses on the simplex as one operation each, forward and backward, without an
/// intermediate of the size of batch times classes.
///
/// The formulas are those of [`multi_dome`](super::multi_dome). A backward step returns the
/// gradients of `x`, `mu` and `sigma`; of those whose flag in `tracked` is false an empty tensor.
#[backend_extension(
    Flex: cfg(feature = "flex"),
    NdArray: cfg(feature = "ndarray"),
    Autodiff
)]
pub trait MultiDomeOps: Backend {
    /// The loss of each sample, `[batch]`.
    fn simplex_loss(
        x: FloatTensor<Self>,
        mu: FloatTensor<Self>,
        sigma: FloatTensor<Self>,
        targets: IntTensor<Self>,
        classes: usize,
        loss: SimplexLoss,
    ) -> FloatTensor<Self>;

    /// Gradients of `x`, `mu` and `sigma`.
    fn simplex_loss_backward(
        x: FloatTensor<Self>,
        mu: FloatTensor<Self>,
        sigma: FloatTensor<Self>,
        targets: IntTensor<Self>,
        grad: FloatTensor<Self>,
        classes: usize,
        loss: SimplexLoss,
        tracked: [bool; 3],
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);
}
