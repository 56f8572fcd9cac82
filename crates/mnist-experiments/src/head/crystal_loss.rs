use burn::module::{Initializer, Module, Param};
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Int, Tensor};
use serde::{Deserialize, Serialize};

use super::cross_entropy::cross_entropy;
use super::geometry::directions;
use super::{ClassifierHead, Method, check};

/// The settings of [`CrystalLossHead`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct CrystalLoss {
    /// The length alpha that embeddings are brought to.
    pub length: f64,
    /// Whether the length is learned, from that value on.
    pub learned: bool,
}

/// Chosen on validation images (docs/study-settings.md).
impl Default for CrystalLoss {
    fn default() -> Self {
        Self {
            length: 4.0,
            learned: false,
        }
    }
}

impl Method for CrystalLoss {
    type Head = CrystalLossHead;
    const NAME: &'static str = "crystal-loss";
    const ABOUT: &'static str =
        "L2-softmax: softmax with cross-entropy of embeddings at one length";

    fn title(&self) -> String {
        "Crystal loss".into()
    }

    fn validate(&self) -> Result<(), String> {
        check::positive("length", self.length)
    }

    fn init(&self, embedding_dim: usize, classes: usize, device: &Device) -> CrystalLossHead {
        let length = Initializer::Constant { value: self.length }.init([1], device);
        CrystalLossHead {
            linear: LinearConfig::new(embedding_dim, classes).init(device),
            length: length.set_require_grad(self.learned),
        }
    }
}

/// L2-constrained softmax: cross-entropy over the logits `W^T (alpha x/|x|) + b` (Ranjan, Castillo, Chellappa,
/// *L2-constrained Softmax Loss for Discriminative Face Verification*, 2017, arXiv 1703.09507; by its
/// authors called crystal loss since *Crystal Loss and Quality Pooling for Unconstrained Face Verification and
/// Recognition*, 2018, arXiv 1804.01159).
///
/// The scores are the logits: no length of the embedding is in them.
#[derive(Module, Debug)]
pub struct CrystalLossHead {
    linear: Linear,
    /// `[1]`
    length: Param<Tensor<1>>,
}

impl ClassifierHead for CrystalLossHead {
    fn scores(&self, embedding: Tensor<2>) -> Tensor<2> {
        let scaled = directions(embedding, 1) * self.length.val().unsqueeze();
        self.linear.forward(scaled)
    }

    fn loss(&self, embedding: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<1> {
        cross_entropy(self.scores(embedding), targets)
    }

    fn class_vectors(&self) -> Option<Tensor<2>> {
        Some(self.linear.weight.val().transpose())
    }
}

#[cfg(test)]
mod tests {
    use super::super::naive::{agrees, cross_entropy, dot, refused, unit};
    use super::*;

    #[test]
    fn naive() {
        let device = Device::flex().autodiff();
        for (length, learned) in [(16.0, false), (1.0, true), (4.0, true)] {
            let settings = CrystalLoss { length, learned };
            agrees(settings.init(3, 4, &device), [3, 4], |point| {
                let weights = point.columns("linear.weight");
                let bias = point.vector("linear.bias");
                let length = point.vector("length")[0];
                point.mean(|x, target| {
                    let logits = weights.iter().zip(bias);
                    let logits = logits.map(|(w, b)| length * dot(&unit(x), w) + b);
                    cross_entropy(&logits.collect::<Vec<_>>(), target)
                })
            });
        }
        refused("crystal-loss(length=0)", "length is 0, but must be above 0");
    }
}
