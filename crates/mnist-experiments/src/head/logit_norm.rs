use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Int, Tensor};
use serde::{Deserialize, Serialize};

use super::cross_entropy::cross_entropy;
use super::{ClassifierHead, Method};

/// The settings of [`LogitNormHead`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct LogitNorm {
    /// The temperature of the loss.
    pub tau: f64,
}

/// As in the authors' experiments.
/// Chosen on validation images (docs/study-settings.md); the paper has 0.04 for CIFAR-10.
impl Default for LogitNorm {
    fn default() -> Self {
        Self { tau: 0.2 }
    }
}

impl Method for LogitNorm {
    type Head = LogitNormHead;
    const NAME: &'static str = "logit-norm";
    const ABOUT: &'static str = "one logit a class, cross-entropy of the logits at length 1/tau";

    fn title(&self) -> String {
        format!("LogitNorm, τ = {}", self.tau)
    }

    fn validate(&self) -> Result<(), String> {
        match self.tau > 0.0 && self.tau.is_finite() {
            true => Ok(()),
            false => Err(format!("tau is {}, but must be above 0", self.tau)),
        }
    }

    fn init(&self, embedding_dim: usize, classes: usize, device: &Device) -> LogitNormHead {
        let linear = LinearConfig::new(embedding_dim, classes).with_bias(false);
        LogitNormHead {
            linear: linear.init(device),
            tau: self.tau,
        }
    }
}

/// Softmax over bias-free logits f, trained by cross-entropy on `f / (tau |f|)`, so that the loss cannot
/// fall by growing logits (Wei et al., *Mitigating Neural Network Overconfidence with Logit
/// Normalization*, ICML 2022, arXiv 2205.09310, equation (7)). As there, the scores are those of the
/// logits themselves.
#[derive(Module, Debug)]
pub struct LogitNormHead {
    linear: Linear,
    tau: f64,
}

/// Keeps the direction of logits that are all 0 from being NaN; as in the authors' code.
const LEAST_LENGTH: f64 = 1e-7;

impl ClassifierHead for LogitNormHead {
    /// The logits: detectors of outliers look at their size, which log-probabilities have lost.
    fn scores(&self, embedding: Tensor<2>) -> Tensor<2> {
        self.linear.forward(embedding)
    }

    fn loss(&self, embedding: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<1> {
        let logits = self.linear.forward(embedding);
        let squares = logits.clone().square().sum_dim(1);
        let length = (squares + LEAST_LENGTH * LEAST_LENGTH).sqrt();
        cross_entropy(logits / (length * self.tau), targets)
    }

    fn probabilities(&self, embedding: Tensor<2>) -> Tensor<2> {
        log_softmax(self.scores(embedding), 1).exp()
    }

    fn class_vectors(&self) -> Option<Tensor<2>> {
        Some(self.linear.weight.val().transpose())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::module::Param;

    /// Logits (3, 4) have the length 5: at tau = 0.5 the loss of class 1 is `ln(1 + exp(1.2 - 1.6))`.
    #[test]
    fn the_loss_by_hand() {
        let device = Device::flex();
        let mut head = LogitNorm { tau: 0.5 }.init(2, 2, &device);
        head.linear.weight = Param::from_data([[1.0, 0.0], [0.0, 1.0]], &device);
        let loss = |row: [f32; 2]| {
            let targets = Tensor::from_ints([1], &device);
            let loss = head.loss(Tensor::from_floats([row], &device), targets);
            loss.into_scalar::<f32>()
        };
        let expected = (1.0 + (-0.4f32).exp()).ln();
        assert!((loss([3.0, 4.0]) - expected).abs() < 1e-6);
        assert!((loss([300.0, 400.0]) - expected).abs() < 1e-6);
        assert!((loss([0.0, 0.0]) - 2f32.ln()).abs() < 1e-6);
    }
}
