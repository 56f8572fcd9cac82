use burn::tensor::{Device, Int, Tensor};
use dome_burn::{
    DomeBinaryCrossEntropyLossConfig, DomeConfig, DomeHead, DomeHeadConfig, Projection,
};

use super::ClassifierHead;
use super::log_odds::log_probabilities;

/// The library's [`DomeHead`]: `p = DOME(z)` of one bias-free logit `z = w x`, with mu = sigma = 1 to
/// begin with.
pub(super) fn dome_head(embedding_dim: usize, learnable: bool, device: &Device) -> DomeHead {
    let dome = DomeConfig::new()
        .with_learn_mu(learnable)
        .with_learn_sigma(learnable);
    DomeHeadConfig::new(embedding_dim)
        .with_projection(Projection::Always)
        .with_dome(dome)
        // The labels were checked when the data were read.
        .with_loss(DomeBinaryCrossEntropyLossConfig::new().with_check_targets(false))
        .init(device)
}

impl ClassifierHead for DomeHead {
    fn scores(&self, embedding: Tensor<2>) -> Tensor<2> {
        log_probabilities(self.scores(embedding).unsqueeze_dim(1))
    }

    fn loss(&self, embedding: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<1> {
        self.loss(embedding, targets)
    }

    fn calibrate(self, embedding: Tensor<2>) -> Self {
        self.calibrate(embedding)
    }

    fn activation_parameters(&self) -> Vec<(&'static str, Tensor<1>)> {
        vec![("mu", self.dome.mu.val()), ("sigma", self.dome.sigma.val())]
    }
}
