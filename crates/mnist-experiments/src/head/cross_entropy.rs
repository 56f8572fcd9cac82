use burn::nn::loss::CrossEntropyLossConfig;
use burn::tensor::{Int, Tensor};

/// The mean over the batch of `-log softmax(logits)` of the target.
///
/// # Shapes
///
/// - logits: `[batch, classes]`
/// - targets: `[batch]`, class indices
/// - output: `[1]`
pub(super) fn cross_entropy(logits: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<1> {
    let loss = CrossEntropyLossConfig::new().init(&logits.device());
    loss.forward(logits, targets)
}
