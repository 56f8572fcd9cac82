use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Backend, backend_extension};

use super::multi_dome::Score;

/// The scores of MultiDome on the simplex, and its losses, as one operation each, forward and
/// backward, whose only intermediate is one row of numbers for each thread.
///
/// The formulas are those of [`multi_dome`](super::multi_dome). All float tensors have one type, f32 or
/// f64. Of a gradient whose flag in `tracked` is false a step returns an empty tensor.
#[backend_extension(
    Flex: cfg(feature = "flex"),
    NdArray: cfg(feature = "ndarray"),
    Autodiff
)]
pub trait MultiDomeOps: Backend {
    /// `kappa`, `[batch, classes]`.
    fn simplex_scores(
        x: FloatTensor<Self>,
        mu: FloatTensor<Self>,
        sigma: FloatTensor<Self>,
        classes: usize,
    ) -> FloatTensor<Self>;

    /// Gradients of `x`, `mu` and `sigma`.
    fn simplex_scores_backward(
        x: FloatTensor<Self>,
        mu: FloatTensor<Self>,
        sigma: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        classes: usize,
        tracked: [bool; 3],
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);

    /// The loss of each row of `x`, `[batch]`.
    fn simplex_loss(
        x: FloatTensor<Self>,
        mu: FloatTensor<Self>,
        sigma: FloatTensor<Self>,
        targets: IntTensor<Self>,
        loss: SimplexLoss,
    ) -> FloatTensor<Self>;

    /// The loss of each row, its gradient by the row of `x`, and by mu and sigma, `[batch]` each.
    ///
    /// All that the backward step needs comes from the sums that the loss is made of: to compute it
    /// now costs half of what computing it from the inputs later would, and takes the memory that the
    /// gradient of `x` takes anyway.
    fn simplex_loss_with_gradients(
        x: FloatTensor<Self>,
        mu: FloatTensor<Self>,
        sigma: FloatTensor<Self>,
        targets: IntTensor<Self>,
        loss: SimplexLoss,
        tracked: [bool; 3],
    ) -> (
        FloatTensor<Self>,
        FloatTensor<Self>,
        FloatTensor<Self>,
        FloatTensor<Self>,
    );

    /// The gradients of `x`, `mu` and `sigma`, from those of each row's loss and the gradient of the
    /// losses, `[batch]`.
    fn simplex_loss_backward(
        dx: FloatTensor<Self>,
        dmu: FloatTensor<Self>,
        dsigma: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        tracked: [bool; 3],
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);
}

/// A loss of class indices, smoothed only for [`Score::Brier`].
#[derive(Debug, Clone, Copy)]
pub struct SimplexLoss {
    pub classes: usize,
    pub score: Score,
    pub smoothing: f64,
    /// A factor of all losses: that of their mean, so that their gradients need no second pass.
    pub scale: f64,
}
