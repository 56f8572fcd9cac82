use burn::nn::loss::BinaryCrossEntropyLossConfig;
use burn::tensor::activation::log_sigmoid;
use burn::tensor::{Int, Tensor};

/// `[log(1 - p), log p]` for `p = sigmoid(log_odds)`; `[batch, 1]` to `[batch, 2]`.
pub(super) fn log_probabilities(log_odds: Tensor<2>) -> Tensor<2> {
    Tensor::cat(
        vec![log_sigmoid(log_odds.clone().neg()), log_sigmoid(log_odds)],
        1,
    )
}

/// Mean binary cross-entropy of `p = sigmoid(log_odds)`; targets `[batch]`.
pub(super) fn binary_cross_entropy(log_odds: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<1> {
    BinaryCrossEntropyLossConfig::new()
        .with_logits(true)
        .init(&log_odds.device())
        .forward(log_odds, targets.unsqueeze_dim(1))
}

/// The class vectors -w and w of a logit `w x`; `[embedding_dim, 1]` to `[2, embedding_dim]`.
pub(super) fn vectors_of_logit(weight: Tensor<2>) -> Tensor<2> {
    let row = weight.transpose();
    Tensor::cat(vec![row.clone().neg(), row], 0)
}
