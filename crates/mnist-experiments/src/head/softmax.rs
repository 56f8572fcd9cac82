use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Int, Tensor};
use serde::{Deserialize, Serialize};

use super::cross_entropy::cross_entropy;
use super::{ClassifierHead, Method};

/// The settings of [`SoftmaxHead`].
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Softmax {
    /// Size of its embedding, if not the experiment's.
    pub embedding_dim: Option<usize>,
}

impl Method for Softmax {
    type Head = SoftmaxHead;
    const NAME: &'static str = "softmax";
    const ABOUT: &'static str = "one logit a class, softmax with cross-entropy";
    const NAMED: &'static [(&'static str, Self)] = &[
        (
            "softmax",
            Self {
                embedding_dim: None,
            },
        ),
        (
            "softmax-2d",
            Self {
                embedding_dim: Some(2),
            },
        ),
    ];

    fn title(&self) -> String {
        "Softmax".into()
    }

    fn embedding_dim(&self) -> Option<usize> {
        self.embedding_dim
    }

    fn validate(&self) -> Result<(), String> {
        match self.embedding_dim {
            Some(0) => Err("embedding-dim is 0, but must be at least 1".into()),
            _ => Ok(()),
        }
    }

    fn init(&self, embedding_dim: usize, classes: usize, device: &Device) -> SoftmaxHead {
        let linear = LinearConfig::new(embedding_dim, classes).with_bias(false);
        SoftmaxHead {
            linear: linear.init(device),
        }
    }
}

/// Softmax over bias-free logits, one a class, with cross-entropy.
#[derive(Module, Debug)]
pub struct SoftmaxHead {
    linear: Linear,
}

impl ClassifierHead for SoftmaxHead {
    /// The logits: detectors of outliers look at their size, which log-probabilities have lost.
    fn scores(&self, embedding: Tensor<2>) -> Tensor<2> {
        self.linear.forward(embedding)
    }

    fn loss(&self, embedding: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<1> {
        let logits = self.linear.forward(embedding);
        cross_entropy(logits, targets)
    }

    fn probabilities(&self, embedding: Tensor<2>) -> Tensor<2> {
        log_softmax(self.scores(embedding), 1).exp()
    }

    fn class_vectors(&self) -> Option<Tensor<2>> {
        Some(self.linear.weight.val().transpose())
    }
}
