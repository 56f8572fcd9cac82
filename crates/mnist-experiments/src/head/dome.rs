use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Int, Tensor};
use dome_burn::{Dome, DomeBinaryCrossEntropyLoss, DomeBinaryCrossEntropyLossConfig, DomeConfig};

use super::ClassifierHead;
use super::log_odds::log_probabilities;

/// `p = DOME(z)` of one bias-free logit `z = w x`, with binary cross-entropy.
#[derive(Module, Debug)]
pub struct DomeHead {
    linear: Linear,
    dome: Dome,
    loss: DomeBinaryCrossEntropyLoss,
}

impl DomeHead {
    /// A head for embeddings of size `embedding_dim`, with mu = sigma = 1 to begin with.
    pub fn new(embedding_dim: usize, learnable: bool, device: &Device) -> Self {
        Self {
            linear: LinearConfig::new(embedding_dim, 1)
                .with_bias(false)
                .init(device),
            dome: DomeConfig::new()
                .with_learn_mu(learnable)
                .with_learn_sigma(learnable)
                .init(device),
            loss: DomeBinaryCrossEntropyLossConfig::new().init(device),
        }
    }
}

impl ClassifierHead for DomeHead {
    fn scores(&self, embedding: Tensor<2>) -> Tensor<2> {
        log_probabilities(self.dome.log_odds(self.linear.forward(embedding)))
    }

    fn loss(&self, embedding: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<1> {
        self.loss.forward(
            &self.dome,
            self.linear.forward(embedding),
            targets.unsqueeze_dim(1),
        )
    }

    fn activation_parameters(&self) -> Vec<(&'static str, Tensor<1>)> {
        vec![("mu", self.dome.mu.val()), ("sigma", self.dome.sigma.val())]
    }
}
