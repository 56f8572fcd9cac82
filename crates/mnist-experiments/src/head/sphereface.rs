use std::f64::consts::PI;

use burn::module::{Initializer, Module, Param};
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Int, Tensor};
use serde::{Deserialize, Serialize};

use super::cosine::{cosines, replace_targets};
use super::cross_entropy::cross_entropy;
use super::geometry::lengths;
use super::{ClassifierHead, Method, check};

/// The settings of [`SphereFaceHead`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct SphereFace {
    /// The factor m of the target's angle.
    pub margin: usize,
    /// The share of the cosine without margin in the first step is that of `base` to 1; without annealing 0.
    pub base: f64,
    /// How fast it falls.
    pub gamma: f64,
    /// The power that it falls with.
    pub power: f64,
    /// What it falls to.
    pub least: f64,
}

/// As in the authors' code, with a gamma that lets go of the cosine within some hundred steps.
/// The margin was chosen on validation images (docs/study-settings.md); for thousands of faces it is 4.
impl Default for SphereFace {
    fn default() -> Self {
        Self {
            margin: 2,
            base: 1000.0,
            gamma: 1e-3,
            power: 35.0,
            least: 0.0,
        }
    }
}

impl Method for SphereFace {
    type Head = SphereFaceHead;
    const NAME: &'static str = "sphereface";
    const ABOUT: &'static str =
        "SphereFace: softmax of lengths times cosines, the target's angle times a margin";

    fn title(&self) -> String {
        format!("SphereFace, m = {}", self.margin)
    }

    fn validate(&self) -> Result<(), String> {
        let limits = "at least 1 and at most 8";
        check::that(
            (1..=8).contains(&self.margin),
            "margin",
            self.margin,
            limits,
        )?;
        check::not_negative("base", self.base)?;
        check::not_negative("gamma", self.gamma)?;
        check::not_negative("power", self.power)?;
        check::not_negative("least", self.least)
    }

    fn init(&self, embedding_dim: usize, classes: usize, device: &Device) -> SphereFaceHead {
        let linear = LinearConfig::new(embedding_dim, classes).with_bias(false);
        SphereFaceHead {
            linear: linear.init(device),
            steps: Initializer::Zeros.init([1], device).set_require_grad(false),
            settings: *self,
        }
    }
}

/// Angular softmax: cross-entropy over `|x| cos theta_j`, theta_j being the angle between the embedding x and the
/// weights of class j, of the target `|x| psi(theta_y)` with `psi(theta) = (-1)^k cos(m theta) - 2k` for
/// theta in `[k pi/m, (k + 1) pi/m]` (Liu, Wen, Yu, Li, Raj, Song, *SphereFace: Deep Hypersphere Embedding for
/// Face Recognition*, CVPR 2017, arXiv 1704.08063).
///
/// As in the authors' code the margin comes in gradually: the target's logit is
/// `|x| (a cos theta_y + psi(theta_y))/(1 + a)` with `a = max(least, base (1 + gamma t)^-power)` in step t, which is
/// saved with the model. Theirs are base 1000, power 35 and gamma 2.5e-5, for tens of thousands of steps.
///
/// The scores are `|x| cos theta_j`.
#[derive(Module, Debug)]
pub struct SphereFaceHead {
    linear: Linear,
    /// `[1]`, the number of steps so far.
    steps: Param<Tensor<1>>,
    #[module(skip)]
    settings: SphereFace,
}

/// psi of angles that are given by their cosines.
fn psi(cosine: Tensor<2>, margin: usize) -> Tensor<2> {
    // cos(m theta) is Chebyshev's polynomial of the cosine: T_n = 2 c T_(n-1) - T_(n-2).
    let (mut before, mut multiple) = (cosine.ones_like(), cosine.clone());
    for _ in 1..margin {
        let next = multiple.clone() * cosine.clone() * 2.0 - before;
        (before, multiple) = (multiple, next);
    }
    // Each border that the angle is beyond turns the sign and takes 2 off.
    let (mut sign, mut beyond) = (cosine.ones_like(), cosine.zeros_like());
    for k in 1..margin {
        let border = (k as f64 * PI / margin as f64).cos();
        let is_beyond = cosine.clone().lower_elem(border).float();
        sign = sign * (is_beyond.clone() * -2.0 + 1.0);
        beyond = beyond + is_beyond * 2.0;
    }
    sign * multiple - beyond
}

impl SphereFaceHead {
    /// The share a of the cosine without margin, to 1 of that with it; `[1]`.
    fn annealing(&self) -> Tensor<1> {
        let SphereFace {
            base,
            gamma,
            power,
            least,
            ..
        } = self.settings;
        let fallen = ((self.steps.val() * gamma).log1p() * -power).exp() * base;
        fallen.clamp_min(least)
    }
}

impl ClassifierHead for SphereFaceHead {
    fn scores(&self, embedding: Tensor<2>) -> Tensor<2> {
        cosines(&self.linear, embedding.clone()) * lengths(embedding, 1)
    }

    fn loss(&self, embedding: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<1> {
        let cosines = cosines(&self.linear, embedding.clone());
        let share = self.annealing().unsqueeze::<2>();
        let cosines = replace_targets(cosines, targets.clone(), |own| {
            let with_margin = psi(own.clone(), self.settings.margin);
            (own * share.clone() + with_margin) / (share.clone() + 1.0)
        });
        cross_entropy(cosines * lengths(embedding, 1), targets)
    }

    fn has_running_state(&self) -> bool {
        true
    }

    fn after_step(mut self, _embedding: Tensor<2>, _targets: Tensor<1, Int>) -> Self {
        let next = |steps: Tensor<1>| (steps.without_autodiff() + 1.0).detach();
        self.steps = self.steps.map(next);
        self
    }

    fn class_vectors(&self) -> Option<Tensor<2>> {
        Some(self.linear.weight.val().transpose())
    }
}

#[cfg(test)]
mod tests {
    use super::super::naive::{agrees, cross_entropy, dot, length, refused, unit};
    use super::*;

    #[test]
    fn naive() {
        let device = Device::flex().autodiff();
        let of = |margin, base, least| SphereFace {
            margin,
            base,
            gamma: 0.1,
            power: 3.0,
            least,
        };
        for settings in [
            of(1, 0.0, 0.0),
            of(2, 0.0, 0.0),
            of(4, 2.0, 0.0),
            of(3, 0.1, 0.7),
        ] {
            agrees(settings.init(3, 4, &device), [3, 4], |point| {
                let weights = point.columns("linear.weight");
                let steps = point.vector("steps")[0];
                let margin = settings.margin as f64;
                let share = settings.base * (1.0 + 0.1 * steps).powf(-3.0);
                let share = share.max(settings.least);
                point.mean(|x, target| {
                    let cosine = |w: &Vec<f64>| dot(&unit(x), &unit(w));
                    let mut cosines: Vec<f64> = weights.iter().map(cosine).collect();
                    let angle = cosines[target].acos();
                    let k = (angle * margin / PI).floor();
                    let psi = (-1f64).powf(k) * (margin * angle).cos() - 2.0 * k;
                    cosines[target] = (share * cosines[target] + psi) / (1.0 + share);
                    let logits: Vec<f64> = cosines.iter().map(|c| length(x) * c).collect();
                    cross_entropy(&logits, target)
                })
            });
        }
        refused(
            "sphereface(margin=0)",
            "margin is 0, but must be at least 1",
        );
        refused(
            "sphereface(gamma=-1)",
            "gamma is -1, but must be at least 0",
        );
    }

    #[test]
    fn each_step_counts() {
        let device = Device::flex();
        let settings = SphereFace {
            base: 10.0,
            gamma: 1.0,
            power: 1.0,
            ..Default::default()
        };
        let mut head = settings.init(2, 2, &device);
        for expected in [10.0, 5.0, 10.0 / 3.0] {
            let share = head.annealing().into_scalar::<f32>();
            assert!((share - expected).abs() < 1e-5, "{share}");
            head = head.after_step(Tensor::zeros([1, 2], &device), Tensor::zeros([1], &device));
        }
    }
}
