use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Int, Tensor};
use serde::{Deserialize, Serialize};

use super::cross_entropy::cross_entropy;
use super::geometry::{directions, squared_distances};
use super::{ClassifierHead, Method, check};

/// The settings of [`HypersphericalEnergyHead`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct HypersphericalEnergy {
    /// The weight lambda of the energy, beside cross-entropy.
    pub lambda: f64,
    /// The power s of the inverse distance; 0 for minus its logarithm.
    pub power: f64,
    /// Whether the weights' mirror images count too.
    pub half_space: bool,
}

/// Chosen on validation images (docs/study-settings.md), where lambda from 1 to 10 makes little difference.
impl Default for HypersphericalEnergy {
    fn default() -> Self {
        Self {
            lambda: 1.0,
            power: 2.0,
            half_space: false,
        }
    }
}

impl Method for HypersphericalEnergy {
    type Head = HypersphericalEnergyHead;
    const NAME: &'static str = "mhe";
    const ABOUT: &'static str =
        "softmax with cross-entropy, and the energy of class weights that repel each other";

    fn title(&self) -> String {
        "MHE".into()
    }

    fn validate(&self) -> Result<(), String> {
        check::not_negative("lambda", self.lambda)?;
        check::within("power", self.power, 0.0..=4.0)
    }

    fn init(
        &self,
        embedding_dim: usize,
        classes: usize,
        device: &Device,
    ) -> HypersphericalEnergyHead {
        let linear = LinearConfig::new(embedding_dim, classes).with_bias(false);
        HypersphericalEnergyHead {
            linear: linear.init(device),
            settings: *self,
        }
    }
}

/// Softmax with cross-entropy over bias-free logits, plus lambda times the energy of the directions u_j of the
/// classes' weights: the mean over all pairs of `|u_i - u_j|^-s`, for s = 0 of `-ln |u_i - u_j|` (Liu, Lin, Liu, Liu,
/// Yu, Dai, Song, *Learning towards Minimum Hyperspherical Energy*, NeurIPS 2018, arXiv 1805.09298). In the half-space
/// variant the pairs are those of all u_j and -u_j.
///
/// Squared distances below 1e-4 count as that. The scores are the logits.
#[derive(Module, Debug)]
pub struct HypersphericalEnergyHead {
    linear: Linear,
    #[module(skip)]
    settings: HypersphericalEnergy,
}

/// Of distances that count, which keeps the energy finite.
const LEAST_SQUARE: f64 = 1e-4;

impl ClassifierHead for HypersphericalEnergyHead {
    fn scores(&self, embedding: Tensor<2>) -> Tensor<2> {
        self.linear.forward(embedding)
    }

    fn loss(&self, embedding: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<1> {
        cross_entropy(self.scores(embedding), targets)
    }

    fn penalty(&self) -> Option<Tensor<1>> {
        let HypersphericalEnergy {
            lambda,
            power,
            half_space,
        } = self.settings;
        let mut points = directions(self.linear.weight.val().transpose(), 1);
        if half_space {
            points = Tensor::cat(vec![points.clone(), -points], 0);
        }
        let [count, _] = points.dims();
        // A point has no distance of its own: 1 in its place, and then no energy.
        let itself = Tensor::<2>::eye(count, &points.device());
        let squares = squared_distances(points.clone(), points) + itself.clone();
        let logarithms = squares.clamp_min(LEAST_SQUARE).log();
        let energies = match power {
            0.0 => logarithms * -0.5,
            _ => (logarithms * (-0.5 * power)).exp(),
        };
        let pairs = (count * (count - 1)) as f64;
        Some((energies * (-itself + 1.0)).sum() * (lambda / pairs))
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
        for (lambda, power, half_space) in [
            (1.0, 2.0, false),
            (0.1, 0.0, false),
            (2.0, 1.0, true),
            (1.0, 0.0, true),
        ] {
            let settings = HypersphericalEnergy {
                lambda,
                power,
                half_space,
            };
            agrees(settings.init(3, 4, &device), [3, 4], |point| {
                let weights = point.columns("linear.weight");
                let mut points: Vec<Vec<f64>> = weights.iter().map(|w| unit(w)).collect();
                if half_space {
                    let mirrored = points.iter().map(|p| p.iter().map(|x| -x).collect());
                    let mirrored: Vec<Vec<f64>> = mirrored.collect();
                    points.extend(mirrored);
                }
                let (mut energy, mut pairs) = (0.0, 0.0);
                for i in 0..points.len() {
                    for j in 0..i {
                        let distance = squared_distance(&points[i], &points[j]).sqrt();
                        energy += match power {
                            0.0 => -distance.ln(),
                            _ => distance.powf(-power),
                        };
                        pairs += 1.0;
                    }
                }
                let mean = point.mean(|x, target| {
                    let logits: Vec<f64> = weights.iter().map(|w| dot(x, w)).collect();
                    cross_entropy(&logits, target)
                });
                mean + lambda * energy / pairs
            });
        }
        refused(
            "mhe(power=5)",
            "power is 5, but must be at least 0 and at most 4",
        );
        refused("mhe(lambda=-1)", "lambda is -1, but must be at least 0");
    }
}
