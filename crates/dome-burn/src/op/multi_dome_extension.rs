use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Backend, backend_extension};

use super::multi_dome::Score;

/// The scores of MultiDome on the simplex, and its losses, as one operation each, forward and
/// backward, whose only intermediate is one row of numbers for each thread.
///
/// The formulas are those of [`multi_dome`](super::multi_dome). Results are f32 where x has half
/// precision. A backward step returns the gradients of `x`, `mu` and `sigma`; of one whose flag in
/// `tracked` is false an empty tensor.
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

    fn simplex_loss_backward(
        x: FloatTensor<Self>,
        mu: FloatTensor<Self>,
        sigma: FloatTensor<Self>,
        targets: IntTensor<Self>,
        grad: FloatTensor<Self>,
        loss: SimplexLoss,
        tracked: [bool; 3],
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);
}

/// A loss of class indices, smoothed only for [`Score::Brier`].
#[derive(Debug, Clone, Copy)]
pub struct SimplexLoss {
    pub classes: usize,
    pub score: Score,
    pub smoothing: f64,
}
