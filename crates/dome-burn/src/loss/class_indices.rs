use burn::nn::loss::Reduction;
use burn::tensor::{Device, Int, Tensor};

use crate::op::cast;
use crate::op::multi_dome::Targets;
use crate::{InvalidConfig, MultiDome, functional};

/// What the losses of class indices have in common.
pub(super) struct Options<'a> {
    pub loss: &'static str,
    pub weights: &'a Option<Tensor<1>>,
    pub smoothing: Option<f32>,
    pub reduction: &'a Reduction,
}

impl Options<'_> {
    /// Scores and targets, checked against each other.
    pub(super) fn prepare(
        &self,
        multi_dome: &MultiDome,
        embedding: Tensor<2>,
        classes: Tensor<1, Int>,
    ) -> (Tensor<2>, Targets) {
        let ([batch, _], [targets]) = (embedding.dims(), classes.dims());
        let (loss, points) = (self.loss, &multi_dome.reference_points);
        assert!(
            batch == targets,
            "{loss}: {targets} targets for a batch of {batch}; give one class index a sample"
        );
        if let Some(weights) = self.weights {
            let [count] = weights.dims();
            let classes = points.classes;
            assert!(
                count == classes,
                "{loss}: {count} weights for {classes} classes; give one a class"
            );
        }
        let (mu, sigma) = (multi_dome.mu.val(), multi_dome.sigma.val());
        let targets = Targets {
            classes,
            smoothing: self.smoothing.map_or(0.0, f64::from),
            weights: self.weights.clone(),
        };
        (
            functional::multi_dome_kappa(embedding, mu, sigma, points),
            targets,
        )
    }

    /// The mean is one over the weights, as in Burn's `CrossEntropyLoss`.
    pub(super) fn reduce(&self, losses: Tensor<1>, targets: &Targets) -> Tensor<1> {
        match (self.reduction, targets.sample_weights()) {
            (Reduction::Sum, _) => losses.sum(),
            (Reduction::BatchMean, _) | (_, None) => losses.mean(),
            (Reduction::Mean | Reduction::Auto, Some(weights)) => {
                let dtype = losses.dtype();
                losses.sum() / cast(weights, dtype).sum()
            }
        }
    }
}

pub(super) fn validate(
    weights: &Option<Vec<f32>>,
    smoothing: Option<f32>,
) -> Result<(), InvalidConfig> {
    if let Some(smoothing) = smoothing {
        let valid = (0.0..=1.0).contains(&smoothing);
        InvalidConfig::check(valid, "smoothing", smoothing, "in the interval [0, 1]")?;
    }
    for weight in weights.iter().flatten() {
        let valid = weight.is_finite() && *weight > 0.0;
        InvalidConfig::check(valid, "a class weight", weight, "a positive finite number")?;
    }
    Ok(())
}

pub(super) fn weights(weights: &Option<Vec<f32>>, device: &Device) -> Option<Tensor<1>> {
    let device = device.clone().without_autodiff();
    weights.as_deref().map(|w| Tensor::from_floats(w, &device))
}
