use std::ops::RangeInclusive;

use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Int, Tensor};
use serde::{Deserialize, Serialize};

use super::log_odds::{binary_cross_entropy, log_probabilities, vectors_of_logit};
use super::{ClassifierHead, Method};

/// The settings of [`TanhHead`]: none.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tanh {}

impl Method for Tanh {
    type Head = TanhHead;
    const NAME: &'static str = "tanh";
    const ABOUT: &'static str = "one logit, hyperbolic tangent";

    fn title(&self) -> String {
        "Tanh".into()
    }

    fn classes(&self) -> RangeInclusive<usize> {
        2..=2
    }

    fn init(&self, embedding_dim: usize, _classes: usize, device: &Device) -> TanhHead {
        let linear = LinearConfig::new(embedding_dim, 1).with_bias(false);
        TanhHead {
            linear: linear.init(device),
        }
    }
}

/// `p = (1 + tanh(z))/2` of one bias-free logit `z = w x`, with binary cross-entropy: the output of
/// tanh, mapped from (-1, 1) to a probability, so that all heads are trained on the same loss.
///
/// `(1 + tanh(z))/2 = sigmoid(2z)`, computed in that form, which does not saturate early.
#[derive(Module, Debug)]
pub struct TanhHead {
    linear: Linear,
}

impl TanhHead {
    fn log_odds(&self, embedding: Tensor<2>) -> Tensor<2> {
        self.linear.forward(embedding) * 2.0
    }
}

impl ClassifierHead for TanhHead {
    fn scores(&self, embedding: Tensor<2>) -> Tensor<2> {
        log_probabilities(self.log_odds(embedding))
    }

    fn probabilities(&self, embedding: Tensor<2>) -> Tensor<2> {
        ClassifierHead::scores(self, embedding).exp()
    }

    fn loss(&self, embedding: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<1> {
        binary_cross_entropy(self.log_odds(embedding), targets)
    }

    fn class_vectors(&self) -> Option<Tensor<2>> {
        Some(vectors_of_logit(self.linear.weight.val()))
    }
}
