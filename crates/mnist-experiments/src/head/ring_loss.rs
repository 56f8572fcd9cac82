use burn::module::{Initializer, Module, Param};
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Int, Tensor};
use serde::{Deserialize, Serialize};

use super::cross_entropy::cross_entropy;
use super::geometry::lengths;
use super::{ClassifierHead, Method, check};

/// The settings of [`RingLossHead`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct RingLoss {
    /// The weight lambda of the squared difference of length and radius, beside cross-entropy.
    pub lambda: f64,
}

/// What implementations that train from scratch take.
impl Default for RingLoss {
    fn default() -> Self {
        Self { lambda: 1.0 }
    }
}

impl Method for RingLoss {
    type Head = RingLossHead;
    const NAME: &'static str = "ring-loss";
    const ABOUT: &'static str =
        "softmax with cross-entropy, and the squared distance to a ring of learned radius";

    fn title(&self) -> String {
        format!("Ring loss, λ = {}", self.lambda)
    }

    fn validate(&self) -> Result<(), String> {
        check::not_negative("lambda", self.lambda)
    }

    fn init(&self, embedding_dim: usize, classes: usize, device: &Device) -> RingLossHead {
        let linear = LinearConfig::new(embedding_dim, classes).with_bias(false);
        RingLossHead {
            linear: linear.init(device),
            radius: Initializer::Ones.init([1], device),
            lambda: self.lambda,
        }
    }
}

/// Softmax with cross-entropy, plus `(lambda/2)(|x| - R)^2`, the mean over the batch, with a learned radius R (Zheng,
/// Pal, Savvides, *Ring loss: Convex Feature Normalization for Face Recognition*, CVPR 2018, arXiv
/// 1803.00130).
///
/// R begins at the mean length of the first batch, if the head is calibrated, else at 1. The scores are the
/// bias-free logits.
#[derive(Module, Debug)]
pub struct RingLossHead {
    linear: Linear,
    /// `[1]`
    radius: Param<Tensor<1>>,
    lambda: f64,
}

impl ClassifierHead for RingLossHead {
    fn scores(&self, embedding: Tensor<2>) -> Tensor<2> {
        self.linear.forward(embedding)
    }

    fn loss(&self, embedding: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<1> {
        let away = lengths(embedding.clone(), 1) - self.radius.val().unsqueeze();
        cross_entropy(self.scores(embedding), targets) + away.square().mean() * (self.lambda / 2.0)
    }

    fn calibrate(mut self, embedding: Tensor<2>) -> Self {
        let mean = lengths(embedding, 1).mean();
        self.radius = self.radius.map(|radius| {
            let learned = radius.is_require_grad();
            (radius * 0.0 + mean).detach().set_require_grad(learned)
        });
        self
    }

    fn activation_parameters(&self) -> Vec<(&'static str, Tensor<1>)> {
        vec![("R", self.radius.val())]
    }

    fn class_vectors(&self) -> Option<Tensor<2>> {
        Some(self.linear.weight.val().transpose())
    }
}

#[cfg(test)]
mod tests {
    use super::super::naive::{agrees, cross_entropy, dot, length, refused};
    use super::*;

    #[test]
    fn naive() {
        let device = Device::flex().autodiff();
        for lambda in [0.01, 1.0, 0.0] {
            agrees(RingLoss { lambda }.init(3, 4, &device), [3, 4], |point| {
                let weights = point.columns("linear.weight");
                let radius = point.vector("radius")[0];
                point.mean(|x, target| {
                    let logits: Vec<f64> = weights.iter().map(|w| dot(x, w)).collect();
                    let away = length(x) - radius;
                    cross_entropy(&logits, target) + lambda / 2.0 * away * away
                })
            });
        }
        refused(
            "ring-loss(lambda=-0.5)",
            "lambda is -0.5, but must be at least 0",
        );
    }

    #[test]
    fn the_radius_begins_at_the_mean_length_and_learns() {
        let device = Device::flex().autodiff();
        let x = Tensor::<2>::from_floats([[3.0, 4.0], [0.0, 1.0]], &device);
        let head = RingLoss::default().init(2, 2, &device).calibrate(x.clone());
        assert_eq!(head.radius.val().into_scalar::<f32>(), 3.0);
        let loss = head.loss(x, Tensor::from_ints([0, 1], &device));
        assert!(head.radius.grad(&loss.backward()).is_some());
    }
}
