use burn::module::Module;
use burn::tensor::{Device, Int, Tensor};
use serde::{Deserialize, Serialize};

use super::geometry::{of_targets, squared_distances};
use super::simplex::simplex;
use super::{ClassifierHead, Method, check};

/// The settings of [`MaxMahalanobisHead`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct MaxMahalanobis {
    /// The length C_MM of the centers.
    pub length: f64,
}

/// Chosen on validation images (docs/study-settings.md); the paper's 10 is for 256 dimensions behind a batch normalization.
impl Default for MaxMahalanobis {
    fn default() -> Self {
        Self { length: 1.0 }
    }
}

impl Method for MaxMahalanobis {
    type Head = MaxMahalanobisHead;
    const NAME: &'static str = "mmc";
    const ABOUT: &'static str =
        "Max-Mahalanobis centers: the squared distance to fixed points of a simplex";

    fn title(&self) -> String {
        "MMC".into()
    }

    fn min_embedding_dim(&self, classes: usize) -> usize {
        classes - 1
    }

    fn validate(&self) -> Result<(), String> {
        check::positive("length", self.length)
    }

    fn init(&self, embedding_dim: usize, classes: usize, device: &Device) -> MaxMahalanobisHead {
        MaxMahalanobisHead {
            centers: simplex([embedding_dim, classes], self.length, device),
        }
    }
}

/// Max-Mahalanobis centers: `|x - mu_y|^2/2`, the centers mu_j being fixed at the vertices of a regular simplex of
/// length C_MM, where the smallest of their distances is largest (Pang, Xu, Dong, Du, Chen, Zhu, *Rethinking
/// Softmax Cross-Entropy Loss for Adversarial Robustness*, ICLR 2020, arXiv 1905.10626).
///
/// The scores are `-|x - mu_j|^2/2`, the log-density of each class up to a constant, if all have variance 1.
#[derive(Module, Debug)]
pub struct MaxMahalanobisHead {
    /// `[classes, embedding_dim]`
    centers: Tensor<2>,
}

impl ClassifierHead for MaxMahalanobisHead {
    fn scores(&self, embedding: Tensor<2>) -> Tensor<2> {
        squared_distances(embedding, self.centers.clone()) * -0.5
    }

    fn loss(&self, embedding: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<1> {
        -of_targets(self.scores(embedding), targets).mean()
    }

    fn reference_points(&self) -> Option<Tensor<2>> {
        Some(self.centers.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::super::naive::{agrees, refused, rows_of, squared_distance};
    use super::*;

    #[test]
    fn naive() {
        let device = Device::flex().autodiff();
        for length in [10.0, 1.0] {
            let head = MaxMahalanobis { length }.init(3, 4, &device);
            let centers = rows_of(&head.centers);
            agrees(head, [3, 4], |point| {
                point.mean(|x, target| squared_distance(x, &centers[target]) / 2.0)
            });
        }
        refused("mmc(length=0)", "length is 0, but must be above 0");
    }
}
