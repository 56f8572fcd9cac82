//! The fused losses of MultiDome against those composed of tensor operations: values and every
//! gradient.
#![cfg(feature = "flex")]

mod common;

use burn::nn::loss::Reduction;
#[cfg(feature = "ndarray")]
use burn::tensor::Device;
use burn::tensor::{DType, Int, Tensor};
use common::{assert_close, flex, grad, leaf, multi_dome_losses, spread, values};
use dome_burn::functional::multi_dome_scores;
use dome_burn::op::multi_dome::{self, Score, Targets};
use dome_burn::{
    MultiDome, MultiDomeBrierLossConfig, MultiDomeConfig, MultiDomeNllLossConfig,
    ReferencePointsConfig,
};

const FLOOR: f64 = 1e-3;

struct Case {
    classes: usize,
    /// Coordinates beyond the simplex.
    padding: usize,
    batch: usize,
    sigma: f64,
    score: Score,
    smoothing: f64,
    weighted: bool,
    permuted: bool,
}

impl Case {
    fn dim(&self) -> usize {
        self.classes - 1 + self.padding
    }

    /// A class for a sample, in any part of its row.
    fn class(&self, sample: usize) -> usize {
        sample * 61 % self.classes
    }

    /// From the centre out to several times mu, in all directions, some near the modes.
    fn embeddings(&self) -> Vec<f64> {
        let (dim, batch) = (self.dim(), self.batch);
        let points = dome_burn::simplex::vertices(self.classes, dim, &flex()).unwrap();
        let points = values(points);
        let noise = spread(batch * dim, -1.0, 1.0);
        (0..batch * dim)
            .map(|i| {
                let (sample, k) = (i / dim, i % dim);
                let point = points[self.class(sample) * dim + k];
                let (along, around) =
                    [(0.0, 0.0), (1.0, 0.05), (0.9, 0.2), (0.4, 0.7), (3.0, 2.0)][sample % 5];
                along * point + around * noise[i] / (dim as f64).sqrt()
            })
            .collect()
    }

    fn layer(&self, dtype: DType) -> MultiDome {
        let config = MultiDomeConfig::new(self.classes).with_embedding_dim(Some(self.dim()));
        let mut layer = config.init(&flex());
        let parameter = |value: f64| leaf(&[value], [1], dtype, &flex());
        layer.mu = layer.mu.map(|_| parameter(1.0));
        layer.sigma = layer.sigma.map(|_| parameter(-self.sigma));
        layer
    }

    /// Losses, and gradients of x, mu and sigma.
    fn run(&self, fused: bool, inputs: DType, dtype: DType) -> [Vec<f64>; 4] {
        let device = flex();
        let rounded = values(leaf(
            &self.embeddings(),
            [self.batch * self.dim()],
            inputs,
            &device,
        ));
        let shape = [self.batch, self.dim()];
        let x = leaf(&rounded, shape, dtype, &device);
        let input = match self.permuted {
            // Contiguous the other way round.
            true => {
                let turned = x.clone().transpose().reshape([self.dim() * self.batch]);
                turned.reshape([self.dim(), self.batch]).transpose()
            }
            false => x.clone(),
        };
        let layer = self.layer(dtype);
        let count = self.classes;
        let targets: Vec<i32> = (0..self.batch)
            .map(|i| match i % 3 {
                0 => self.class(i) as i32,
                _ => ((i * 7 + 1) % count) as i32,
            })
            .collect();
        let targets = Tensor::<1, Int>::from_ints(targets.as_slice(), &device);
        let weights = self.weighted.then(|| {
            (0..self.classes)
                .map(|i| 0.5 + i as f32 / count as f32)
                .collect()
        });
        let losses = match fused {
            true => multi_dome_losses(&layer, input, targets, self.score, self.smoothing, weights),
            false => {
                let weights: Option<Vec<f32>> = weights;
                let targets = Targets {
                    classes: targets,
                    smoothing: f64::from(self.smoothing as f32),
                    weights: weights.map(|w| {
                        Tensor::from_floats(w.as_slice(), &device.clone().without_autodiff())
                    }),
                };
                let (mu, sigma) = (layer.mu.val(), layer.sigma.val());
                let kappa = multi_dome::scores(input, mu, sigma, None, self.classes);
                multi_dome::loss(kappa, &targets, self.score)
            }
        };
        assert_eq!(losses.dtype(), dtype);
        let weights = leaf(&spread(self.batch, 0.5, 1.5), [self.batch], dtype, &device);
        let tape = (losses.clone() * weights.without_autodiff())
            .sum()
            .backward();
        [
            values(losses),
            grad(&x, &tape),
            grad(&layer.mu.val(), &tape),
            grad(&layer.sigma.val(), &tape),
        ]
    }

    /// Compares with the reference in f64 on the same inputs.
    fn check(&self, dtype: DType, epsilon: f64) {
        let actual = self.run(true, dtype, dtype);
        let expected = self.run(false, dtype, DType::F64);
        let parts = ["loss", "gradient of x", "of mu", "of sigma"];
        for ((actual, expected), part) in actual.iter().zip(&expected).zip(parts) {
            assert_eq!(actual.len(), expected.len());
            let largest = expected.iter().fold(0f64, |max, v| max.max(v.abs()));
            for (i, (&actual, &expected)) in actual.iter().zip(expected).enumerate() {
                let what = format!(
                    "{} classes + {}, sigma {}, {:?}, smoothing {}, weighted {}, {dtype:?}: {part} {i}",
                    self.classes,
                    self.padding,
                    self.sigma,
                    self.score,
                    self.smoothing,
                    self.weighted
                );
                assert_close(&what, actual, expected, epsilon, epsilon * largest);
            }
        }
    }
}

fn cases() -> Vec<Case> {
    let scores = [
        (Score::Nll { floor: FLOOR }, 0.0),
        (Score::Brier, 0.0),
        (Score::Brier, 0.2),
    ];
    let mut cases = Vec::new();
    for (classes, padding, batch) in [
        (2, 0, 9),
        (3, 2, 20),
        (10, 0, 40),
        (70, 1, 11),
        (135, 1, 11),
    ] {
        for (sigma, (score, smoothing)) in [0.15625, 0.625, 1.5]
            .into_iter()
            .flat_map(|sigma| scores.map(|score| (sigma, score)))
        {
            for weighted in [false, true] {
                cases.push(Case {
                    classes,
                    padding,
                    batch,
                    sigma,
                    score,
                    smoothing,
                    weighted,
                    permuted: weighted,
                });
            }
        }
    }
    cases
}

#[test]
fn agrees_with_the_reference_in_f64() {
    for case in cases() {
        case.check(DType::F64, 1e-10);
    }
}

/// Results are rounded, and the weights of samples and classes; x is the same.
#[test]
fn agrees_with_the_reference_in_f32() {
    for case in cases() {
        case.check(DType::F32, 2f64.powi(-18));
    }
}

/// More rows than one task takes, and rows of several blocks, whose largest bump is in any of them.
#[test]
fn agrees_with_the_reference_at_sizes_that_are_split() {
    for sigma in [0.15, 0.9] {
        for score in [Score::Nll { floor: FLOOR }, Score::Brier] {
            let case = Case {
                classes: 300,
                padding: 0,
                batch: 100,
                sigma,
                score,
                smoothing: 0.0,
                weighted: false,
                permuted: false,
            };
            case.check(DType::F64, 1e-10);
            case.check(DType::F32, 2f64.powi(-18));
        }
    }
}

/// The scores, and with them the probabilities: value and gradients.
#[test]
fn scores_agree_with_the_reference() {
    let device = flex();
    for (classes, dim, batch) in [(2, 1, 4), (10, 9, 30), (10, 12, 7), (150, 149, 100)] {
        let points = ReferencePointsConfig::Simplex.init(classes, dim, &device);
        let run = |fused: bool, dtype: DType| {
            let x = leaf(
                &spread(batch * dim, -0.75, 0.75),
                [batch, dim],
                DType::F32,
                &device,
            );
            let x = leaf(&values(x), [batch, dim], dtype, &device);
            let [mu, sigma] = [1.25, -0.75].map(|v| leaf(&[v], [1], dtype, &device));
            let kappa = match fused {
                true => multi_dome_scores(x.clone(), mu.clone(), sigma.clone(), &points),
                false => multi_dome::scores(x.clone(), mu.clone(), sigma.clone(), None, classes),
            };
            assert_eq!(kappa.dims(), [batch, classes]);
            // Powers of 2 are exact in f32.
            let weights = (0..batch * classes).map(|i| [1.0, -0.5, 0.25][i % 3]);
            let weights: Vec<f64> = weights.collect();
            let weights = leaf(&weights, [batch, classes], dtype, &device);
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
        let expected = run(false, DType::F64);
        for (dtype, epsilon) in [(DType::F64, 1e-12), (DType::F32, 2f64.powi(-22))] {
            for (part, (actual, expected)) in run(true, dtype).iter().zip(&expected).enumerate() {
                assert_eq!(actual.len(), expected.len());
                let largest = expected.iter().fold(0f64, |max, v| max.max(v.abs()));
                for (&actual, &expected) in actual.iter().zip(expected) {
                    let what = format!("{classes} classes, {dim}-D, {dtype:?}, part {part}");
                    assert_close(&what, actual, expected, epsilon, epsilon * largest);
                }
            }
        }
    }
}

/// Few classes are computed in groups of embeddings, many one embedding at a time.
#[test]
fn a_row_depends_on_itself_alone() {
    let device = flex();
    for classes in [10, 150] {
        let (dim, batch) = (classes - 1, 70);
        let layer = MultiDomeConfig::new(classes).init(&device);
        let loss = MultiDomeNllLossConfig::new().init(&device);
        let numbers = spread(batch * dim, -1.0, 1.0);
        let run = |rows: core::ops::Range<usize>| {
            let part = &numbers[rows.start * dim..rows.end * dim];
            let x = leaf(part, [rows.len(), dim], DType::F32, &device);
            let targets = Tensor::<1, Int>::arange(rows.start as i64..rows.end as i64, &device);
            let targets = targets.remainder_scalar(classes as i64);
            let losses = loss.forward_no_reduction(&layer, x.clone(), targets);
            let tape = losses.clone().backward();
            let scores = layer.scores(x.clone());
            [values(losses), grad(&x, &tape), values(scores)]
        };
        let all = run(0..batch);
        for rows in [0..1, 3..5, 20..65] {
            let part = run(rows.clone());
            for (part, all) in part.iter().zip(&all) {
                let each = all.len() / batch;
                assert_eq!(
                    part[..],
                    all[rows.start * each..rows.end * each],
                    "{rows:?}"
                );
            }
        }
    }
}

/// Coordinates beyond 10^15 sigmas in f32, 10^140 in f64, count as that, so their derivative is 0. The last
/// one tells one class from all others, between which the loss still has slopes.
#[test]
fn far_embeddings_of_many_classes() {
    let device = flex();
    let (classes, dim) = (300, 299);
    let layer = MultiDomeConfig::new(classes).init(&device);
    let results = |place: usize, value: f64, score: Score, dtype: DType| {
        let mut row = spread(dim, -0.1, 0.1);
        row[place] = value;
        let x = leaf(&row, [1, dim], dtype, &device);
        let target = Tensor::<1, Int>::from_ints([7], &device);
        let loss = multi_dome_losses(&layer, x.clone(), target, score, 0.0, None);
        let tape = loss.clone().backward();
        (values(loss), grad(&x, &tape))
    };
    for (dtype, farthest, max) in [
        (DType::F32, 1e15, f64::from(f32::MAX)),
        (DType::F64, 1e140, f64::MAX),
    ] {
        for place in [0, 255, 256, 298] {
            for score in [Score::Nll { floor: FLOOR }, Score::Brier] {
                for far in [1e10, 1e14, 1e20, 1e30, max, f64::INFINITY] {
                    for value in [far, -far] {
                        let (loss, of_x) = results(place, value, score, dtype);
                        let what = format!("{value} at {place}, {score:?}, {dtype:?}");
                        let all = [&loss[..], &of_x].concat();
                        assert!(all.iter().all(|v| v.is_finite()), "{what}: {all:?}");
                        if far >= farthest {
                            assert_eq!(of_x[place], 0.0, "{what}");
                        }
                    }
                }
                let (loss, of_x) = results(place, f64::NAN, score, dtype);
                assert!(loss.iter().chain(&of_x).all(|v| v.is_nan()), "{of_x:?}");
            }
        }
    }
}

#[test]
fn an_empty_batch() {
    let device = flex();
    let layer = MultiDomeConfig::new(3).init(&device);
    let kappa = layer.scores(Tensor::<2>::zeros([0, 2], &device));
    assert_eq!(kappa.dims(), [0, 3]);
    let tape = kappa.sum().backward();
    assert_eq!(grad(&layer.mu.val(), &tape), [0.0]);

    // A mean of nothing is not a number, as Burn's cross-entropy; a sum is 0.
    for (reduction, is_nan) in [(Reduction::Auto, true), (Reduction::Sum, false)] {
        let loss = MultiDomeBrierLossConfig::new()
            .with_reduction(reduction)
            .init(&device);
        let empty = Tensor::<2>::zeros([0, 2], &device);
        let loss = loss.forward(&layer, empty, Tensor::<1, Int>::zeros([0], &device));
        let value = loss.into_scalar::<f32>();
        assert_eq!(value.is_nan(), is_nan, "{value}");
    }
}

/// NdArray runs the same kernels.
#[cfg(feature = "ndarray")]
#[test]
#[allow(deprecated)]
fn ndarray_gives_the_bits_of_flex() {
    let results = |device: &Device| {
        let layer = MultiDomeConfig::new(10).init(device);
        let x = leaf(&spread(180, -1.0, 1.0), [20, 9], DType::F32, device);
        let targets = Tensor::<1, Int>::arange(0..20, device).remainder_scalar(10);
        let loss = MultiDomeNllLossConfig::new().init(device);
        let losses = loss.forward_no_reduction(&layer, x.clone(), targets);
        let tape = losses.clone().backward();
        [values(losses), grad(&x, &tape), values(layer.scores(x))]
    };
    assert_eq!(results(&Device::ndarray().autodiff()), results(&flex()));
}

#[test]
#[should_panic(expected = "a target is 3, but 3 classes have the indices 0 to 2")]
fn a_target_that_is_no_class() {
    let device = flex();
    let layer = MultiDomeConfig::new(3).init(&device);
    let loss = MultiDomeBrierLossConfig::new().init(&device);
    let targets = Tensor::<1, Int>::from_ints([0, 3], &device);
    loss.forward(&layer, Tensor::zeros([2, 2], &device), targets);
}
