use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Int, Tensor};

use super::ClassifierHead;
use super::log_odds::{binary_cross_entropy, log_probabilities};

/// `p = sigmoid(z)` of one bias-free logit `z = w x`, with binary cross-entropy.
#[derive(Module, Debug)]
pub struct SigmoidHead {
    linear: Linear,
}

impl SigmoidHead {
    /// A head for embeddings of size `embedding_dim`.
    pub fn new(embedding_dim: usize, device: &Device) -> Self {
        Self {
            linear: LinearConfig::new(embedding_dim, 1)
                .with_bias(false)
                .init(device),
        }
    }
}

impl ClassifierHead for SigmoidHead {
    fn scores(&self, embedding: Tensor<2>) -> Tensor<2> {
        log_probabilities(self.linear.forward(embedding))
    }

    fn loss(&self, embedding: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<1> {
        binary_cross_entropy(self.linear.forward(embedding), targets)
    }
}
