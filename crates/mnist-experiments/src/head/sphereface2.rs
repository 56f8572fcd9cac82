use burn::module::{Initializer, Module, Param};
use burn::nn::{Linear, LinearConfig};
use burn::tensor::activation::{log_sigmoid, softmax};
use burn::tensor::{Device, Int, Tensor};
use serde::{Deserialize, Serialize};

use super::cosine::cosines;
use super::geometry::one_hot;
use super::{ClassifierHead, Method, check};

/// The settings of [`SphereFace2Head`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct SphereFace2 {
    /// The scale r.
    pub scale: f64,
    /// The margin m.
    pub margin: f64,
    /// The power t, which spreads cosines near 1.
    pub power: f64,
    /// The weight lambda of the target's class; those of the others are 1 - lambda.
    pub weight: f64,
}

/// Power and weight are those of the authors' code; scale and margin were chosen on validation images
/// (docs/study-settings.md), for
/// thousands of faces they are 40 and 0.4.
impl Default for SphereFace2 {
    fn default() -> Self {
        Self {
            scale: 10.0,
            margin: 0.2,
            power: 3.0,
            weight: 0.7,
        }
    }
}

impl SphereFace2 {
    /// The bias b at which the forces of both parts of the loss are equal where all angles are right ones: the
    /// root of `lambda sigma(-a_y - b) = (1 - lambda)(C - 1) sigma(a_i + b)`.
    fn balanced_bias(&self, classes: usize) -> f64 {
        let similarity = 2.0 * 0.5f64.powf(self.power) - 1.0;
        let own = self.scale * (similarity - self.margin);
        let other = self.scale * (similarity + self.margin);
        let ratio = self.weight / ((1.0 - self.weight) * (classes as f64 - 1.0));
        let root = ((1.0 - ratio).powi(2) + 4.0 * ratio * (own - other).exp()).sqrt();
        (2.0 * ratio).ln() - other - (1.0 - ratio + root).ln()
    }
}

impl Method for SphereFace2 {
    type Head = SphereFace2Head;
    const NAME: &'static str = "sphereface2";
    const ABOUT: &'static str =
        "SphereFace2: a cosine a class, each with binary cross-entropy and a margin";

    fn title(&self) -> String {
        "SphereFace2".into()
    }

    fn validate(&self) -> Result<(), String> {
        check::within("scale", self.scale, 0.1..=200.0)?;
        check::within("margin", self.margin, 0.0..=2.0)?;
        check::within("power", self.power, 1.0..=20.0)?;
        check::within("weight", self.weight, 0.01..=0.99)
    }

    fn init(&self, embedding_dim: usize, classes: usize, device: &Device) -> SphereFace2Head {
        let linear = LinearConfig::new(embedding_dim, classes).with_bias(false);
        let bias = self.balanced_bias(classes);
        SphereFace2Head {
            linear: linear.init(device),
            bias: Initializer::Constant { value: bias }.init([1], device),
            settings: *self,
        }
    }
}

/// A binary classifier a class: with `s_j = r g(cos theta_j) + b`, theta_j being the angle between the embedding and
/// the weights of class j, and `g(z) = 2 ((z + 1)/2)^t - 1`, the loss is
/// `(lambda softplus(r m - s_y) + (1 - lambda) sum_(j != y) softplus(r m + s_j))/r` (Wen, Liu, Weller, Raj, Singh,
/// *SphereFace2: Binary Classification is All You Need for Deep Face Recognition*, ICLR 2022, arXiv 2108.01513:
/// the additive variant C).
///
/// The bias is learned, from the value that balances both parts. The gradient is that of this loss; the authors'
/// code takes g's slope for 1. The scores are the log-odds `s_j`, without margin; the probabilities
/// `sigmoid(s_j)` over their sum.
#[derive(Module, Debug)]
pub struct SphereFace2Head {
    linear: Linear,
    /// `[1]`
    bias: Param<Tensor<1>>,
    #[module(skip)]
    settings: SphereFace2,
}

impl ClassifierHead for SphereFace2Head {
    fn scores(&self, embedding: Tensor<2>) -> Tensor<2> {
        let SphereFace2 { scale, power, .. } = self.settings;
        // Rounding may leave a cosine below -1.
        let share = ((cosines(&self.linear, embedding) + 1.0) * 0.5).clamp_min(0.0);
        let similarity = share.powf_scalar(power) * 2.0 - 1.0;
        similarity * scale + self.bias.val().unsqueeze()
    }

    fn loss(&self, embedding: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<1> {
        let SphereFace2 {
            scale,
            margin,
            weight,
            ..
        } = self.settings;
        let scores = self.scores(embedding);
        let [_, classes] = scores.dims();
        let own = one_hot(targets, classes);
        // -1 for the target, 1 for the others: softplus(r m + sign s) = -log_sigmoid(-(r m + sign s)).
        let sign = own.clone() * -2.0 + 1.0;
        let each = log_sigmoid(-(sign * scores + scale * margin));
        let weights = own * (2.0 * weight - 1.0) + (1.0 - weight);
        (weights * each).sum_dim(1).mean() * (-1.0 / scale)
    }

    fn probabilities(&self, embedding: Tensor<2>) -> Tensor<2> {
        softmax(log_sigmoid(self.scores(embedding)), 1)
    }

    fn class_vectors(&self) -> Option<Tensor<2>> {
        Some(self.linear.weight.val().transpose())
    }
}

#[cfg(test)]
mod tests {
    use super::super::naive::{agrees, dot, refused, unit};
    use super::*;

    #[test]
    fn naive() {
        let device = Device::flex().autodiff();
        for (scale, margin, power, weight) in [
            (20.0, 0.2, 3.0, 0.7),
            (40.0, 0.4, 1.5, 0.5),
            (1.0, 0.0, 1.0, 0.9),
        ] {
            let settings = SphereFace2 {
                scale,
                margin,
                power,
                weight,
            };
            agrees(settings.init(3, 4, &device), [3, 4], |point| {
                let weights = point.columns("linear.weight");
                let bias = point.vector("bias")[0];
                let softplus = |z: f64| (1.0 + z.exp()).ln();
                point.mean(|x, target| {
                    let mut sum = 0.0;
                    for (class, w) in weights.iter().enumerate() {
                        let share = (dot(&unit(x), &unit(w)) + 1.0) / 2.0;
                        let similarity = 2.0 * share.powf(power) - 1.0;
                        sum += match class == target {
                            true => weight * softplus(-(scale * (similarity - margin) + bias)),
                            false => {
                                (1.0 - weight) * softplus(scale * (similarity + margin) + bias)
                            }
                        };
                    }
                    sum / scale
                })
            });
        }
        refused(
            "sphereface2(power=0.5)",
            "power is 0.5, but must be at least 1",
        );
        refused(
            "sphereface2(weight=1)",
            "weight is 1, but must be at least 0.01",
        );
    }

    #[test]
    fn the_bias_balances_the_forces() {
        let sigmoid = |z: f64| 1.0 / (1.0 + (-z).exp());
        for (scale, margin, power, weight) in [(40.0, 0.4, 3.0, 0.7), (2.0, 0.1, 1.0, 0.5)] {
            let settings = SphereFace2 {
                scale,
                margin,
                power,
                weight,
            };
            let bias = settings.balanced_bias(10);
            let similarity = 2.0 * 0.5f64.powf(power) - 1.0;
            let own = weight * sigmoid(-(scale * (similarity - margin) + bias));
            let others = 9.0 * (1.0 - weight) * sigmoid(scale * (similarity + margin) + bias);
            assert!((own / others - 1.0).abs() < 1e-9, "{own} and {others}");
        }
    }
}
