use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Int, Tensor};

use super::ClassifierHead;
use super::log_odds::{binary_cross_entropy, log_probabilities};

/// `p = (1 + tanh(z))/2` of one bias-free logit `z = w x`, with binary cross-entropy: the output of
/// tanh, mapped from (-1, 1) to a probability, so that all heads are trained on the same loss.
///
/// `(1 + tanh(z))/2 = sigmoid(2z)`, computed in that form, which does not saturate early.
#[derive(Module, Debug)]
pub struct TanhHead {
    linear: Linear,
}

impl TanhHead {
    /// A head for embeddings of size `embedding_dim`.
    pub fn new(embedding_dim: usize, device: &Device) -> Self {
        Self {
            linear: LinearConfig::new(embedding_dim, 1)
                .with_bias(false)
                .init(device),
        }
    }

    fn log_odds(&self, embedding: Tensor<2>) -> Tensor<2> {
        self.linear.forward(embedding) * 2.0
    }
}

impl ClassifierHead for TanhHead {
    fn scores(&self, embedding: Tensor<2>) -> Tensor<2> {
        log_probabilities(self.log_odds(embedding))
    }

    fn loss(&self, embedding: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<1> {
        binary_cross_entropy(self.log_odds(embedding), targets)
    }
}
