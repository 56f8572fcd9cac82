#[cfg(feature = "_cube")]
use burn::backend::fusion::custom::TensorSpec;
use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Backend, backend_extension};
#[cfg(feature = "_cube")]
use burn::tensor::Shape;

use super::class_loss::ClassLoss;

/// The scores of MultiDome on the simplex, and its losses, as one operation each, forward and
/// backward, whose only intermediate is one row of numbers for each thread.
///
/// The formulas are those of [`composed`](super::composed). All float tensors have one type, f32 or
/// f64. Of a gradient whose flag in `tracked` is false a step returns some tensor that nobody reads: a
/// fixed number of outputs is what Burn's fusion can record.
///
/// A likelihood is not smoothed. A target that is no class is an error on the CPU. On a GPU, where nobody waits for the targets, its
/// row's loss and gradients are NaN.
#[backend_extension(
    Flex: cfg(feature = "flex"),
    NdArray: cfg(feature = "ndarray"),
    Cube: cfg(feature = "_cube"),
    Fusion: cfg(feature = "_cube"),
    Autodiff
)]
pub trait MultiDomeOps: Backend {
    /// `kappa`, `[batch, classes]`.
    #[fusion(dtype = x, shape = Shape::new([x[0], *classes]))]
    fn simplex_scores(
        x: FloatTensor<Self>,
        mu: FloatTensor<Self>,
        sigma: FloatTensor<Self>,
        classes: usize,
    ) -> FloatTensor<Self>;

    /// Gradients of `x`, `mu` and `sigma`.
    #[fusion(meta = |x, mu, sigma, _grad, _classes, _tracked| {
        (x.clone(), mu.clone(), sigma.clone())
    })]
    fn simplex_scores_backward(
        x: FloatTensor<Self>,
        mu: FloatTensor<Self>,
        sigma: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        classes: usize,
        tracked: [bool; 3],
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);

    /// The loss of each row of `x`, `[batch]`.
    #[fusion(dtype = x, shape = Shape::new([x[0]]))]
    fn simplex_loss(
        x: FloatTensor<Self>,
        mu: FloatTensor<Self>,
        sigma: FloatTensor<Self>,
        targets: IntTensor<Self>,
        loss: ClassLoss,
    ) -> FloatTensor<Self>;

    /// The loss of each row, its gradient by the row of `x`, and by mu and sigma, `[batch]` each.
    ///
    /// All that the backward step needs comes from the sums that the loss is made of: to compute it
    /// now costs half of what computing it from the inputs later would, and takes the memory that the
    /// gradient of `x` takes anyway.
    #[fusion(meta = |x, _mu, _sigma, _targets, _loss, _tracked| {
        let rows = TensorSpec::new(Shape::new([x.shape[0]]), x.dtype);
        (rows.clone(), x.clone(), rows.clone(), rows)
    })]
    fn simplex_loss_with_gradients(
        x: FloatTensor<Self>,
        mu: FloatTensor<Self>,
        sigma: FloatTensor<Self>,
        targets: IntTensor<Self>,
        loss: ClassLoss,
        tracked: [bool; 3],
    ) -> (
        FloatTensor<Self>,
        FloatTensor<Self>,
        FloatTensor<Self>,
        FloatTensor<Self>,
    );

    /// The gradients of `x`, `mu` and `sigma`, from those of each row's loss and the gradient of the
    /// losses, `[batch]`.
    #[fusion(meta = |dx, _dmu, _dsigma, _grad, _tracked| {
        let one = TensorSpec::new(Shape::new([1]), dx.dtype);
        (dx.clone(), one.clone(), one)
    })]
    fn simplex_loss_backward(
        dx: FloatTensor<Self>,
        dmu: FloatTensor<Self>,
        dsigma: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        tracked: [bool; 3],
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);
}
