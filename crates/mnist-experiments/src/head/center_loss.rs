use burn::module::{Initializer, Module, Param};
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Int, Tensor};
use serde::{Deserialize, Serialize};

use super::cross_entropy::cross_entropy;
use super::geometry::one_hot;
use super::{ClassifierHead, Method, check};

/// The settings of [`CenterLossHead`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct CenterLoss {
    /// The weight lambda of the squared distances, beside cross-entropy.
    pub lambda: f64,
    /// How far the centers move toward the means of their samples in a batch, alpha.
    pub rate: f64,
}

/// The rate is the usual one; lambda was chosen on validation images (docs/study-settings.md).
impl Default for CenterLoss {
    fn default() -> Self {
        Self {
            lambda: 0.1,
            rate: 0.5,
        }
    }
}

impl Method for CenterLoss {
    type Head = CenterLossHead;
    const NAME: &'static str = "center-loss";
    const ABOUT: &'static str =
        "softmax with cross-entropy, and the squared distance to the class's moving center";

    fn title(&self) -> String {
        format!("Center loss, λ = {}", self.lambda)
    }

    fn validate(&self) -> Result<(), String> {
        check::not_negative("lambda", self.lambda)?;
        check::within("rate", self.rate, 0.0..=1.0)
    }

    fn init(&self, embedding_dim: usize, classes: usize, device: &Device) -> CenterLossHead {
        let linear = LinearConfig::new(embedding_dim, classes).with_bias(false);
        let centers = Initializer::Zeros.init([classes, embedding_dim], device);
        CenterLossHead {
            linear: linear.init(device),
            centers: centers.set_require_grad(false),
            settings: *self,
        }
    }
}

/// Softmax with cross-entropy, plus `(lambda/2) |x - c_y|^2`, the mean over the batch, with a center c_j for each class
/// that moves after each step: `c_j <- c_j - alpha sum_i [y_i = j](c_j - x_i)/(1 + n_j)` for n_j samples of the
/// class in the batch (Wen, Zhang, Li, Qiao, *A Discriminative Feature Learning Approach for Deep Face
/// Recognition*, ECCV 2016).
///
/// Mind the convention of lambda: others divide by 2, by the number of classes or not at all.
/// The centers begin at 0. The scores are the bias-free logits.
#[derive(Module, Debug)]
pub struct CenterLossHead {
    linear: Linear,
    /// `[classes, embedding_dim]`
    centers: Param<Tensor<2>>,
    #[module(skip)]
    settings: CenterLoss,
}

impl ClassifierHead for CenterLossHead {
    fn scores(&self, embedding: Tensor<2>) -> Tensor<2> {
        self.linear.forward(embedding)
    }

    fn loss(&self, embedding: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<1> {
        let own = self.centers.val().select(0, targets.clone());
        let distance = (embedding.clone() - own).square().sum_dim(1).mean();
        cross_entropy(self.scores(embedding), targets) + distance * (self.settings.lambda / 2.0)
    }

    fn has_running_state(&self) -> bool {
        true
    }

    fn after_step(mut self, embedding: Tensor<2>, targets: Tensor<1, Int>) -> Self {
        let rate = self.settings.rate;
        self.centers = self.centers.map(|centers| {
            let centers = centers.without_autodiff();
            let [classes, _] = centers.dims();
            let own = one_hot(targets, classes).transpose();
            let counts = own.clone().sum_dim(1);
            let away = centers.clone() * counts.clone() - own.matmul(embedding);
            (centers - away / (counts + 1.0) * rate).detach()
        });
        self
    }

    fn reference_points(&self) -> Option<Tensor<2>> {
        Some(self.centers.val())
    }

    fn class_vectors(&self) -> Option<Tensor<2>> {
        Some(self.linear.weight.val().transpose())
    }
}

#[cfg(test)]
mod tests {
    use super::super::naive::{agrees, cross_entropy, dot, refused, squared_distance};
    use super::*;
    use burn::tensor::Tolerance;

    #[test]
    fn naive() {
        let device = Device::flex().autodiff();
        for lambda in [0.01, 1.0, 0.0] {
            let settings = CenterLoss {
                lambda,
                ..Default::default()
            };
            agrees(settings.init(3, 4, &device), [3, 4], |point| {
                let weights = point.columns("linear.weight");
                let centers = point.rows("centers");
                point.mean(|x, target| {
                    let logits: Vec<f64> = weights.iter().map(|w| dot(x, w)).collect();
                    let distance = squared_distance(x, &centers[target]);
                    cross_entropy(&logits, target) + lambda / 2.0 * distance
                })
            });
        }
        refused(
            "center-loss(lambda=-1)",
            "lambda is -1, but must be at least 0",
        );
        refused(
            "center-loss(rate=2)",
            "rate is 2, but must be at least 0 and at most 1",
        );
    }

    /// From 0, by half of the sum of the samples over their number and 1.
    #[test]
    fn centers_follow_their_samples() {
        let device = Device::flex();
        let head = CenterLoss {
            rate: 0.5,
            ..Default::default()
        }
        .init(2, 3, &device);
        let x = Tensor::from_floats([[6.0, 0.0], [0.0, 3.0], [4.0, -2.0]], &device);
        let head = head.after_step(x.clone(), Tensor::from_ints([2, 2, 0], &device));
        let expected = [[1.0, -0.5], [0.0, 0.0], [1.0, 0.5]];
        head.centers
            .val()
            .into_data()
            .assert_approx_eq::<f32>(&expected.into(), Tolerance::default());
        // 1 - 0.5 (1 - 4)/2, and the same for the second coordinate.
        let head = head.after_step(x.narrow(0, 2, 1), Tensor::from_ints([0], &device));
        let expected = [[1.75, -0.875], [0.0, 0.0], [1.0, 0.5]];
        head.centers
            .val()
            .into_data()
            .assert_approx_eq::<f32>(&expected.into(), Tolerance::default());
        let loaded = CenterLoss::default()
            .init(2, 3, &device)
            .load_record(head.clone().into_record());
        loaded
            .centers
            .val()
            .into_data()
            .assert_eq(&head.centers.val().into_data(), true);
    }
}
