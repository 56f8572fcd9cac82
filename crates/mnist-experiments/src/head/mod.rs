//! The classification heads that are compared: one file per method, and a line in the list below.

mod check;
mod config;
mod cosine;
mod cross_entropy;
#[cfg(test)]
mod extremes;
mod geometry;
mod list;
mod log_odds;
mod loss;
mod method;
#[cfg(test)]
mod naive;
mod simplex;

use burn::module::Module;
use burn::tensor::activation::softmax;
use burn::tensor::{Device, Int, Tensor};

pub use config::InvalidHead;
pub(crate) use config::tables;
pub use cosine::CosineHead;
pub use loss::{LossScope, ParameterGroup};
pub use method::Method;

use method::{AnyMethod, Settings, names, with};

list::methods! {
    sigmoid::Sigmoid => SigmoidHead,
    tanh::Tanh => TanhHead,
    softmax::Softmax => SoftmaxHead,
    logit_norm::LogitNorm => LogitNormHead,
    center_loss::CenterLoss => CenterLossHead,
    ring_loss::RingLoss => RingLossHead,
    crystal_loss::CrystalLoss => CrystalLossHead,
    gaussian_mixture::GaussianMixture => GaussianMixtureHead,
    sphereface::SphereFace => SphereFaceHead,
    normface::NormFace => CosineHead,
    cosface::CosFace => CosineHead,
    arcface::ArcFace => CosineHead,
    sphereface2::SphereFace2 => SphereFace2Head,
    hyperspherical_energy::HypersphericalEnergy => HypersphericalEnergyHead,
    differential_entropy::DifferentialEntropy => DifferentialEntropyHead,
    fixed_etf::FixedEtf => FixedEtfHead,
    max_mahalanobis::MaxMahalanobis => MaxMahalanobisHead,
    duq::Duq => DuqHead,
    class_anchors::ClassAnchors => ClassAnchorsHead,
    dome::Dome => dome_burn::DomeHead,
    multi_dome::MultiDome => dome_burn::MultiDomeHead,
    annealed_dome::AnnealedDome => AnnealedDomeHead,
}

/// What the experiments need of a method: everything in the log domain.
///
/// A step minimises the mean of [`loss`](Self::loss) over a batch plus [`penalty`](Self::penalty). The
/// result depends neither on how a batch is cut into shards nor on threads, if the loss is what
/// [`loss_scope`](Self::loss_scope) says. Running state, such as a moving mean of each class, is a parameter without
/// gradient, so that it is saved with the model, and changes in [`after_step`](Self::after_step) alone.
pub trait ClassifierHead {
    /// Values in the log domain that nothing cuts off, the largest for the predicted class: logits, log-probabilities
    /// or log-densities, as each head says.
    ///
    /// # Shapes
    ///
    /// - embedding: `[batch, embedding_dim]`
    /// - output: `[batch, classes]`
    fn scores(&self, embedding: Tensor<2>) -> Tensor<2>;

    /// The method's training loss, the mean over the batch.
    ///
    /// # Shapes
    ///
    /// - embedding: `[batch, embedding_dim]`
    /// - targets: `[batch]`, class indices
    /// - output: `[1]`
    fn loss(&self, embedding: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<1>;

    /// What [`loss`](Self::loss) is a value of.
    fn loss_scope(&self) -> LossScope {
        LossScope::PerSample
    }

    /// A part of the loss that depends on parameters alone, `[1]`; added once a step.
    fn penalty(&self) -> Option<Tensor<1>> {
        None
    }

    /// Whether [`after_step`](Self::after_step) changes anything.
    fn has_running_state(&self) -> bool {
        false
    }

    /// The head with its running state moved on, after a step of the optimizer, by the whole batch's
    /// embedding before the step.
    ///
    /// # Shapes
    ///
    /// - embedding: `[batch, embedding_dim]`, without gradients
    /// - targets: `[batch]`, class indices
    fn after_step(self, _embedding: Tensor<2>, _targets: Tensor<1, Int>) -> Self
    where
        Self: Sized,
    {
        self
    }

    /// Whether [`at`](Self::at) changes anything.
    fn has_schedule(&self) -> bool {
        false
    }

    /// The head as it is to be at this share of the training, from 0 before the first step to 1 after the last one.
    fn at(self, _progress: f64) -> Self
    where
        Self: Sized,
    {
        self
    }

    /// Parameters with a learning rate or a weight decay of their own.
    fn parameter_groups(&self) -> Vec<ParameterGroup> {
        Vec::new()
    }

    /// Probabilities of the classes, which figures are made from: unless a head says otherwise, the softmax of its
    /// scores.
    ///
    /// # Shapes
    ///
    /// - embedding: `[batch, embedding_dim]`
    /// - output: `[batch, classes]`
    fn probabilities(&self, embedding: Tensor<2>) -> Tensor<2> {
        softmax(self.scores(embedding), 1)
    }

    /// The head with its activation fitted to the scale of an untrained network's first batch.
    ///
    /// DOME has no gradient many sigmas away from its modes; where a batch lies there, training
    /// could not start. A head that learns at any scale stays as it is.
    ///
    /// # Shapes
    ///
    /// - embedding: `[batch, embedding_dim]`
    fn calibrate(self, _embedding: Tensor<2>) -> Self
    where
        Self: Sized,
    {
        self
    }

    /// Where the classes' modes lie in the embedding, if the head places them there.
    ///
    /// # Shapes
    ///
    /// - output: `[classes, embedding_dim]`
    fn reference_points(&self) -> Option<Tensor<2>> {
        None
    }

    /// The vectors of the classes, in whose direction the evidence for a class grows: rows of a last layer, or the
    /// [reference points](Self::reference_points). Those of the two classes of one logit `w x` are -w and w.
    ///
    /// # Shapes
    ///
    /// - output: `[classes, embedding_dim]`
    fn class_vectors(&self) -> Option<Tensor<2>> {
        self.reference_points()
    }

    /// Learned numbers of the head that [`calibrate`](Self::calibrate) sets, by their names in the paper.
    fn activation_parameters(&self) -> Vec<(&'static str, Tensor<1>)> {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::extremes::heads;
    use super::*;
    use crate::task::Task;
    use burn::tensor::Tolerance;
    use burn::tensor::activation::log_softmax;

    /// What a head says about four embeddings, one of them extreme, and their targets.
    struct Outputs {
        scores: Tensor<2>,
        probabilities: Tensor<2>,
        loss: Tensor<1>,
        targets: Tensor<1, Int>,
    }

    fn outputs(kind: HeadConfig, task: Task) -> Outputs {
        let device = Device::flex();
        let dim = kind.embedding_dim(task.embedding_dim());
        let head = kind.init(dim, task.classes(), &device);
        let rows = [[0.3, -0.8], [1.5, 0.2], [-2.0, 1.0], [40.0, -25.0]];
        let embedding = Tensor::<2>::from_floats(rows, &device);
        let embedding = embedding.repeat_dim(1, dim.div_ceil(2)).narrow(1, 0, dim);
        let targets = Tensor::<1, Int>::from_ints([1, 0, 1, 0], &device);
        Outputs {
            scores: head.scores(embedding.clone()),
            probabilities: head.probabilities(embedding.clone()),
            loss: head.loss(embedding, targets.clone()),
            targets,
        }
    }

    fn head(name: &str) -> HeadConfig {
        name.parse().unwrap()
    }

    /// Probabilities sum to 1, the largest belongs to the largest score, and the loss is finite.
    #[test]
    fn probabilities_go_with_the_scores() {
        for (kind, task) in heads() {
            let out = outputs(kind, task);
            assert_eq!(out.scores.dims(), [4, task.classes()], "{kind}");
            let sums = out.probabilities.clone().sum_dim(1).into_data();
            let ones = Tensor::<2>::ones([4, 1], &Device::flex()).into_data();
            sums.assert_approx_eq::<f32>(&ones, Tolerance::absolute(1e-5));

            let best = out.scores.argmax(1);
            let of_best = out.probabilities.clone().gather(1, best).into_data();
            let largest = out.probabilities.max_dim(1).into_data();
            of_best.assert_approx_eq::<f32>(&largest, Tolerance::absolute(1e-6));
            assert!(out.loss.into_scalar::<f32>().is_finite(), "{kind}");
        }
    }

    /// Of these, the loss is the mean negative score of the targets.
    #[test]
    fn scores_and_loss_agree() {
        for (name, task) in [
            ("sigmoid", Task::EvenOdd),
            ("tanh", Task::EvenOdd),
            ("dome", Task::EvenOdd),
            ("dome-fixed", Task::EvenOdd),
            ("softmax", Task::Digits),
            ("softmax-2d", Task::Digits),
        ] {
            let out = outputs(head(name), task);
            // Where scores are log-probabilities already, it changes nothing.
            let picked = log_softmax(out.scores, 1);
            let picked = picked.gather(1, out.targets.reshape([4, 1])).neg();
            out.loss
                .into_data()
                .assert_approx_eq::<f32>(&picked.mean().into_data(), Tolerance::relative(1e-4));
        }
    }

    #[test]
    fn the_losses_of_multi_dome() {
        let out = outputs(head("multi-dome-nll"), Task::Digits);
        let own = out.probabilities.gather(1, out.targets.reshape([4, 1]));
        // The floor of the likelihood mixes a thousandth of another distribution in.
        let most = own.mul_scalar(0.999).log().neg().mean();
        assert!(out.loss.into_scalar::<f32>() <= most.into_scalar::<f32>() + 1e-5);
        // Far from all modes D is 1/n: 0.9 for a sample.
        let device = Device::flex();
        let brier = head("multi-dome-brier").init(9, 10, &device);
        let far = Tensor::<2>::full([3, 9], 50.0, &device);
        let loss = brier.loss(far, Tensor::from_ints([0, 5, 9], &device));
        assert!((loss.into_scalar::<f32>() - 0.9).abs() < 1e-5);
    }

    #[test]
    fn numbers_that_are_calibrated_grow_with_the_scale() {
        let device = Device::flex();
        for (kind, task) in heads() {
            let dim = kind.embedding_dim(task.embedding_dim());
            let head = kind.init(dim, task.classes(), &device);
            let large = Tensor::<2>::full([5, dim], 200.0, &device);
            let before = head.activation_parameters();
            let after = head.calibrate(large).activation_parameters();
            assert_eq!(before.len(), after.len());
            for ((name, before), (_, after)) in before.into_iter().zip(after) {
                let [before, after] = [before, after].map(|value| value.into_scalar::<f32>());
                assert!(after > before, "{kind}: {name} {before} became {after}");
            }
        }
    }
}
