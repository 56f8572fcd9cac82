use burn::tensor::{Device, Tensor, TensorData, TensorReadError};
use serde::Serialize;

use crate::head::{ClassifierHead, Head};
use crate::rows::rows_of;

/// What a page needs to compute a head's scores and probabilities itself, of any embedding.
///
/// But for DOME's, it is found by looking at what the head does to a few points, whatever head it is; and none is
/// taken that does not give the scores and the probabilities of the test images.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "form", rename_all = "kebab-case")]
pub(super) enum Scorer {
    /// `log p` of two classes, `p = sigmoid(<w, x> + b)`.
    Logit { weight: Vec<f64>, bias: f64 },
    /// `log p` of two classes, `p = dome(<w, x>)`.
    Dome {
        weight: Vec<f64>,
        mu: f64,
        sigma: f64,
    },
    /// `kappa = -|x - p_k|^2 / sigma^2`, with the probabilities of equations (12) and (13).
    MultiDome { points: Vec<Vec<f32>>, sigma: f64 },
    /// `<w_k, x> + b_k`, of x or of its direction, and the softmax.
    Affine {
        weight: Vec<Vec<f64>>,
        bias: Vec<f64>,
        of_direction: bool,
    },
    /// `sum_i q_ki x_i^2 + <w_k, x> + b_k`, and the softmax.
    Quadratic {
        square: Vec<Vec<f64>>,
        weight: Vec<Vec<f64>>,
        bias: Vec<f64>,
    },
}

/// The most that probabilities, and scores in relation to their size, may be off.
const TOLERANCE: f64 = 1e-4;

/// What a head makes of points.
struct Outputs {
    scores: Vec<Vec<f32>>,
    probabilities: Vec<Vec<f32>>,
}

impl Outputs {
    fn of(head: &Head, points: &[Vec<f32>], device: &Device) -> Result<Self, TensorReadError> {
        let shape = [points.len(), points.first().map_or(0, Vec::len)];
        let points = Tensor::<2>::from_data(TensorData::new(points.concat(), shape), device);
        Ok(Self {
            scores: rows_of(head.scores(points.clone()))?,
            probabilities: rows_of(head.probabilities(points))?,
        })
    }
}

impl Scorer {
    /// That of a head, which agrees with it on these points of its embedding; `None` of one that is of no form above.
    ///
    /// # Errors
    ///
    /// If the device cannot be read.
    pub fn of(
        head: &Head,
        points: &[Vec<f32>],
        device: &Device,
    ) -> Result<Option<Self>, TensorReadError> {
        let right = Outputs::of(head, points, device)?;
        for candidate in Self::candidates(head, points, device)? {
            if candidate.agrees(points, &right) {
                return Ok(Some(candidate));
            }
        }
        Ok(None)
    }

    fn candidates(
        head: &Head,
        points: &[Vec<f32>],
        device: &Device,
    ) -> Result<Vec<Self>, TensorReadError> {
        match head {
            Head::Dome(dome) => {
                let Some(projection) = &dome.projection else {
                    return Ok(Vec::new());
                };
                let weight = projection.weight.val().try_to_vec_as::<f32>()?;
                return Ok(vec![Self::Dome {
                    weight: weight.into_iter().map(f64::from).collect(),
                    mu: dome.dome.mu.val().try_into_scalar()?,
                    sigma: dome.dome.sigma.val().try_into_scalar()?,
                }]);
            }
            Head::MultiDome(_) | Head::AnnealedDome(_) => {
                let mut parameters = head.activation_parameters().into_iter();
                let sigma = parameters.rfind(|(name, _)| *name == "sigma");
                let (Some(points), Some((_, sigma))) = (head.reference_points(), sigma) else {
                    return Ok(Vec::new());
                };
                return Ok(vec![Self::MultiDome {
                    points: rows_of(points)?,
                    sigma: sigma.try_into_scalar()?,
                }]);
            }
            _ => {}
        }
        Self::probed(head, points, device)
    }

    /// From the scores at the origin, and on both sides of it along each axis, as far out as the points are.
    fn probed(
        head: &Head,
        points: &[Vec<f32>],
        device: &Device,
    ) -> Result<Vec<Self>, TensorReadError> {
        let dim = points.first().map_or(0, Vec::len);
        let squares: f64 = points.iter().flatten().map(|&x| f64::from(x).powi(2)).sum();
        let reach = (squares / points.len().max(1) as f64).sqrt();
        if !(reach > 0.0 && reach.is_finite()) {
            return Ok(Vec::new());
        }
        let reach = reach as f32;
        let mut probes = vec![vec![0.0; dim]];
        for axis in 0..dim {
            for side in [reach, -reach] {
                let mut probe = vec![0.0; dim];
                probe[axis] = side;
                probes.push(probe);
            }
        }
        let at = Outputs::of(head, &probes, device)?.scores;
        let score = |probe: usize, class: usize| f64::from(at[probe][class]);
        let classes = at[0].len();
        let reach = f64::from(reach);
        let each = |f: &dyn Fn(usize, usize) -> f64| -> Vec<Vec<f64>> {
            let row = |class| (0..dim).map(|axis| f(class, axis)).collect();
            (0..classes).map(row).collect()
        };
        let (plus, minus) = (|axis| 1 + 2 * axis, |axis| 2 + 2 * axis);
        let slope = |class, axis| (score(plus(axis), class) - score(minus(axis), class)) / 2.0;
        let middle = |class, axis| (score(plus(axis), class) + score(minus(axis), class)) / 2.0;
        let at_origin: Vec<f64> = (0..classes).map(|class| score(0, class)).collect();
        let weight = each(&|class, axis| slope(class, axis) / reach);

        let mut candidates = vec![
            Self::Affine {
                weight: weight.clone(),
                bias: at_origin.clone(),
                of_direction: false,
            },
            Self::Affine {
                weight: each(&slope),
                bias: (0..classes).map(|class| middle(class, 0)).collect(),
                of_direction: true,
            },
            Self::Quadratic {
                square: each(&|class, axis| {
                    (middle(class, axis) - score(0, class)) / reach.powi(2)
                }),
                weight,
                bias: at_origin,
            },
        ];
        if classes == 2 {
            let odds = |probe: usize| score(probe, 1) - score(probe, 0);
            let along = |axis| (odds(plus(axis)) - odds(minus(axis))) / (2.0 * reach);
            let logit = Self::Logit {
                weight: (0..dim).map(along).collect(),
                bias: odds(0),
            };
            candidates.insert(0, logit);
        }
        Ok(candidates)
    }

    fn agrees(&self, points: &[Vec<f32>], right: &Outputs) -> bool {
        points.iter().enumerate().all(|(i, point)| {
            let (scores, probabilities) = self.outputs(point);
            let close = |found: &[f64], right: &[f32], of_size: f64| {
                found.iter().zip(right).all(|(&found, &right)| {
                    let right = f64::from(right);
                    (found - right).abs() <= TOLERANCE * (1.0 + of_size * right.abs())
                })
            };
            close(&scores, &right.scores[i], 1.0)
                && close(&probabilities, &right.probabilities[i], 0.0)
        })
    }

    /// Scores and probabilities of a point, as the page computes them.
    fn outputs(&self, x: &[f32]) -> (Vec<f64>, Vec<f64>) {
        let x: Vec<f64> = x.iter().map(|&x| f64::from(x)).collect();
        let product = |w: &[f64]| -> f64 { w.iter().zip(&x).map(|(w, x)| w * x).sum() };
        match self {
            Self::Logit { weight, bias } => {
                let z = product(weight) + bias;
                let log_sigmoid = |z: f64| z.min(0.0) - (-z.abs()).exp().ln_1p();
                let scores = vec![log_sigmoid(-z), log_sigmoid(z)];
                let probabilities = scores.iter().map(|s| s.exp()).collect();
                (scores, probabilities)
            }
            Self::Dome { weight, mu, sigma } => {
                let z = product(weight);
                let [near, far] = [z - mu, z + mu].map(|v| -(v / sigma).powi(2));
                let both = [
                    far.exp() - near.exp_m1(), // 2 (1 - p)
                    near.exp() - far.exp_m1(), // 2 p
                ];
                let probabilities = both.map(|twice| twice / 2.0).to_vec();
                (
                    probabilities.iter().map(|p| p.ln()).collect(),
                    probabilities,
                )
            }
            Self::MultiDome { points, sigma } => {
                let kappa = |point: &Vec<f32>| {
                    let apart = x.iter().zip(point);
                    -apart
                        .map(|(x, &p)| ((x - f64::from(p)) / sigma).powi(2))
                        .sum::<f64>()
                };
                let scores: Vec<f64> = points.iter().map(kappa).collect();
                let probabilities = multi_dome(&scores);
                (scores, probabilities)
            }
            Self::Affine {
                weight,
                bias,
                of_direction,
            } => {
                let length = x.iter().map(|x| x * x).sum::<f64>().sqrt();
                let scale = match of_direction {
                    true => 1.0 / length.max(1e-12),
                    false => 1.0,
                };
                let rows = weight.iter().zip(bias);
                softmaxed(rows.map(|(w, b)| product(w) * scale + b).collect())
            }
            Self::Quadratic {
                square,
                weight,
                bias,
            } => {
                let squares: Vec<f64> = x.iter().map(|x| x * x).collect();
                let of_class = |class: usize| {
                    let terms = square[class].iter().zip(&squares);
                    terms.map(|(q, x)| q * x).sum::<f64>() + product(&weight[class]) + bias[class]
                };
                softmaxed((0..bias.len()).map(of_class).collect())
            }
        }
    }
}

/// Equations (12) and (13).
fn multi_dome(kappa: &[f64]) -> Vec<f64> {
    let bumps = || kappa.iter().map(|kappa| kappa.exp());
    let least = bumps().fold(f64::INFINITY, f64::min);
    let above: Vec<f64> = bumps().map(|bump| bump - least).collect();
    let sum: f64 = above.iter().sum();
    let share = (1.0 - sum) / kappa.len() as f64;
    let of_one = |above: f64| match sum <= 1.0 {
        true => above + share,
        false => above / sum,
    };
    above.into_iter().map(of_one).collect()
}

/// Scores, and their softmax.
fn softmaxed(scores: Vec<f64>) -> (Vec<f64>, Vec<f64>) {
    let most = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = scores.iter().map(|s| (s - most).exp()).sum();
    let probabilities = scores.iter().map(|s| (s - most).exp() / sum).collect();
    (scores, probabilities)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::head::HeadConfig;
    use crate::task::Task;

    /// Points about where an embedding has them.
    fn points(dim: usize) -> Vec<Vec<f32>> {
        let value = |i: usize| ((i * i * 7 + i * 3) % 41) as f32 / 10.0 - 2.0;
        (0..40)
            .map(|row| (0..dim).map(|i| value(row * dim + i)).collect())
            .collect()
    }

    fn scorer(name: &str, task: Task) -> Option<Scorer> {
        let device = Device::flex();
        let config: HeadConfig = name.parse().unwrap();
        let dim = config.embedding_dim(task.embedding_dim());
        device.seed(1);
        let head = config.init(dim, task.classes(), &device);
        Scorer::of(&head, &points(dim), &device).unwrap()
    }

    /// What is found is found because it agrees; so this says which heads a page can run.
    #[test]
    fn heads_that_a_page_can_run() {
        for (name, task, form) in [
            ("sigmoid", Task::EvenOdd, "logit"),
            ("tanh", Task::EvenOdd, "logit"),
            ("softmax", Task::EvenOdd, "affine"),
            ("dome", Task::EvenOdd, "dome"),
            ("dome-fixed", Task::EvenOdd, "dome"),
            ("softmax", Task::Digits, "affine"),
            ("softmax-2d", Task::Digits, "affine"),
            ("logit-norm", Task::Digits, "affine"),
            ("cosface", Task::Digits, "affine"),
            ("gaussian-mixture", Task::Digits, "quadratic"),
            ("arcface", Task::Digits, "affine"),
            ("etf", Task::Digits, "affine"),
            ("mmc", Task::Digits, "quadratic"),
            ("multi-dome-nll", Task::Digits, "multi-dome"),
            ("multi-dome-2d", Task::Digits, "multi-dome"),
            ("annealed-dome", Task::Digits, "multi-dome"),
        ] {
            let json = serde_json::to_value(scorer(name, task)).unwrap();
            assert_eq!(json["form"], form, "{name}");
        }
    }

    #[test]
    fn one_that_is_wrong_is_not_taken() {
        let Some(Scorer::MultiDome { points: at, sigma }) = scorer("multi-dome-nll", Task::Digits)
        else {
            panic!("no scorer")
        };
        let points = points(9);
        let device = Device::flex();
        let head = "multi-dome-nll"
            .parse::<HeadConfig>()
            .unwrap()
            .init(9, 10, &device);
        let right = Outputs::of(&head, &points, &device).unwrap();
        let other = |sigma| Scorer::MultiDome {
            points: at.clone(),
            sigma,
        };
        assert!(other(sigma).agrees(&points, &right));
        assert!(!other(sigma * 1.001).agrees(&points, &right));
    }
}
