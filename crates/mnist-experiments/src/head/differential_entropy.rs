use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Int, Tensor};
use serde::{Deserialize, Serialize};

use super::cross_entropy::cross_entropy;
use super::geometry::{directions, lengths};
use super::{ClassifierHead, LossScope, Method, check};

/// The settings of [`DifferentialEntropyHead`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct DifferentialEntropy {
    /// The weight lambda of the entropy, beside cross-entropy.
    pub lambda: f64,
}

/// As in the authors' code.
impl Default for DifferentialEntropy {
    fn default() -> Self {
        Self { lambda: 0.05 }
    }
}

impl Method for DifferentialEntropy {
    type Head = DifferentialEntropyHead;
    const NAME: &'static str = "koleo";
    const ABOUT: &'static str =
        "softmax with cross-entropy, and the entropy of the embeddings' directions (KoLeo)";

    fn title(&self) -> String {
        format!("Differential entropy, λ = {}", self.lambda)
    }

    fn validate(&self) -> Result<(), String> {
        check::not_negative("lambda", self.lambda)
    }

    fn init(
        &self,
        embedding_dim: usize,
        classes: usize,
        device: &Device,
    ) -> DifferentialEntropyHead {
        let linear = LinearConfig::new(embedding_dim, classes).with_bias(false);
        DifferentialEntropyHead {
            linear: linear.init(device),
            lambda: self.lambda,
        }
    }
}

/// Softmax with cross-entropy over bias-free logits, plus `-(lambda/n) sum_i ln(n min_(j != i) |u_i - u_j|)` over the
/// directions u_i of the n embeddings of a batch: up to a constant minus the differential entropy by Kozachenko and
/// Leonenko, which spreads the embeddings over the sphere (Sablayrolles, Douze, Schmid, Jégou, *Spreading
/// vectors for similarity search*, ICLR 2019, arXiv 1806.03198).
///
/// It is a loss of the whole batch; a sample alone has no entropy. The scores are the logits.
#[derive(Module, Debug)]
pub struct DifferentialEntropyHead {
    linear: Linear,
    lambda: f64,
}

/// The mean of `-ln(n min_(j != i) |u_i - u_j|)`; `[1]`.
fn nearest_neighbours(embedding: Tensor<2>) -> Tensor<1> {
    let [count, _] = embedding.dims();
    let points = directions(embedding, 1);
    // The neighbours are chosen by products, and their distances computed from differences, which are exact.
    let detached = points.clone().without_autodiff();
    let itself = Tensor::<2>::eye(count, &detached.device());
    let products = detached.clone().matmul(detached.transpose()) - itself * 4.0;
    let neighbours: Tensor<1, Int> = products.argmax(1).squeeze_dim(1);
    let distances = lengths(points.clone() - points.select(0, neighbours), 1);
    -(distances * count as f64).log().mean()
}

impl ClassifierHead for DifferentialEntropyHead {
    fn scores(&self, embedding: Tensor<2>) -> Tensor<2> {
        self.linear.forward(embedding)
    }

    fn loss(&self, embedding: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<1> {
        let loss = cross_entropy(self.scores(embedding.clone()), targets);
        match embedding.dims() {
            [1, _] => loss,
            _ => loss + nearest_neighbours(embedding) * self.lambda,
        }
    }

    fn loss_scope(&self) -> LossScope {
        LossScope::WholeBatch
    }

    fn class_vectors(&self) -> Option<Tensor<2>> {
        Some(self.linear.weight.val().transpose())
    }
}

#[cfg(test)]
mod tests {
    use super::super::naive::{agrees, cross_entropy, dot, refused, squared_distance, unit};
    use super::*;

    #[test]
    fn naive() {
        let device = Device::flex().autodiff();
        for lambda in [0.05, 1.0] {
            agrees(
                DifferentialEntropy { lambda }.init(3, 4, &device),
                [3, 4],
                |point| {
                    let weights = point.columns("linear.weight");
                    let points: Vec<Vec<f64>> = point.x.iter().map(|x| unit(x)).collect();
                    let mut entropy = 0.0;
                    for (i, of) in points.iter().enumerate() {
                        let others = points.iter().enumerate().filter(|(j, _)| *j != i);
                        let distances = others.map(|(_, other)| squared_distance(of, other).sqrt());
                        let nearest = distances.fold(f64::INFINITY, f64::min);
                        entropy += (points.len() as f64 * nearest).ln() / points.len() as f64;
                    }
                    let mean = point.mean(|x, target| {
                        let logits: Vec<f64> = weights.iter().map(|w| dot(x, w)).collect();
                        cross_entropy(&logits, target)
                    });
                    mean - lambda * entropy
                },
            );
        }
        refused("koleo(lambda=-1)", "lambda is -1, but must be at least 0");
    }

    #[test]
    fn one_sample_has_no_entropy() {
        let device = Device::flex();
        let head = DifferentialEntropy { lambda: 1.0 }.init(2, 2, &device);
        let x = Tensor::<2>::from_floats([[1.0, -2.0]], &device);
        let target = Tensor::from_ints([1], &device);
        let expected = super::cross_entropy(head.scores(x.clone()), target.clone());
        assert_eq!(head.loss(x, target).into_data(), expected.into_data());
    }
}
