//! The classification heads that are compared: one file per method, behind one trait.
//!
//! To add one: its file, a variant of [`HeadKind`] and [`Head`], a row in the tests below.

mod dome;
mod kind;
mod log_odds;
mod sigmoid;
mod softmax;
mod tanh;

use burn::module::Module;
use burn::tensor::{Device, Int, Tensor};

pub use dome::DomeHead;
pub use kind::HeadKind;
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
}

impl HeadKind {
    /// The head for an embedding of the given size and so many classes. Heads with one logit tell
    /// two classes apart, see [`Task::heads`](crate::task::Task::heads).
    pub fn init(self, embedding_dim: usize, classes: usize, device: &Device) -> Head {
        match self {
            Self::Sigmoid => Head::Sigmoid(SigmoidHead::new(embedding_dim, device)),
            Self::Tanh => Head::Tanh(TanhHead::new(embedding_dim, device)),
            Self::Softmax | Self::Softmax2d => {
                Head::Softmax(SoftmaxHead::new(embedding_dim, classes, device))
            }
            Self::Dome => Head::Dome(DomeHead::new(embedding_dim, true, device)),
            Self::DomeFixed => Head::Dome(DomeHead::new(embedding_dim, false, device)),
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
    use burn::tensor::Tolerance;

    /// Of every head: probabilities sum to 1, and the loss is the mean negative log-probability of
    /// the targets, at small and at extreme embeddings.
    #[test]
    fn scores_and_loss_agree() {
        let device = Device::flex();
        for kind in HeadKind::ALL {
            let head = kind.init(2, 2, &device);
            let rows = [[0.3, -0.8], [1.5, 0.2], [-2.0, 1.0], [40.0, -25.0]];
            let embedding = Tensor::<2>::from_floats(rows, &device);
            let targets = Tensor::<1, Int>::from_ints([1, 0, 1, 0], &device);

            let scores = head.scores(embedding.clone());
            let sums = scores.clone().exp().sum_dim(1).into_data();
            let ones = Tensor::<2>::ones([4, 1], &device).into_data();
            sums.assert_approx_eq::<f32>(&ones, Tolerance::absolute(1e-5));

            let picked = scores
                .gather(1, targets.clone().reshape([4, 1]))
                .neg()
                .mean();
            head.loss(embedding, targets)
                .into_data()
                .assert_approx_eq::<f32>(&picked.into_data(), Tolerance::relative(1e-4));
        }
    }
}
