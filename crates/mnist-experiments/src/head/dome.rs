use std::ops::RangeInclusive;

use burn::tensor::{Device, Int, Tensor};
use dome_burn::{
    DomeBinaryCrossEntropyLossConfig, DomeConfig, DomeHead, DomeHeadConfig, Projection,
};
use serde::{Deserialize, Serialize};

use super::log_odds::{log_probabilities, vectors_of_logit};
use super::{ClassifierHead, Method};

/// The settings of the library's [`DomeHead`]: `p = DOME(z)` of one bias-free logit `z = w x`, with mu =
/// sigma = 1 to begin with.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Dome {
    /// Whether mu and sigma are learned.
    pub learnable: bool,
}

impl Default for Dome {
    fn default() -> Self {
        Self { learnable: true }
    }
}

impl Method for Dome {
    type Head = DomeHead;
    const NAME: &'static str = "dome";
    const ABOUT: &'static str = "one logit, DOME";
    const NAMED: &'static [(&'static str, Self)] = &[
        ("dome", Self { learnable: true }),
        ("dome-fixed", Self { learnable: false }),
    ];

    fn title(&self) -> String {
        match self.learnable {
            true => "DOME, learned μ and σ".into(),
            false => "DOME, μ = σ = 1".into(),
        }
    }

    fn classes(&self) -> RangeInclusive<usize> {
        2..=2
    }

    fn init(&self, embedding_dim: usize, _classes: usize, device: &Device) -> DomeHead {
        let dome = DomeConfig::new()
            .with_learn_mu(self.learnable)
            .with_learn_sigma(self.learnable);
        DomeHeadConfig::new(embedding_dim)
            .with_projection(Projection::Always)
            .with_dome(dome)
            // The labels were checked when the data were read.
            .with_loss(DomeBinaryCrossEntropyLossConfig::new().with_check_targets(false))
            .init(device)
    }
}

impl ClassifierHead for DomeHead {
    fn scores(&self, embedding: Tensor<2>) -> Tensor<2> {
        log_probabilities(self.scores(embedding).unsqueeze_dim(1))
    }

    fn probabilities(&self, embedding: Tensor<2>) -> Tensor<2> {
        ClassifierHead::scores(self, embedding).exp()
    }

    fn loss(&self, embedding: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<1> {
        self.loss(embedding, targets)
    }

    fn calibrate(self, embedding: Tensor<2>) -> Self {
        self.calibrate(embedding)
    }

    /// The side of class 1 is that of mu.
    fn class_vectors(&self) -> Option<Tensor<2>> {
        let weight = self.projection.as_ref()?.weight.val();
        Some(vectors_of_logit(weight * self.dome.mu.val().unsqueeze()))
    }

    fn activation_parameters(&self) -> Vec<(&'static str, Tensor<1>)> {
        vec![("mu", self.dome.mu.val()), ("sigma", self.dome.sigma.val())]
    }
}
