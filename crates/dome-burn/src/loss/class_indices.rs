use burn::nn::loss::Reduction;
use burn::tensor::{Device, Int, Tensor};

use crate::op::multi_dome::{Score, Targets};
use crate::op::{cast, multi_dome_loss};
use crate::{MultiDome, functional};

/// What the losses of class indices have in common.
pub(super) struct Options<'a> {
    pub loss: &'static str,
    pub weights: &'a Option<Tensor<1>>,
    pub smoothing: Option<f32>,
    pub reduction: &'a Reduction,
    pub score: Score,
}

impl Options<'_> {
    /// The reduced loss. The mean is one over the weights, as in Burn's `CrossEntropyLoss`.
    pub fn forward(
        &self,
        multi_dome: &MultiDome,
        embedding: Tensor<2>,
        classes: Tensor<1, Int>,
    ) -> Tensor<1> {
        let (output, [batch, _]) = (embedding.dtype(), embedding.dims());
        let is_weighted = self.weights.is_some();
        // A mean over the samples is the sum of their shares in it.
        let scale = match self.reduction {
            Reduction::Sum => 1.0,
            Reduction::Mean | Reduction::Auto if is_weighted => 1.0,
            _ => 1.0 / batch as f64,
        };
        let (losses, targets) = self.losses(multi_dome, embedding, classes, scale);
        let sum = losses.sum();
        let loss = match (self.reduction, targets.sample_weights()) {
            (Reduction::Mean | Reduction::Auto, Some(weights)) => {
                let dtype = sum.dtype();
                sum / cast(weights, dtype).sum()
            }
            (Reduction::Sum, _) => sum,
            // The mean of nothing, as in Burn's losses.
            _ if batch == 0 => sum * f64::NAN,
            _ => sum,
        };
        cast(loss, output)
    }

    /// The loss of each sample.
    pub fn forward_no_reduction(
        &self,
        multi_dome: &MultiDome,
        embedding: Tensor<2>,
        classes: Tensor<1, Int>,
    ) -> Tensor<1> {
        let output = embedding.dtype();
        cast(self.losses(multi_dome, embedding, classes, 1.0).0, output)
    }

    /// The losses times `scale`, in the type that is computed in, of checked inputs.
    fn losses(
        &self,
        multi_dome: &MultiDome,
        embedding: Tensor<2>,
        classes: Tensor<1, Int>,
        scale: f64,
    ) -> (Tensor<1>, Targets) {
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
        functional::check_multi_dome(&embedding, &mu, &sigma, points);
        let targets = Targets {
            classes,
            smoothing: self.smoothing.map_or(0.0, f64::from),
            weights: self.weights.clone(),
        };
        let losses = multi_dome_loss(embedding, mu, sigma, points, &targets, self.score, scale);
        (losses, targets)
    }
}

pub(super) fn weights(weights: &Option<Vec<f32>>, device: &Device) -> Option<Tensor<1>> {
    let device = device.clone().without_autodiff();
    weights.as_deref().map(|w| Tensor::from_floats(w, &device))
}

/// What the tests of the losses have in common.
#[cfg(test)]
pub(super) mod fixture {
    use super::*;
    use crate::MultiDomeConfig;

    /// At the origin all classes are alike; at a mode of sigma = 1/2 its own is almost sure. One
    /// sample at its own mode, one at another class's, one at the origin.
    pub fn batch() -> (MultiDome, Tensor<2>, Tensor<1, Int>) {
        let device = Default::default();
        let multi_dome = MultiDomeConfig::new(3).with_sigma(0.5).init(&device);
        let points = multi_dome.reference_points.values(&device);
        let embedding = Tensor::cat(
            vec![points.narrow(0, 0, 2), Tensor::zeros([1, 2], &device)],
            0,
        );
        let targets = Tensor::<1, Int>::from_ints([0, 2, 1], &device);
        (multi_dome, embedding, targets)
    }

    /// Three samples, two targets.
    pub fn misfit() -> (MultiDome, Tensor<2>, Tensor<1, Int>) {
        let (multi_dome, embedding, targets) = batch();
        (multi_dome, embedding, targets.narrow(0, 0, 2))
    }

    #[track_caller]
    pub fn close(actual: f32, expected: f32) {
        assert!(
            (actual - expected).abs() < 1e-4 * expected.abs() + 1e-5,
            "{actual} {expected}"
        );
    }
}
