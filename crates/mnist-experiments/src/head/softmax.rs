use burn::module::Module;
use burn::nn::loss::CrossEntropyLossConfig;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Int, Tensor};

use super::ClassifierHead;

/// Softmax over bias-free logits, one a class, with cross-entropy.
#[derive(Module, Debug)]
pub struct SoftmaxHead {
    linear: Linear,
}

impl SoftmaxHead {
    /// A head for embeddings of size `embedding_dim` and so many classes.
    pub fn new(embedding_dim: usize, classes: usize, device: &Device) -> Self {
        Self {
            linear: LinearConfig::new(embedding_dim, classes)
                .with_bias(false)
                .init(device),
        }
    }
}

impl ClassifierHead for SoftmaxHead {
    fn scores(&self, embedding: Tensor<2>) -> Tensor<2> {
        log_softmax(self.linear.forward(embedding), 1)
    }

    fn loss(&self, embedding: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<1> {
        let logits = self.linear.forward(embedding);
        CrossEntropyLossConfig::new()
            .init(&logits.device())
            .forward(logits, targets)
    }
}
