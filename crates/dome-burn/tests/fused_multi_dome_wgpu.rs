//! The kernels of MultiDome on GPUs: values and every gradient against the reference in f64 on Flex.
//!
//! `BURN_FUSION_MAX_EXPLORATIONS=0` runs them without Burn's fusion.
#![cfg(feature = "wgpu")]

mod common;

use burn::module::{Param, ParamId};
use burn::tensor::{DType, Device, Int, Tensor};
use common::{assert_close, flex, grad, leaf, multi_dome_losses, spread, values, wgpu};
use dome_burn::functional::multi_dome_scores;
use dome_burn::op::multi_dome::{self, Score, Targets};
use dome_burn::{MultiDome, MultiDomeConfig, MultiDomeNllLossConfig, ReferencePointsConfig};

const NLL: Score = Score::Nll { floor: 1e-3 };

const ALL: [bool; 3] = [true; 3];

const PARTS: [&str; 4] = ["value", "gradient of x", "of mu", "of sigma"];

struct Case {
    classes: usize,
    /// Coordinates beyond the simplex.
    padding: usize,
    batch: usize,
    mu: f64,
    sigma: f64,
    score: Score,
    smoothing: f64,
    weighted: bool,
    /// Whether x, mu and sigma are.
    tracked: [bool; 3],
    /// The type of x.
    dtype: DType,
}

impl Default for Case {
    fn default() -> Self {
        Self {
            classes: 10,
            padding: 0,
            batch: 20,
            mu: 1.0,
            sigma: -0.6,
            score: NLL,
            smoothing: 0.0,
            weighted: false,
            tracked: ALL,
            dtype: DType::F32,
        }
    }
}

impl Case {
    fn dim(&self) -> usize {
        self.classes - 1 + self.padding
    }

    fn name(&self) -> String {
        format!(
            "{} classes + {}, batch {}, mu {}, sigma {}, {:?}, smoothing {}, weighted {}, {:?}",
            self.classes,
            self.padding,
            self.batch,
            self.mu,
            self.sigma,
            self.score,
            self.smoothing,
            self.weighted,
            self.tracked
        )
    }

    /// From the centre out to several times mu, in all directions, some near the modes; rounded to
    /// what f32, or the type of x, has.
    fn embeddings(&self) -> Vec<f64> {
        let (n, dim, batch) = (self.classes as f64, self.dim(), self.batch);
        let noise = spread(batch * dim, -1.0, 1.0);
        let scale = (n / (n - 1.0)).sqrt();
        let x: Vec<f64> = (0..batch * dim)
            .map(|i| {
                let (sample, at) = (i / dim, i % dim);
                let (class, k) = (sample * 3 % self.classes, at as f64 + 1.0);
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

    /// Near the mode, any, and among them the farthest.
    fn targets(&self) -> Vec<i32> {
        let n = self.classes;
        let of = |i: usize| [i * 3, i * 7 + 1, i * 3 + n / 2][i / 5 % 3] % n;
        (0..self.batch).map(|i| of(i) as i32).collect()
    }

    /// Losses, and the gradients that are tracked.
    fn losses(&self, device: &Device, fused: bool) -> Vec<Vec<f64>> {
        let dtype = if fused { self.dtype } else { DType::F64 };
        let number = match fused {
            true => DType::F32,
            false => DType::F64,
        };
        let constant = device.clone().without_autodiff();
        let x = leaf(&self.embeddings(), [self.batch, self.dim()], dtype, device);
        let parameters = [self.mu, self.sigma].map(|p| f64::from(p as f32));
        let [mu, sigma] = parameters.map(|p| leaf(&[p], [1], number, device));
        let targets = Tensor::<1, Int>::from_ints(self.targets().as_slice(), &constant);
        let weights: Option<Vec<f32>> = self.weighted.then(|| {
            let of = |i| 0.5 + i as f32 / self.classes as f32;
            (0..self.classes).map(of).collect()
        });
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
        let losses = match fused {
            true => {
                let layer = layer(self.classes, self.dim(), m, s, &constant);
                multi_dome_losses(&layer, input, targets, self.score, self.smoothing, weights)
            }
            false => {
                let targets = Targets {
                    classes: targets,
                    smoothing: f64::from(self.smoothing as f32),
                    weights: weights.map(|w| Tensor::from_floats(w.as_slice(), &constant)),
                };
                let kappa = multi_dome::scores(input, m, s, None, self.classes);
                multi_dome::loss(kappa, &targets, self.score)
            }
        };
        let of_rows = spread(self.batch, 0.5, 1.5);
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

    fn check(&self) {
        let (actual, expected) = (self.losses(&wgpu(), true), self.losses(&flex(), false));
        // Those of mu and sigma are sums of what cancels, of the size of the gradient of x.
        let lengths = expected[1].chunks(self.dim());
        let length = lengths.map(|row| row.iter().map(|g| g * g).sum::<f64>().sqrt());
        // Where all modes are one, nothing is left of what cancels.
        let least = if self.mu == 0.0 { 1.0 } else { 0.02 };
        let length = length.sum::<f64>().max(least);
        let scales = [0.0, least, length, length];
        assert_all_close(
            &self.name(),
            &actual,
            &expected,
            scales,
            self.epsilon(&expected[0]),
        );
    }

    /// Probabilities are differences of numbers of about 1, rounded to `2^-24`, and of sums of such:
    /// the scores are of 1/n, and the likelihood of its smallest Q.
    fn epsilon(&self, losses: &[f64]) -> f64 {
        let of_x = match self.dtype {
            DType::F16 => 2f64.powi(-9),
            _ => 2e-5,
        };
        let over_q = losses.iter().zip(self.targets()).map(|(loss, y)| {
            let weight = match self.weighted {
                true => 0.5 + f64::from(y) / self.classes as f64,
                false => 1.0,
            };
            (loss / weight).exp()
        });
        let largest = match self.score {
            Score::Nll { .. } => over_q.fold(0.0, f64::max),
            Score::Brier => 0.0,
        };
        of_x + (self.classes as f64 + largest) * 2f64.powi(-22)
    }
}

/// Fails unless numbers differ by `epsilon` times themselves and the largest of their kind, or the
/// scale of their kind, at most.
fn assert_all_close(
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

fn layer(
    classes: usize,
    dim: usize,
    mu: Tensor<1>,
    sigma: Tensor<1>,
    device: &Device,
) -> MultiDome {
    let config = MultiDomeConfig::new(classes).with_embedding_dim(Some(dim));
    let mut layer = config.init(device);
    layer.mu = Param::initialized(ParamId::new(), mu);
    layer.sigma = Param::initialized(ParamId::new(), sigma);
    layer
}

const LOSSES: [(Score, f64); 3] = [(NLL, 0.0), (Score::Brier, 0.0), (Score::Brier, 0.2)];

/// Rows that a unit takes alone, and that units share, with padding and without.
#[test]
fn losses_agree_with_the_reference() {
    let sizes = [
        (2, 0, 70),
        (3, 2, 30),
        (10, 0, 40),
        (49, 0, 15),
        (49, 3, 15),
        (50, 300, 15),
        (70, 1, 15),
        (300, 0, 30),
        (1000, 5, 15),
        (6000, 0, 5),
    ];
    for (classes, padding, batch) in sizes {
        for (sigma, (score, smoothing)) in [0.15, -0.6, 1.5]
            .into_iter()
            .flat_map(|sigma| LOSSES.map(|loss| (sigma, loss)))
        {
            Case {
                classes,
                padding,
                batch,
                sigma,
                score,
                smoothing,
                weighted: sigma < 0.0,
                ..Case::default()
            }
            .check();
        }
    }
}

/// A mode on the other side, and all modes in one place.
#[test]
fn mu_of_any_sign() {
    for mu in [-1.3, 0.0] {
        for (classes, (score, smoothing)) in [4, 90]
            .into_iter()
            .flat_map(|n| LOSSES.map(|loss| (n, loss)))
        {
            Case {
                classes,
                mu,
                score,
                smoothing,
                ..Case::default()
            }
            .check();
        }
    }
}

/// Loops are longer than what some drivers stop at.
#[test]
fn many_classes() {
    for score in [NLL, Score::Brier] {
        Case {
            classes: 70_000,
            batch: 2,
            score,
            ..Case::default()
        }
        .check();
    }
}

/// More rows than the sum over the batch takes at once.
#[test]
fn many_rows() {
    Case {
        classes: 3,
        batch: 70_001,
        ..Case::default()
    }
    .check();
}

/// A gradient does not depend on what else is tracked.
#[test]
fn some_of_the_inputs_tracked() {
    for (classes, score) in [5, 80]
        .into_iter()
        .flat_map(|n| [NLL, Score::Brier].map(|s| (n, s)))
    {
        let losses = |tracked: [bool; 3]| {
            let case = Case {
                classes,
                score,
                tracked,
                ..Case::default()
            };
            case.losses(&wgpu(), true)
        };
        let all = losses(ALL);
        for which in 1..7 {
            let tracked = [0, 1, 2].map(|bit| which >> bit & 1 == 1);
            let some = losses(tracked);
            assert_eq!(some[0], all[0]);
            for part in (0..3).filter(|&part| tracked[part]) {
                assert_eq!(
                    some[part + 1],
                    all[part + 1],
                    "{classes}, {score:?}, {tracked:?}"
                );
            }
        }
    }
}

#[test]
fn half_precision() {
    if wgpu().supports_dtype(DType::F16) {
        for classes in [5, 80] {
            Case {
                classes,
                dtype: DType::F16,
                ..Case::default()
            }
            .check();
        }
    }
}

/// The scores, and with them the probabilities: value and gradients.
#[test]
fn scores_agree_with_the_reference() {
    for (classes, padding, batch) in [(2, 0, 10), (10, 3, 65), (60, 0, 10), (1500, 2, 10)] {
        for (mu, sigma) in [(1.0, 0.6), (-1.25, -0.75), (1.0, 3.0)] {
            let case = Case {
                classes,
                padding,
                batch,
                mu,
                sigma,
                ..Case::default()
            };
            let (shape, dim) = ([batch, case.dim()], case.dim());
            let run = |fused: bool, dtype: DType, device: &Device| {
                let x = leaf(&case.embeddings(), shape, dtype, device);
                let [mu, sigma] =
                    [mu, sigma].map(|p| leaf(&[f64::from(p as f32)], [1], dtype, device));
                let kappa = match fused {
                    true => {
                        let points = ReferencePointsConfig::Simplex.init(classes, dim, device);
                        multi_dome_scores(x.clone(), mu.clone(), sigma.clone(), &points)
                    }
                    false => {
                        multi_dome::scores(x.clone(), mu.clone(), sigma.clone(), None, classes)
                    }
                };
                assert_eq!(kappa.dims(), [batch, classes]);
                // Powers of 2 are exact in f32.
                let weights = (0..batch * classes).map(|i| [1.0, -0.5, 0.25][i % 3]);
                let weights: Vec<f64> = weights.collect();
                let weights = leaf(&weights, [batch, classes], dtype, device);
                let tape = (kappa.clone() * weights.without_autodiff())
                    .sum()
                    .backward();
                [
                    values(kappa),
                    grad(&x, &tape),
                    grad(&mu, &tape),
                    grad(&sigma, &tape),
                ]
            };
            let (actual, expected) = (
                run(true, DType::F32, &wgpu()),
                run(false, DType::F64, &flex()),
            );
            assert_all_close(&case.name(), &actual, &expected, [0.0; 4], 2e-5);
        }
    }
}

/// The nearest mode's score has no error of the others' size.
#[test]
fn scores_near_a_mode_keep_their_digits() {
    for classes in [3, 200] {
        let shape = [1, classes - 1];
        let run = |fused: bool, dtype: DType, device: &Device| {
            let mode = multi_dome_point(classes, 1);
            let x: Vec<f64> = mode
                .iter()
                .map(|x| f64::from((x * 1.0001) as f32))
                .collect();
            let x = leaf(&x, shape, dtype, device);
            let [mu, sigma] = [1.0, 0.25].map(|p| leaf(&[p], [1], dtype, device));
            let points = ReferencePointsConfig::Simplex.init(classes, classes - 1, device);
            let kappa = match fused {
                true => multi_dome_scores(x, mu, sigma, &points),
                false => multi_dome::scores(x, mu, sigma, None, classes),
            };
            values(kappa)[1]
        };
        let actual = run(true, DType::F32, &wgpu());
        let expected = run(false, DType::F64, &flex());
        // Of x, which is about 1, the last place.
        assert_close("kappa", actual, expected, 5e-3, 0.0);
        assert!(expected < 0.0 && expected > -1e-6, "{expected}");
    }
}

fn multi_dome_point(classes: usize, class: usize) -> Vec<f64> {
    let points = dome_burn::simplex::vertices(classes, classes - 1, &Device::flex()).unwrap();
    values(points.slice_dim(0, class..class + 1))
}

/// Finite losses and gradients from 0 to the largest numbers, and at breadths below the floor.
#[test]
fn far_embeddings_give_finite_numbers() {
    let device = wgpu();
    for classes in [2, 10, 100] {
        for (sigma, score) in [1.0, 0.05, 0.0, -1e-6, 1e6]
            .into_iter()
            .flat_map(|sigma| [NLL, Score::Brier].map(|score| (sigma, score)))
        {
            let sizes = [
                0.0,
                1e-30,
                1.0,
                10.0,
                1e3,
                1e10,
                1e15,
                1e20,
                1e30,
                f32::MAX as f64,
            ];
            let dim = classes - 1;
            let directions = spread(sizes.len() * dim, -1.0, 1.0);
            let x: Vec<f64> = (0..sizes.len() * dim)
                .map(|i| sizes[i / dim] * directions[i])
                .collect();
            let x = leaf(&x, [sizes.len(), dim], DType::F32, &device);
            let [mu, sigma] = [1.0, sigma].map(|p| leaf(&[p], [1], DType::F32, &device));
            let layer = layer(classes, dim, mu.clone(), sigma.clone(), &device);
            let targets: Vec<i32> = (0..sizes.len()).map(|i| (i % classes) as i32).collect();
            let targets = Tensor::<1, Int>::from_ints(targets.as_slice(), &device);
            let losses = multi_dome_losses(&layer, x.clone(), targets, score, 0.0, None);
            let tape = losses.clone().backward();
            let results = [
                values(losses),
                grad(&x, &tape),
                grad(&mu, &tape),
                grad(&sigma, &tape),
            ];
            for (part, numbers) in results.iter().enumerate() {
                assert!(
                    numbers.iter().all(|v| v.is_finite()),
                    "{classes} classes, {score:?}, part {part}: {numbers:?}"
                );
            }
        }
    }
}

/// NaN, and a target that is no class, spoil their rows and no other.
#[test]
fn undefined_rows() {
    let device = wgpu();
    for classes in [4, 100] {
        for score in [NLL, Score::Brier] {
            let (batch, dim) = (5, classes - 1);
            let mut x = spread(batch * dim, -1.0, 1.0);
            x[dim + dim / 2] = f64::NAN;
            let x = leaf(&x, [batch, dim], DType::F32, &device);
            let [mu, sigma] = [1.0, 0.5].map(|p| leaf(&[p], [1], DType::F32, &device));
            let layer = layer(classes, dim, mu, sigma, &device);
            let targets = [0, 1, classes as i32, -1, 2];
            let targets = Tensor::<1, Int>::from_ints(targets.as_slice(), &device);
            let losses = multi_dome_losses(&layer, x.clone(), targets, score, 0.0, None);
            let tape = losses.clone().backward();
            let (losses, gradients) = (values(losses), grad(&x, &tape));
            let scores = values(layer.scores(x));
            for (i, (loss, of_row)) in losses.iter().zip(gradients.chunks(dim)).enumerate() {
                let undefined = (1..=3).contains(&i);
                assert_eq!(loss.is_nan(), undefined, "row {i}: {loss}");
                assert!(
                    of_row.iter().all(|g| g.is_nan() == undefined),
                    "row {i}: {of_row:?}"
                );
                let scores = &scores[i * classes..][..classes];
                assert!(
                    scores.iter().all(|kappa| kappa.is_nan() == (i == 1)),
                    "row {i}: {scores:?}"
                );
            }
        }
    }
}

#[test]
fn a_repeated_run_gives_the_same_bits() {
    for classes in [10, 1000] {
        let case = Case {
            classes,
            batch: 130,
            ..Case::default()
        };
        assert_eq!(case.losses(&wgpu(), true), case.losses(&wgpu(), true));
    }
}

#[test]
fn an_empty_batch() {
    let device = wgpu();
    let layer = MultiDomeConfig::new(3).init(&device);
    let x = || Tensor::<2>::zeros([0, 2], &device);
    let kappa = layer.scores(x());
    assert_eq!(kappa.dims(), [0, 3]);
    let tape = kappa.sum().backward();
    assert_eq!(grad(&layer.mu.val(), &tape), [0.0]);
    let loss = MultiDomeNllLossConfig::new().init(&device);
    let targets = Tensor::<1, Int>::zeros([0], &device);
    let tape = loss
        .forward_no_reduction(&layer, x(), targets)
        .sum()
        .backward();
    assert_eq!(grad(&layer.sigma.val(), &tape), [0.0]);
}
