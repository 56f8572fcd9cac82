use burn::module::Module;
use burn::tensor::{Device, Int, Tensor};
use serde::{Deserialize, Serialize};

use super::cross_entropy::cross_entropy;
use super::geometry::{differences, of_targets};
use super::simplex::simplex;
use super::{ClassifierHead, Method, check};

/// The settings of [`ClassAnchorsHead`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ClassAnchors {
    /// The length alpha of the anchors.
    pub length: f64,
    /// The weight lambda of the distance to the own anchor.
    pub lambda: f64,
}

/// Lambda is that of the authors' code; the length, there 10, was chosen on validation images (docs/study-settings.md).
impl Default for ClassAnchors {
    fn default() -> Self {
        Self {
            length: 1.5,
            lambda: 0.1,
        }
    }
}

impl Method for ClassAnchors {
    type Head = ClassAnchorsHead;
    const NAME: &'static str = "cac";
    const ABOUT: &'static str =
        "class anchor clustering: distances to fixed anchors, cross-entropy and the own distance";

    fn title(&self) -> String {
        "CAC".into()
    }

    fn min_embedding_dim(&self, classes: usize) -> usize {
        classes - 1
    }

    fn validate(&self) -> Result<(), String> {
        check::positive("length", self.length)?;
        check::not_negative("lambda", self.lambda)
    }

    fn init(&self, embedding_dim: usize, classes: usize, device: &Device) -> ClassAnchorsHead {
        ClassAnchorsHead {
            anchors: anchors([embedding_dim, classes], self.length, device),
            lambda: self.lambda,
        }
    }
}

/// `alpha e_j`; where there is a dimension too few for that, the same seen from their center.
fn anchors([dim, classes]: [usize; 2], length: f64, device: &Device) -> Tensor<2> {
    if dim < classes {
        let to_center = (1.0 - 1.0 / classes as f64).sqrt();
        return simplex([dim, classes], length * to_center, device);
    }
    let axes = Tensor::<2>::eye(classes, device) * length;
    match dim - classes {
        0 => axes,
        more => Tensor::cat(vec![axes, Tensor::zeros([classes, more], device)], 1),
    }
}

/// Class anchor clustering: with the distances `d_j = |x - alpha e_j|` to fixed anchors the loss is
/// `ln(1 + sum_(j != y) exp(d_y - d_j)) + lambda d_y` (Miller, Sünderhauf, Milford, Dayoub, *Class Anchor
/// Clustering: A Loss for Distance-Based Open Set Recognition*, WACV 2021, arXiv 2004.02434).
///
/// There the embedding has a dimension for each class. The anchors lie in a plane of a dimension less, as the vertices
/// of a regular simplex; an embedding of `classes - 1` dimensions is that plane, with 0 at its center.
///
/// The scores are `-d_j`. The paper rejects by the smallest `d_j (1 - softmax(-d)_j)`.
#[derive(Module, Debug)]
pub struct ClassAnchorsHead {
    /// `[classes, embedding_dim]`
    anchors: Tensor<2>,
    lambda: f64,
}

/// Squared, it keeps the gradient of a distance finite.
const LEAST_DISTANCE: f64 = 1e-7;

impl ClassifierHead for ClassAnchorsHead {
    fn scores(&self, embedding: Tensor<2>) -> Tensor<2> {
        let squares = differences(embedding, self.anchors.clone()).square();
        let squares = squares.sum_dim(2).squeeze_dim(2);
        -(squares + LEAST_DISTANCE * LEAST_DISTANCE).sqrt()
    }

    fn loss(&self, embedding: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<1> {
        let scores = self.scores(embedding);
        let own = of_targets(scores.clone(), targets.clone());
        cross_entropy(scores, targets) - own.mean() * self.lambda
    }

    fn reference_points(&self) -> Option<Tensor<2>> {
        Some(self.anchors.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::super::naive::{agrees, refused, rows_of, squared_distance};
    use super::*;

    #[test]
    fn naive() {
        let device = Device::flex().autodiff();
        for (length, lambda, dim) in [(10.0, 0.1, 4), (1.0, 1.0, 6), (3.0, 0.0, 3)] {
            let head = ClassAnchors { length, lambda }.init(dim, 4, &device);
            let anchors = rows_of(&head.anchors);
            agrees(head, [dim, 4], |point| {
                point.mean(|x, target| {
                    let distance = |anchor: &Vec<f64>| squared_distance(x, anchor).sqrt();
                    let distances: Vec<f64> = anchors.iter().map(distance).collect();
                    let own = distances[target];
                    let others = distances.iter().enumerate().filter(|(j, _)| *j != target);
                    let sum: f64 = others.map(|(_, other)| (own - other).exp()).sum();
                    (1.0 + sum).ln() + lambda * own
                })
            });
        }
        refused("cac(length=0)", "length is 0, but must be above 0");
        refused("cac(lambda=-1)", "lambda is -1, but must be at least 0");
    }

    #[test]
    fn anchors_are_equally_far_in_any_dimension() {
        for dim in [3, 4, 6] {
            let anchors = rows_of(&anchors([dim, 4], 5.0, &Device::flex()));
            for i in 0..4 {
                for j in 0..i {
                    let square = squared_distance(&anchors[i], &anchors[j]);
                    assert!((square - 50.0).abs() < 1e-4, "{i}, {j}: {square}");
                }
            }
        }
    }
}
