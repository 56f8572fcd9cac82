use burn::module::{Initializer, Module, Param};
use burn::tensor::{Device, Int, Tensor};
use serde::{Deserialize, Serialize};

use super::cross_entropy::cross_entropy;
use super::geometry::{differences, of_targets, one_hot};
use super::{ClassifierHead, Method, check};

/// The settings of [`GaussianMixtureHead`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct GaussianMixture {
    /// By how much the target's distance is larger in the loss, alpha.
    pub margin: f64,
    /// The weight lambda of the likelihood, beside the classification.
    pub lambda: f64,
    /// What is learned of the classes' covariances.
    pub covariance: Covariance,
}

/// What is learned of the classes' covariances.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Covariance {
    /// Nothing: the identity.
    #[default]
    Identity,
    /// A variance for each class.
    Isotropic,
    /// A variance for each class and dimension.
    Diagonal,
}

/// As in the authors' code, where the margin grows to that.
impl Default for GaussianMixture {
    fn default() -> Self {
        Self {
            margin: 0.3,
            lambda: 0.1,
            covariance: Covariance::Identity,
        }
    }
}

impl Method for GaussianMixture {
    type Head = GaussianMixtureHead;
    const NAME: &'static str = "gaussian-mixture";
    const ABOUT: &'static str =
        "L-GM: a Gaussian a class with learned mean, cross-entropy with a margin and likelihood";

    fn title(&self) -> String {
        format!("Gaussian mixture, α = {}", self.margin)
    }

    fn validate(&self) -> Result<(), String> {
        check::not_negative("margin", self.margin)?;
        check::not_negative("lambda", self.lambda)
    }

    fn init(&self, embedding_dim: usize, classes: usize, device: &Device) -> GaussianMixtureHead {
        let normal = Initializer::Normal {
            mean: 0.0,
            std: 1.0,
        };
        let variances = match self.covariance {
            Covariance::Identity => None,
            Covariance::Isotropic => Some(1),
            Covariance::Diagonal => Some(embedding_dim),
        };
        let zeros = |columns| Initializer::Zeros.init([classes, columns], device);
        GaussianMixtureHead {
            means: normal.init([classes, embedding_dim], device),
            log_variances: variances.map(zeros),
            margin: self.margin,
            lambda: self.lambda,
        }
    }
}

/// Large-margin Gaussian mixture: with `d_j = (x - m_j)^T S_j^-1 (x - m_j)/2` the loss is the cross-entropy over
/// `-(1 + alpha [j = y]) d_j - ln |S_j|/2`, plus `lambda (d_y + ln |S_y|/2)` (Wan, Zhong, Li, Chen, *Rethinking
/// Feature Distribution for Loss Functions in Image Classification*, CVPR 2018, arXiv 1803.02988), with equal
/// priors.
///
/// The scores are `-d_j - ln |S_j|/2`, the log-density of each class up to a constant.
#[derive(Module, Debug)]
pub struct GaussianMixtureHead {
    /// `[classes, embedding_dim]`
    means: Param<Tensor<2>>,
    /// `[classes, 1]` or `[classes, embedding_dim]`
    log_variances: Option<Param<Tensor<2>>>,
    margin: f64,
    lambda: f64,
}

impl GaussianMixtureHead {
    /// `d_j`, `[batch, classes]`, and `ln |S_j|/2`, `[1, classes]`.
    fn distances(&self, embedding: Tensor<2>) -> (Tensor<2>, Tensor<2>) {
        let means = self.means.val();
        let [classes, dim] = means.dims();
        let squares = differences(embedding, means.clone()).square();
        let Some(log_variances) = &self.log_variances else {
            let volumes = Tensor::zeros([1, classes], &means.device());
            return (squares.sum_dim(2).squeeze_dim(2) * 0.5, volumes);
        };
        let log_variances = log_variances.val();
        let [_, columns] = log_variances.dims();
        let precisions = log_variances.clone().neg().exp().unsqueeze_dim::<3>(0);
        let distances = (squares * precisions).sum_dim(2).squeeze_dim(2) * 0.5;
        // A variance that serves all dimensions counts for each.
        let each = dim as f64 / columns as f64;
        let volumes = log_variances.sum_dim(1).transpose() * (0.5 * each);
        (distances, volumes)
    }
}

impl ClassifierHead for GaussianMixtureHead {
    fn scores(&self, embedding: Tensor<2>) -> Tensor<2> {
        let (distances, volumes) = self.distances(embedding);
        -(distances + volumes)
    }

    fn loss(&self, embedding: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<1> {
        let (distances, volumes) = self.distances(embedding);
        let [_, classes] = distances.dims();
        let scores = -(distances.clone() + volumes);
        let own = of_targets(scores.clone(), targets.clone());
        let margin = one_hot(targets.clone(), classes) * distances * self.margin;
        cross_entropy(scores - margin, targets) - own.mean() * self.lambda
    }

    fn reference_points(&self) -> Option<Tensor<2>> {
        Some(self.means.val())
    }
}

#[cfg(test)]
mod tests {
    use super::super::naive::{agrees, cross_entropy, refused};
    use super::*;

    #[test]
    fn naive() {
        let device = Device::flex().autodiff();
        for (margin, lambda, covariance) in [
            (0.3, 0.1, Covariance::Identity),
            (1.0, 1.0, Covariance::Isotropic),
            (0.0, 0.01, Covariance::Diagonal),
        ] {
            let settings = GaussianMixture {
                margin,
                lambda,
                covariance,
            };
            agrees(settings.init(3, 4, &device), [3, 4], |point| {
                let means = point.rows("means");
                let log_variances = match covariance {
                    Covariance::Identity => vec![vec![0.0]; 4],
                    _ => point.rows("log_variances"),
                };
                point.mean(|x, target| {
                    let mut logits = Vec::new();
                    let mut likelihood = 0.0;
                    for class in 0..4 {
                        let (mut distance, mut volume) = (0.0, 0.0);
                        for i in 0..3 {
                            let of = &log_variances[class];
                            let log_variance = of[i % of.len()];
                            distance += (x[i] - means[class][i]).powi(2) / log_variance.exp() / 2.0;
                            volume += log_variance / 2.0;
                        }
                        let factor = if class == target { 1.0 + margin } else { 1.0 };
                        logits.push(-factor * distance - volume);
                        if class == target {
                            likelihood = lambda * (distance + volume);
                        }
                    }
                    cross_entropy(&logits, target) + likelihood
                })
            });
        }
        refused(
            "gaussian-mixture(margin=-1)",
            "margin is -1, but must be at least 0",
        );
        refused(
            "gaussian-mixture(lambda=-1)",
            "lambda is -1, but must be at least 0",
        );
        refused(
            "gaussian-mixture(covariance=full)",
            "unknown variant `full`",
        );
    }
}
