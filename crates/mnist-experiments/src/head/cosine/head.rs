use burn::module::{Initializer, Module, Param};
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Int, Tensor};

use super::{Margin, cosines, replace_targets};
use crate::head::ClassifierHead;
use crate::head::cross_entropy::cross_entropy;

/// Softmax over `s cos theta_j`, theta_j being the angle between the embedding and the weights of class j,
/// trained by cross-entropy with the target's cosine replaced by that of a margin rule.
///
/// The scores are `s cos theta_j`, without the margin: no length of the embedding is in them.
#[derive(Module, Debug)]
pub struct CosineHead {
    linear: Linear,
    /// `[1]`
    scale: Param<Tensor<1>>,
    #[module(skip)]
    margin: Option<Margin>,
}

impl CosineHead {
    /// An untrained head; the scale s is learned or not.
    pub(in crate::head) fn new(
        [embedding_dim, classes]: [usize; 2],
        (scale, learned): (f64, bool),
        margin: Option<Margin>,
        device: &Device,
    ) -> Self {
        let linear = LinearConfig::new(embedding_dim, classes).with_bias(false);
        let scale = Initializer::Constant { value: scale }.init([1], device);
        Self {
            linear: linear.init(device),
            scale: scale.set_require_grad(learned),
            margin,
        }
    }
}

impl ClassifierHead for CosineHead {
    fn scores(&self, embedding: Tensor<2>) -> Tensor<2> {
        cosines(&self.linear, embedding) * self.scale.val().unsqueeze()
    }

    fn loss(&self, embedding: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<1> {
        let mut cosines = cosines(&self.linear, embedding);
        if let Some(margin) = self.margin {
            cosines = replace_targets(cosines, targets.clone(), |own| margin.of(own));
        }
        cross_entropy(cosines * self.scale.val().unsqueeze(), targets)
    }

    fn class_vectors(&self) -> Option<Tensor<2>> {
        Some(self.linear.weight.val().transpose())
    }
}
