//! The classification heads that are compared: one file per method, behind one trait.
//!
//! To add one: its file, a variant of [`HeadKind`] and [`Head`], a row in the tests below.

mod dome;
mod kind;
mod log_odds;
mod multi_dome;
mod sigmoid;
mod softmax;
mod tanh;

use burn::module::Module;
use burn::tensor::{Device, Int, Tensor};
use dome_burn::{DomeHead, MultiDomeHead, MultiDomeLossConfig, ReferencePointsConfig};

use dome::dome_head;
pub use kind::HeadKind;
use multi_dome::multi_dome_head;
pub use sigmoid::SigmoidHead;
pub use softmax::SoftmaxHead;
pub use tanh::TanhHead;

/// What the experiments need of a method: everything in the log domain.
pub trait ClassifierHead {
    /// Unbounded values in the log domain, the largest for the predicted class. Unless a head says
    /// otherwise: log-probabilities.
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

    /// Probabilities of the classes, which figures are made from.
    ///
    /// # Shapes
    ///
    /// - embedding: `[batch, embedding_dim]`
    /// - output: `[batch, classes]`
    fn probabilities(&self, embedding: Tensor<2>) -> Tensor<2> {
        self.scores(embedding).exp()
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

    /// Learnable parameters of the activation itself, by their names in the paper.
    fn activation_parameters(&self) -> Vec<(&'static str, Tensor<1>)> {
        Vec::new()
    }
}

/// Any of the heads.
#[allow(clippy::large_enum_variant)] // one in a model: a box would save nothing
#[derive(Module, Debug)]
pub enum Head {
    /// One logit, logistic sigmoid.
    Sigmoid(SigmoidHead),
    /// One logit, hyperbolic tangent.
    Tanh(TanhHead),
    /// One logit a class, softmax.
    Softmax(SoftmaxHead),
    /// One logit, DOME.
    Dome(DomeHead),
    /// A mode for each class, MultiDOME.
    MultiDome(MultiDomeHead),
}

impl HeadKind {
    /// The head for an embedding of the given size and so many classes. Heads with one logit tell
    /// two classes apart, see [`Task::heads`](crate::task::Task::heads).
    pub fn init(self, embedding_dim: usize, classes: usize, device: &Device) -> Head {
        use ReferencePointsConfig::{Polygon, Simplex};
        let multi_dome = |points, loss| {
            let head = multi_dome_head(embedding_dim, classes, points, loss, device);
            Head::MultiDome(head)
        };
        match self {
            Self::Sigmoid => Head::Sigmoid(SigmoidHead::new(embedding_dim, device)),
            Self::Tanh => Head::Tanh(TanhHead::new(embedding_dim, device)),
            Self::Softmax | Self::Softmax2d => {
                Head::Softmax(SoftmaxHead::new(embedding_dim, classes, device))
            }
            Self::Dome => Head::Dome(dome_head(embedding_dim, true, device)),
            Self::DomeFixed => Head::Dome(dome_head(embedding_dim, false, device)),
            Self::MultiDomeNll => multi_dome(Simplex, MultiDomeLossConfig::nll()),
            Self::MultiDomeBrier => multi_dome(Simplex, MultiDomeLossConfig::brier()),
            Self::MultiDome2d => multi_dome(Polygon, MultiDomeLossConfig::brier()),
        }
    }
}

impl Head {
    fn method(&self) -> &dyn ClassifierHead {
        match self {
            Self::Sigmoid(head) => head,
            Self::Tanh(head) => head,
            Self::Softmax(head) => head,
            Self::Dome(head) => head,
            Self::MultiDome(head) => head,
        }
    }
}

impl ClassifierHead for Head {
    fn scores(&self, embedding: Tensor<2>) -> Tensor<2> {
        self.method().scores(embedding)
    }

    fn loss(&self, embedding: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<1> {
        self.method().loss(embedding, targets)
    }

    fn probabilities(&self, embedding: Tensor<2>) -> Tensor<2> {
        self.method().probabilities(embedding)
    }

    fn calibrate(self, embedding: Tensor<2>) -> Self {
        match self {
            Self::Sigmoid(head) => Self::Sigmoid(head.calibrate(embedding)),
            Self::Tanh(head) => Self::Tanh(head.calibrate(embedding)),
            Self::Softmax(head) => Self::Softmax(head.calibrate(embedding)),
            Self::Dome(head) => Self::Dome(head.calibrate(embedding)),
            Self::MultiDome(head) => Self::MultiDome(head.calibrate(embedding)),
        }
    }

    fn reference_points(&self) -> Option<Tensor<2>> {
        self.method().reference_points()
    }

    fn activation_parameters(&self) -> Vec<(&'static str, Tensor<1>)> {
        self.method().activation_parameters()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::task::Task;
    use burn::tensor::Tolerance;

    /// What a head says about four embeddings, one of them extreme, and their targets.
    struct Outputs {
        scores: Tensor<2>,
        probabilities: Tensor<2>,
        loss: Tensor<1>,
        targets: Tensor<1, Int>,
    }

    fn outputs(kind: HeadKind, task: Task) -> Outputs {
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

    fn heads() -> impl Iterator<Item = (HeadKind, Task)> {
        let of = |task: Task| task.heads().iter().map(move |&kind| (kind, task));
        [Task::EvenOdd, Task::Digits].into_iter().flat_map(of)
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

    /// Of the heads whose scores are log-probabilities, the loss is the mean negative score of the
    /// targets.
    #[test]
    fn scores_and_loss_agree() {
        for (kind, task) in heads() {
            let out = outputs(kind, task);
            if matches!(
                kind,
                HeadKind::MultiDomeNll | HeadKind::MultiDomeBrier | HeadKind::MultiDome2d
            ) {
                continue;
            }
            let picked = out.scores.gather(1, out.targets.reshape([4, 1])).neg();
            out.loss
                .into_data()
                .assert_approx_eq::<f32>(&picked.mean().into_data(), Tolerance::relative(1e-4));
        }
    }

    #[test]
    fn the_losses_of_multi_dome() {
        let out = outputs(HeadKind::MultiDomeNll, Task::Digits);
        let own = out.probabilities.gather(1, out.targets.reshape([4, 1]));
        // The floor of the likelihood mixes a thousandth of another distribution in.
        let most = own.mul_scalar(0.999).log().neg().mean();
        assert!(out.loss.into_scalar::<f32>() <= most.into_scalar::<f32>() + 1e-5);
        // Far from all modes D is 1/n: 0.9 for a sample.
        let device = Device::flex();
        let head = HeadKind::MultiDomeBrier.init(9, 10, &device);
        let far = Tensor::<2>::full([3, 9], 50.0, &device);
        let loss = head.loss(far, Tensor::from_ints([0, 5, 9], &device));
        assert!((loss.into_scalar::<f32>() - 0.9).abs() < 1e-5);
    }

    #[test]
    fn only_the_dome_heads_are_calibrated() {
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
