use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Backend, backend_extension};

use super::multi_dome::Score;

/// The losses of MultiDome on the simplex as one operation, forward and backward, whose only
/// intermediate is one row of numbers for each thread.
///
/// The formulas are those of [`multi_dome`](super::multi_dome).
#[backend_extension(
    Flex: cfg(feature = "flex"),
    NdArray: cfg(feature = "ndarray"),
    Autodiff
)]
pub trait MultiDomeOps: Backend {
    /// The loss of each row of `x`, `[batch]`, in f32 where x has half precision.
    fn simplex_loss(
        x: FloatTensor<Self>,
        mu: FloatTensor<Self>,
        sigma: FloatTensor<Self>,
        targets: IntTensor<Self>,
        loss: SimplexLoss,
    ) -> FloatTensor<Self>;

    /// Gradients of `x`, `mu` and `sigma`; an empty tensor for one whose flag in `tracked` is false.
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
