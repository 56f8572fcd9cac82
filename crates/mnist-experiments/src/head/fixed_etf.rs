use burn::module::Module;
use burn::tensor::{Device, Int, Tensor};
use serde::{Deserialize, Serialize};

use super::cross_entropy::cross_entropy;
use super::geometry::{directions, of_targets};
use super::simplex::simplex;
use super::{ClassifierHead, Method, check};

/// The settings of [`FixedEtfHead`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct FixedEtf {
    /// The length of the classes' vectors.
    pub length: f64,
    /// What is minimised.
    pub loss: EtfLoss,
}

/// What is minimised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EtfLoss {
    /// Cross-entropy over the products of embedding and classes' vectors.
    #[default]
    CrossEntropy,
    /// The squared difference of the target's cosine from 1.
    DotRegression,
}

impl FixedEtf {
    const CROSS_ENTROPY: Self = Self {
        length: 20.0,
        loss: EtfLoss::CrossEntropy,
    };
    const DOT_REGRESSION: Self = Self {
        length: 10.0,
        loss: EtfLoss::DotRegression,
    };
}

/// The length was chosen on validation images (docs/study-settings.md); that of dot regression makes no difference.
impl Default for FixedEtf {
    fn default() -> Self {
        Self::CROSS_ENTROPY
    }
}

impl Method for FixedEtf {
    type Head = FixedEtfHead;
    const NAME: &'static str = "etf";
    const ABOUT: &'static str =
        "fixed class weights at the vertices of a simplex (equiangular tight frame)";
    const NAMED: &'static [(&'static str, Self)] = &[
        ("etf", Self::CROSS_ENTROPY),
        ("etf-dot", Self::DOT_REGRESSION),
    ];

    fn title(&self) -> String {
        match self.loss {
            EtfLoss::CrossEntropy => "Fixed ETF".into(),
            EtfLoss::DotRegression => "Fixed ETF, dot regression".into(),
        }
    }

    fn min_embedding_dim(&self, classes: usize) -> usize {
        classes - 1
    }

    fn validate(&self) -> Result<(), String> {
        check::positive("length", self.length)
    }

    fn init(&self, embedding_dim: usize, classes: usize, device: &Device) -> FixedEtfHead {
        FixedEtfHead {
            vectors: simplex([embedding_dim, classes], self.length, device),
            settings: *self,
        }
    }
}

/// Classes' vectors w_j that are not learned, at the vertices of a regular simplex with 0 as its center, a simplex
/// equiangular tight frame, in which the last layer of a trained network ends (neural collapse).
///
/// The loss is cross-entropy over `<w_j, x>` (Zhu et al., *A Geometric Analysis of Neural Collapse with
/// Unconstrained Features*, NeurIPS 2021, arXiv 2105.02375) or the dot regression `(cos(w_y, x) - 1)^2/2`
/// (Yang et al., *Inducing Neural Collapse in Imbalanced Learning: Do We Really Need a Learnable Classifier at
/// the End of Deep Neural Network?*, NeurIPS 2022, arXiv 2203.09081, whose factors E_W and E_H it leaves out:
/// vectors and embeddings count at length 1).
///
/// The scores are `<w_j, x>`; dot regression gives them no scale, so that its probabilities, their softmax, mean
/// little.
#[derive(Module, Debug)]
pub struct FixedEtfHead {
    /// `[classes, embedding_dim]`
    vectors: Tensor<2>,
    #[module(skip)]
    settings: FixedEtf,
}

impl ClassifierHead for FixedEtfHead {
    fn scores(&self, embedding: Tensor<2>) -> Tensor<2> {
        embedding.matmul(self.vectors.clone().transpose())
    }

    fn loss(&self, embedding: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<1> {
        match self.settings.loss {
            EtfLoss::CrossEntropy => cross_entropy(self.scores(embedding), targets),
            EtfLoss::DotRegression => {
                let products = self.scores(directions(embedding, 1));
                let cosines = of_targets(products, targets) / self.settings.length;
                (cosines - 1.0).square().mean() * 0.5
            }
        }
    }

    fn class_vectors(&self) -> Option<Tensor<2>> {
        Some(self.vectors.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::super::naive::{agrees, cross_entropy, dot, refused, rows_of, unit};
    use super::*;

    #[test]
    fn naive() {
        let device = Device::flex().autodiff();
        for (length, loss) in [
            (1.0, EtfLoss::CrossEntropy),
            (5.0, EtfLoss::CrossEntropy),
            (1.0, EtfLoss::DotRegression),
            (5.0, EtfLoss::DotRegression),
        ] {
            for dim in [3, 5] {
                let head = FixedEtf { length, loss }.init(dim, 4, &device);
                let vectors = rows_of(&head.vectors);
                agrees(head, [dim, 4], |point| {
                    point.mean(|x, target| {
                        let logits: Vec<f64> = vectors.iter().map(|w| dot(x, w)).collect();
                        match loss {
                            EtfLoss::CrossEntropy => cross_entropy(&logits, target),
                            EtfLoss::DotRegression => {
                                (dot(&unit(x), &unit(&vectors[target])) - 1.0).powi(2) / 2.0
                            }
                        }
                    })
                });
            }
        }
        refused("etf(length=0)", "length is 0, but must be above 0");
        refused("etf(loss=square)", "unknown variant `square`");
    }
}
