use burn::module::{Module, Param};
use burn::tensor::{Device, Int, Tensor};
use dome_burn::{MultiDomeConfig, MultiDomeHead, MultiDomeHeadConfig, Projection};
use serde::{Deserialize, Serialize};

use super::cross_entropy::cross_entropy;
use super::multi_dome::Loss;
use super::{ClassifierHead, Method, check};

/// The settings of [`AnnealedDomeHead`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct AnnealedDome {
    /// What is minimised, beside the cross-entropy.
    pub loss: Loss,
    /// The factor of the cross-entropy of kappa, at least 0.
    pub cross_entropy: f64,
    /// What sigma falls to, relative to where it starts; 1 keeps it there.
    pub sigma_end: f64,
    /// The share of the training over which it falls.
    pub over: f64,
}

/// Chosen on validation images (docs/study-settings.md).
impl Default for AnnealedDome {
    fn default() -> Self {
        Self {
            loss: Loss::Nll,
            cross_entropy: 0.5,
            sigma_end: 0.5,
            over: 0.6,
        }
    }
}

impl Method for AnnealedDome {
    type Head = AnnealedDomeHead;
    const NAME: &'static str = "annealed-dome";
    const ABOUT: &'static str =
        "MultiDOME whose sigma falls in training, with a share of cross-entropy of kappa";

    fn title(&self) -> String {
        format!(
            "MultiDOME, σ to {}, cross-entropy {}",
            self.sigma_end, self.cross_entropy
        )
    }

    fn min_embedding_dim(&self, classes: usize) -> usize {
        classes - 1
    }

    fn validate(&self) -> Result<(), String> {
        check::not_negative("cross-entropy", self.cross_entropy)?;
        for (name, value) in [("sigma-end", self.sigma_end), ("over", self.over)] {
            let holds = value > 0.0 && value <= 1.0;
            check::that(holds, name, value, "above 0 and at most 1")?;
        }
        Ok(())
    }

    fn init(&self, embedding_dim: usize, classes: usize, device: &Device) -> AnnealedDomeHead {
        let multi_dome = MultiDomeConfig::new(classes)
            .with_embedding_dim(Some(embedding_dim))
            .with_learn_mu(false)
            .with_learn_sigma(false);
        let head = MultiDomeHeadConfig::new(embedding_dim, multi_dome)
            .with_projection(Projection::Never)
            // The labels were checked when the data were read.
            .with_loss(self.loss.config().with_check_targets(false))
            .init(device);
        AnnealedDomeHead {
            start: head.multi_dome.sigma.clone(),
            head,
            settings: *self,
        }
    }
}

/// The library's [`MultiDomeHead`] with the simplex of reference points, constant mu, and a sigma that falls linearly
/// over the first part of the training:
///
/// ```text
/// L(x, y)  = L_MultiDome(x, y) + c (ln sum_j e^(kappa_j) - kappa_y)
/// sigma(t) = sigma_0 (1 + (end - 1) min(t / over, 1))       t from 0 to 1, sigma_0 = 1 or what calibration made it
/// ```
///
/// The paper (section 2.4) expects sigma to become small; learned, it stays near mu, and the modes of many classes
/// overlap in the middle. The cross-entropy of kappa, for points of equal length that of a linear classifier with `W =
/// 2 mu / sigma^2 E`, has a gradient wherever a sample is, where the bounded losses have none far from every mode.
#[derive(Module, Debug)]
pub struct AnnealedDomeHead {
    head: MultiDomeHead,
    /// sigma before it falls.
    start: Param<Tensor<1>>,
    #[module(skip)]
    settings: AnnealedDome,
}

impl ClassifierHead for AnnealedDomeHead {
    fn scores(&self, embedding: Tensor<2>) -> Tensor<2> {
        self.head.scores(embedding)
    }

    fn loss(&self, embedding: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<1> {
        let loss = self.head.loss(embedding.clone(), targets.clone());
        if self.settings.cross_entropy == 0.0 {
            return loss;
        }
        loss + cross_entropy(self.head.scores(embedding), targets) * self.settings.cross_entropy
    }

    fn probabilities(&self, embedding: Tensor<2>) -> Tensor<2> {
        self.head.probabilities(embedding)
    }

    fn calibrate(self, embedding: Tensor<2>) -> Self {
        let head = self.head.calibrate(embedding);
        let sigma = head.multi_dome.sigma.val();
        Self {
            start: self.start.map(|_| sigma),
            head,
            ..self
        }
    }

    fn has_schedule(&self) -> bool {
        self.settings.sigma_end < 1.0
    }

    fn at(mut self, progress: f64) -> Self {
        let AnnealedDome {
            sigma_end, over, ..
        } = self.settings;
        let factor = 1.0 + (sigma_end - 1.0) * (progress / over).min(1.0);
        let sigma = self.start.val() * factor;
        let of_head = self.head.multi_dome.sigma;
        self.head.multi_dome.sigma = of_head.map(|_| sigma.detach().set_require_grad(false));
        self
    }

    fn reference_points(&self) -> Option<Tensor<2>> {
        self.head.reference_points()
    }

    fn activation_parameters(&self) -> Vec<(&'static str, Tensor<1>)> {
        self.head.activation_parameters()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Tolerance;

    fn head(text: &str, device: &Device) -> AnnealedDomeHead {
        let settings = match text.parse::<super::super::HeadConfig>().unwrap() {
            super::super::HeadConfig::AnnealedDome(settings) => settings,
            other => panic!("{other:?}"),
        };
        settings.init(9, 10, device)
    }

    fn sigma(head: &AnnealedDomeHead) -> f32 {
        head.head.multi_dome.sigma.val().into_scalar()
    }

    #[test]
    fn sigma_falls_and_stays() {
        let device = Device::flex();
        let mut head = head("annealed-dome(sigma-end=0.4, over=0.5)", &device);
        for (progress, right) in [(0.0, 1.0), (0.25, 0.7), (0.5, 0.4), (1.0, 0.4)] {
            head = head.at(progress);
            assert!((sigma(&head) - right).abs() < 1e-6, "{}", sigma(&head));
        }
        // From where calibration left it.
        let large = Tensor::<2>::full([5, 9], 200.0, &device);
        head = head.at(0.0).calibrate(large);
        let start = sigma(&head);
        assert!(start > 10.0);
        head = head.at(1.0);
        assert!((sigma(&head) / start - 0.4).abs() < 1e-6);
    }

    #[test]
    fn the_loss_has_its_share_of_cross_entropy() {
        let device = Device::flex();
        let of = |share: f64| head(&format!("annealed-dome(cross-entropy={share})"), &device);
        let embedding = Tensor::<2>::full([2, 9], 0.4, &device);
        let targets = Tensor::<1, Int>::from_ints([3, 0], &device);
        let [without, with] = [0.0, 0.25].map(|c| of(c).loss(embedding.clone(), targets.clone()));
        let kappa = of(0.0).scores(embedding).try_to_vec_as::<f32>().unwrap();
        let own = |row: &[f32], y: usize| row.iter().map(|k| k.exp()).sum::<f32>().ln() - row[y];
        let entropy = (own(&kappa[..10], 3) + own(&kappa[10..], 0)) / 2.0;
        (with - without).into_data().assert_approx_eq::<f32>(
            &Tensor::<1>::from_floats([0.25 * entropy], &device).into_data(),
            Tolerance::relative(1e-5),
        );
    }
}
