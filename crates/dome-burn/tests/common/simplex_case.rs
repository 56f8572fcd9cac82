use burn::module::{Param, ParamId};
use burn::tensor::{DType, Device, Int, Tensor};
use dome_burn::op::ClassLoss;
use dome_burn::op::simplex::composed::{self as multi_dome, Targets};
use dome_burn::{MultiDome, MultiDomeConfig, MultiDomeLossConfig, MultiDomeLossKind};

use super::{Subject, assert_close, flex, leaf, spread, values};

/// Every loss that has a kernel, with its smoothing.
pub const LOSSES: [(MultiDomeLossKind, f64); 3] = [
    (MultiDomeLossKind::Nll, 0.0),
    (MultiDomeLossKind::Brier, 0.0),
    (MultiDomeLossKind::Brier, 0.2),
];

pub const PARTS: [&str; 4] = ["value", "gradient of x", "of mu", "of sigma"];

const FLOOR: f64 = 1e-3;

/// A batch of embeddings on the simplex and their loss.
#[derive(Clone)]
pub struct SimplexCase {
    pub classes: usize,
    /// Coordinates beyond the simplex.
    pub padding: usize,
    pub batch: usize,
    pub mu: f64,
    pub sigma: f64,
    pub kind: MultiDomeLossKind,
    pub smoothing: f64,
    pub weighted: bool,
    /// Whether x lies in memory the other way round.
    pub permuted: bool,
    /// Whether x, mu and sigma are tracked.
    pub tracked: [bool; 3],
    /// The type of x.
    pub dtype: DType,
}

impl Default for SimplexCase {
    fn default() -> Self {
        Self {
            classes: 10,
            padding: 0,
            batch: 20,
            mu: 1.0,
            sigma: -0.6,
            kind: MultiDomeLossKind::Nll,
            smoothing: 0.0,
            weighted: false,
            permuted: false,
            tracked: [true; 3],
            dtype: DType::F32,
        }
    }
}

impl SimplexCase {
    pub fn dim(&self) -> usize {
        self.classes - 1 + self.padding
    }

    pub fn name(&self) -> String {
        format!(
            "{} classes + {}, batch {}, mu {}, sigma {}, {:?}, smoothing {}, weighted {}, {:?}, {:?}",
            self.classes,
            self.padding,
            self.batch,
            self.mu,
            self.sigma,
            self.kind,
            self.smoothing,
            self.weighted,
            self.tracked,
            self.dtype
        )
    }

    /// From the centre out to several times mu, in all directions, some near the modes; rounded to
    /// what the type of x has.
    pub fn embeddings(&self) -> Vec<f64> {
        let (n, dim, batch) = (self.classes as f64, self.dim(), self.batch);
        let noise = spread(batch * dim, -1.0, 1.0);
        let scale = (n / (n - 1.0)).sqrt();
        let x: Vec<f64> = (0..batch * dim)
            .map(|i| {
                let (sample, at) = (i / dim, i % dim);
                let (class, k) = (self.class(sample), at as f64 + 1.0);
                let w = match at + 1 < self.classes {
                    true => scale / (k * (k + 1.0)).sqrt(),
                    false => 0.0,
                };
                let point = match (at + 1).cmp(&class) {
                    core::cmp::Ordering::Less => 0.0,
                    core::cmp::Ordering::Equal => -k * w,
                    core::cmp::Ordering::Greater => w,
                };
                let (along, around) =
                    [(0.0, 0.0), (1.0, 0.05), (0.9, 0.2), (0.4, 0.7), (3.0, 2.0)][sample % 5];
                along * point + around * noise[i] / (dim as f64).sqrt()
            })
            .collect();
        values(leaf(&x, [batch * dim], self.dtype, &flex()))
    }

    /// The class near which a sample lies, in any part of its row.
    fn class(&self, sample: usize) -> usize {
        sample * 61 % self.classes
    }

    /// Near the mode, any, and among them the farthest.
    pub fn targets(&self) -> Vec<i32> {
        let n = self.classes;
        let of = |i: usize| [self.class(i), i * 7 + 1, i * 3 + n / 2][i / 5 % 3] % n;
        (0..self.batch).map(|i| of(i) as i32).collect()
    }

    /// A layer with these parameters.
    pub fn layer(&self, mu: Tensor<1>, sigma: Tensor<1>, device: &Device) -> MultiDome {
        let config = MultiDomeConfig::new(self.classes).with_embedding_dim(Some(self.dim()));
        let mut layer = config.init(&device.clone().without_autodiff());
        layer.mu = Param::initialized(ParamId::new(), mu);
        layer.sigma = Param::initialized(ParamId::new(), sigma);
        layer
    }

    /// The losses of the layer, one for each sample.
    pub fn losses_of(&self, layer: &MultiDome, x: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<1> {
        MultiDomeLossConfig::new()
            .with_kind(self.kind)
            .with_floor(FLOOR)
            .with_smoothing((self.smoothing > 0.0).then_some(self.smoothing as f32))
            .with_weights(self.weights())
            .init(&x.device())
            .forward_no_reduction(layer, x, targets)
    }

    fn weights(&self) -> Option<Vec<f32>> {
        let of = |i| 0.5 + i as f32 / self.classes as f32;
        self.weighted.then(|| (0..self.classes).map(of).collect())
    }

    /// Losses, and the gradients that are tracked: by the operations of a device, or in f64 by the reference.
    pub fn losses(&self, device: &Device, reference: bool) -> Vec<Vec<f64>> {
        let (dtype, number) = match (reference, self.dtype) {
            (true, _) | (_, DType::F64) => (DType::F64, DType::F64),
            (false, dtype) => (dtype, DType::F32),
        };
        let constant = device.clone().without_autodiff();
        let x = leaf(&self.embeddings(), [self.batch, self.dim()], dtype, device);
        let parameters = [self.mu, self.sigma].map(|p| f64::from(p as f32));
        let [mu, sigma] = parameters.map(|p| leaf(&[p], [1], number, device));
        let targets = Tensor::<1, Int>::from_ints(self.targets().as_slice(), &constant);
        let [tracked_x, tracked_mu, tracked_sigma] = self.tracked;
        let part = |leaf: &Tensor<1>, tracked| match tracked {
            true => leaf.clone(),
            false => leaf.clone().without_autodiff(),
        };
        let (m, s) = (part(&mu, tracked_mu), part(&sigma, tracked_sigma));
        let input = match tracked_x {
            true => x.clone(),
            false => x.clone().without_autodiff(),
        };
        let input = match self.permuted {
            true => {
                let turned = input.transpose().reshape([self.dim() * self.batch]);
                turned.reshape([self.dim(), self.batch]).transpose()
            }
            false => input,
        };
        let losses = match reference {
            false => self.losses_of(&self.layer(m, s, device), input, targets),
            true => {
                let targets = Targets {
                    classes: targets,
                    weights: self
                        .weights()
                        .map(|w| Tensor::from_floats(w.as_slice(), &constant)),
                    ignored: None,
                };
                let loss = ClassLoss {
                    classes: self.classes,
                    kind: self.kind,
                    floor: FLOOR,
                    smoothing: f64::from(self.smoothing as f32),
                    scale: 1.0,
                };
                let kappa = multi_dome::scores(input, m, s, None, self.classes);
                multi_dome::loss(kappa, &targets, &loss)
            }
        };
        // Exact in every type.
        let of_rows: Vec<f64> = (0..self.batch)
            .map(|i| [1.0, 0.5, 0.75, 1.25][i % 4])
            .collect();
        let of_rows = leaf(&of_rows, [self.batch], losses.dtype(), device).without_autodiff();
        let tape = (losses.clone() * of_rows).sum().backward();
        let mut results = vec![values(losses)];
        for (gradient, tracked) in [
            (x.grad(&tape).map(values), tracked_x),
            (mu.grad(&tape).map(values), tracked_mu),
            (sigma.grad(&tape).map(values), tracked_sigma),
        ] {
            assert_eq!(gradient.is_some(), tracked, "{}", self.name());
            results.push(gradient.unwrap_or_default());
        }
        results
    }

    /// Compares with the reference in f64 on the same numbers.
    pub fn check(&self, subject: &Subject) {
        let (actual, expected) = (
            self.losses(&subject.device, false),
            self.losses(&flex(), true),
        );
        let rest = if self.mu == 0.0 { 1.0 } else { 0.0 };
        let scales = [0.0, rest, rest, rest];
        let (epsilon, scales) = match (subject.is_gpu(), self.dtype) {
            (true, _) => self.tolerance_of_gpus(&expected),
            (false, DType::F64) => (1e-10, scales),
            (false, DType::F32) => (2f64.powi(-18), scales),
            // Results are rounded.
            (false, DType::F16) => (2f64.powi(-9), scales),
            (false, _) => (2f64.powi(-6), scales),
        };
        let name = format!("{}: {}", subject.name, self.name());
        assert_all_close(&name, &actual, &expected, scales, epsilon);
    }

    /// In f32, probabilities are differences of numbers of about 1, rounded to `2^-24`, and of sums of such:
    /// the scores are of 1/n, and the likelihood of its smallest Q.
    fn tolerance_of_gpus(&self, expected: &[Vec<f64>]) -> (f64, [f64; 4]) {
        // Those of mu and sigma are sums of what cancels, of the size of the gradient of x.
        let lengths = expected[1].chunks(self.dim());
        let length = lengths.map(|row| row.iter().map(|g| g * g).sum::<f64>().sqrt());
        // Where all modes are one, nothing is left of what cancels in each row.
        let least = if self.mu == 0.0 {
            self.batch as f64 / 4.0
        } else {
            0.02
        };
        let length = length.sum::<f64>().max(least);
        let scales = [0.0, least, length, length];

        let of_x = match self.dtype {
            DType::F16 => 2f64.powi(-9),
            _ => 2e-5,
        };
        let over_q = expected[0].iter().zip(self.targets()).map(|(loss, y)| {
            let weight = match self.weighted {
                true => 0.5 + f64::from(y) / self.classes as f64,
                false => 1.0,
            };
            (loss / weight).exp()
        });
        let largest = match self.kind {
            MultiDomeLossKind::Nll => over_q.fold(0.0, f64::max),
            _ => 0.0,
        };
        let epsilon = of_x + (self.classes as f64 + largest) * 2f64.powi(-22);
        (epsilon, scales)
    }
}

/// Fails unless numbers differ by `epsilon` times themselves and the largest of their kind, or the
/// scale of their kind, at most.
pub fn assert_all_close(
    name: &str,
    actual: &[Vec<f64>],
    expected: &[Vec<f64>],
    scales: [f64; 4],
    epsilon: f64,
) {
    let all = actual.iter().zip(expected).zip(PARTS).zip(scales);
    for (((actual, expected), part), scale) in all {
        assert_eq!(actual.len(), expected.len(), "{name}: {part}");
        let largest = expected.iter().fold(scale, |max, v| max.max(v.abs()));
        for (i, (&actual, &expected)) in actual.iter().zip(expected).enumerate() {
            let what = format!("{name}: {part} {i}");
            assert_close(&what, actual, expected, epsilon, epsilon * largest);
        }
    }
}
