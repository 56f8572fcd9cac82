//! Lengths, directions and distances of the rows of matrices, with gradients everywhere.

use burn::tensor::{Int, Tensor};

/// Squared, it is added to each squared length: the direction of 0 is 0 then, where it would be NaN, and the
/// gradient of a length stays finite. Half a percent of lengths of 1e-6, nothing of those in use.
const LEAST_LENGTH: f64 = 1e-7;

/// `sqrt(|v|^2 + 1e-14)` of the vectors along dimension `dim`, whose size becomes 1.
pub(super) fn lengths(vectors: Tensor<2>, dim: usize) -> Tensor<2> {
    (vectors.square().sum_dim(dim) + LEAST_LENGTH * LEAST_LENGTH).sqrt()
}

/// The vectors along dimension `dim`, at length 1.
pub(super) fn directions(vectors: Tensor<2>, dim: usize) -> Tensor<2> {
    let lengths = lengths(vectors.clone(), dim);
    vectors / lengths
}

/// `x_i - c_j`, from whose squares nothing cancels, however far all is from 0.
///
/// # Shapes
///
/// - x: `[batch, dim]`
/// - points: `[classes, dim]`
/// - output: `[batch, classes, dim]`
pub(super) fn differences(x: Tensor<2>, points: Tensor<2>) -> Tensor<3> {
    x.unsqueeze_dim::<3>(1) - points.unsqueeze_dim::<3>(0)
}

/// `|x_i - c_j|^2`.
///
/// # Shapes
///
/// - x: `[batch, dim]`
/// - points: `[classes, dim]`
/// - output: `[batch, classes]`
pub(super) fn squared_distances(x: Tensor<2>, points: Tensor<2>) -> Tensor<2> {
    differences(x, points).square().sum_dim(2).squeeze_dim(2)
}

/// The value of each row that belongs to its target.
///
/// # Shapes
///
/// - values: `[batch, classes]`
/// - targets: `[batch]`
/// - output: `[batch, 1]`
pub(super) fn of_targets(values: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<2> {
    values.gather(1, targets.unsqueeze_dim(1))
}

/// 1 where a class is the target, else 0.
///
/// # Shapes
///
/// - targets: `[batch]`
/// - output: `[batch, classes]`
pub(super) fn one_hot(targets: Tensor<1, Int>, classes: usize) -> Tensor<2> {
    targets.one_hot::<2>(classes).float()
}
