use std::ops::RangeInclusive;

use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Int, Tensor};
use serde::{Deserialize, Serialize};

use super::log_odds::{binary_cross_entropy, log_probabilities, vectors_of_logit};
use super::{ClassifierHead, Method};

/// The settings of [`SigmoidHead`]: none.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sigmoid {}

impl Method for Sigmoid {
    type Head = SigmoidHead;
    const NAME: &'static str = "sigmoid";
    const ABOUT: &'static str = "one logit, logistic sigmoid";

    fn title(&self) -> String {
        "Sigmoid".into()
    }

    fn classes(&self) -> RangeInclusive<usize> {
        2..=2
    }

    fn init(&self, embedding_dim: usize, _classes: usize, device: &Device) -> SigmoidHead {
        let linear = LinearConfig::new(embedding_dim, 1).with_bias(false);
        SigmoidHead {
            linear: linear.init(device),
        }
    }
}

/// `p = sigmoid(z)` of one bias-free logit `z = w x`, with binary cross-entropy.
#[derive(Module, Debug)]
pub struct SigmoidHead {
    linear: Linear,
}

impl ClassifierHead for SigmoidHead {
    fn scores(&self, embedding: Tensor<2>) -> Tensor<2> {
        log_probabilities(self.linear.forward(embedding))
    }

    fn probabilities(&self, embedding: Tensor<2>) -> Tensor<2> {
        ClassifierHead::scores(self, embedding).exp()
    }

    fn loss(&self, embedding: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<1> {
        binary_cross_entropy(self.linear.forward(embedding), targets)
    }

    fn class_vectors(&self) -> Option<Tensor<2>> {
        Some(vectors_of_logit(self.linear.weight.val()))
    }
}
