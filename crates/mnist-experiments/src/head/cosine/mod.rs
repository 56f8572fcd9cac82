//! What the heads with cosines have in common: embedding and class weights count by their directions, and the
//! target's cosine may be worsened by a margin.

mod head;
mod margin;

use burn::nn::Linear;
use burn::tensor::{Int, Tensor};

use super::geometry::{directions, of_targets, one_hot};

pub use head::CosineHead;
pub use margin::Margin;

/// `cos theta_j` between each embedding and each class's weights.
///
/// # Shapes
///
/// - embedding: `[batch, embedding_dim]`
/// - output: `[batch, classes]`
pub(super) fn cosines(linear: &Linear, embedding: Tensor<2>) -> Tensor<2> {
    directions(embedding, 1).matmul(directions(linear.weight.val(), 0))
}

/// The values with `rule` of the target's in place of it.
///
/// # Shapes
///
/// - values: `[batch, classes]`
/// - targets: `[batch]`
/// - argument and result of `rule`: `[batch, 1]`
pub(super) fn replace_targets(
    values: Tensor<2>,
    targets: Tensor<1, Int>,
    rule: impl Fn(Tensor<2>) -> Tensor<2>,
) -> Tensor<2> {
    let [_, classes] = values.dims();
    let own = of_targets(values.clone(), targets.clone());
    let change = rule(own.clone()) - own;
    values + one_hot(targets, classes) * change
}
