//! The kernels of MultiDome on the simplex, on every device that has them: values and every gradient against the
//! reference in f64, and what results must not depend on.
//!
//! `BURN_FUSION_MAX_EXPLORATIONS=0` runs those of GPUs without Burn's fusion.

mod common;

use burn::tensor::{DType, Device, Int, Tensor};
use common::{
    LOSSES, SimplexCase, Subject, assert_all_close, assert_close, flex, grad, leaf, spread,
    subjects, values,
};
use dome_burn::functional::multi_dome_scores;
use dome_burn::op::simplex::composed as multi_dome;
use dome_burn::{MultiDomeConfig, MultiDomeLossConfig, MultiDomeLossKind, ReferencePointsConfig};

/// Those with kernels.
fn fused() -> Vec<Subject> {
    let fused: Vec<_> = subjects().into_iter().filter(|s| s.fused).collect();
    assert!(!fused.is_empty());
    fused
}

/// Few classes and many, one unit of a GPU a row and several, with padding and without, at any breadth; of
/// weighted ones, x lies in memory the other way round.
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
        (135, 1, 11),
        (300, 0, 30),
        (1000, 5, 15),
        (6000, 0, 5),
    ];
    for subject in fused() {
        for (classes, padding, batch) in sizes {
            for (sigma, (kind, smoothing)) in [0.15, -0.6, 1.5]
                .into_iter()
                .flat_map(|sigma| LOSSES.map(|loss| (sigma, loss)))
            {
                for &dtype in &subject.types {
                    let half = matches!(dtype, DType::F16 | DType::BF16);
                    if half && classes > 70 {
                        continue; // sums of rounded gradients
                    }
                    SimplexCase {
                        classes,
                        padding,
                        batch,
                        sigma,
                        kind,
                        smoothing,
                        weighted: sigma < 0.0,
                        permuted: sigma < 0.0,
                        dtype,
                        ..SimplexCase::default()
                    }
                    .check(&subject);
                }
            }
        }
    }
}

/// A mode on the other side, and all modes in one place.
#[test]
fn mu_of_any_sign() {
    for subject in fused() {
        for mu in [-1.3, 0.0] {
            for (classes, (kind, smoothing)) in [4, 90, 300]
                .into_iter()
                .flat_map(|n| LOSSES.map(|loss| (n, loss)))
            {
                SimplexCase {
                    classes,
                    mu,
                    kind,
                    smoothing,
                    ..SimplexCase::default()
                }
                .check(&subject);
            }
        }
    }
}

/// More rows than one task of the CPU takes, and rows of several blocks, whose largest bump is in any of them.
#[test]
fn sizes_that_are_split() {
    for subject in fused() {
        for sigma in [0.15, 0.9] {
            for (kind, smoothing) in LOSSES {
                SimplexCase {
                    classes: 300,
                    batch: 100,
                    sigma,
                    kind,
                    smoothing,
                    ..SimplexCase::default()
                }
                .check(&subject);
            }
        }
    }
}

/// Loops are longer than what some GPU drivers stop at.
#[test]
fn many_classes() {
    for subject in fused() {
        for kind in [MultiDomeLossKind::Nll, MultiDomeLossKind::Brier] {
            SimplexCase {
                classes: 70_000,
                batch: 2,
                kind,
                ..SimplexCase::default()
            }
            .check(&subject);
        }
    }
}

/// More rows than the sum over the batch takes at once.
#[test]
fn many_rows() {
    for subject in fused() {
        SimplexCase {
            classes: 3,
            batch: 70_001,
            ..SimplexCase::default()
        }
        .check(&subject);
    }
}

/// More work groups than a GPU takes in one dimension of its grid, 65,535.
#[cfg(feature = "wgpu")]
#[test]
fn more_rows_than_work_groups_in_one_dimension() {
    check_rows(2, 64 * 65_535 + 5_001);
}

/// The same where several units share a row.
#[cfg(feature = "wgpu")]
#[test]
#[ignore = "needs buffers of 220 MB, which software Vulkan has not"]
fn more_shared_rows_than_work_groups_in_one_dimension() {
    check_rows(785, 70_001);
}

/// Each row is one of few, whose results it must have.
#[cfg(feature = "wgpu")]
fn check_rows(classes: usize, batch: usize) {
    let (dim, few) = (classes - 1, 7);
    let device = &common::wgpu().device;
    let layer = MultiDomeConfig::new(classes).with_sigma(0.7).init(device);
    let loss = MultiDomeLossConfig::brier().init(device);
    let rows = leaf(
        &spread(few * dim, -0.1, 0.1),
        [few, dim],
        DType::F32,
        device,
    );
    let run = |x: Tensor<2>, count: usize| {
        let x = x.detach().require_grad();
        // From the host: Burn's `arange` adds up ones, on a GPU in quadratic time.
        let targets: Vec<i32> = (0..count).map(|i| (i % few % classes) as i32).collect();
        let targets = Tensor::<1, Int>::from_ints(targets.as_slice(), device);
        let losses = loss.forward_no_reduction(&layer, x.clone(), targets);
        let tape = losses.clone().sum().backward();
        [values(losses), grad(&x, &tape)]
    };
    let of_few = run(rows.clone(), few);
    let repeated = rows
        .repeat(&[batch.div_ceil(few), 1])
        .slice_dim(0, 0..batch);
    let of_all = run(repeated, batch);
    for (of_all, of_few) in of_all.iter().zip(&of_few) {
        let each = of_few.len() / few;
        assert_eq!(of_all.len(), batch * each);
        for (row, numbers) in of_all.chunks(each).enumerate() {
            let expected = &of_few[row % few * each..][..each];
            assert_eq!(numbers, expected, "row {row}");
        }
    }
}

/// A gradient does not depend on what else is tracked.
#[test]
fn some_of_the_inputs_tracked() {
    for subject in fused() {
        for (classes, (kind, _)) in [5, 80, 200]
            .into_iter()
            .flat_map(|n| [LOSSES[0], LOSSES[1]].map(|loss| (n, loss)))
        {
            let losses = |tracked: [bool; 3]| {
                let case = SimplexCase {
                    classes,
                    kind,
                    tracked,
                    ..SimplexCase::default()
                };
                case.losses(&subject.device, false)
            };
            let all = losses([true; 3]);
            for which in 1..7 {
                let tracked = [0, 1, 2].map(|bit| which >> bit & 1 == 1);
                let some = losses(tracked);
                let case = format!("{}, {classes}, {kind:?}, {tracked:?}", subject.name);
                assert_eq!(some[0], all[0], "{case}");
                for part in (0..3).filter(|&part| tracked[part]) {
                    assert_eq!(some[part + 1], all[part + 1], "{case}");
                }
            }
        }
    }
}

/// The scores, and with them the probabilities: value and gradients.
#[test]
fn scores_agree_with_the_reference() {
    for subject in fused() {
        for (classes, padding, batch) in [
            (2, 0, 10),
            (10, 3, 65),
            (60, 0, 10),
            (150, 0, 100),
            (1500, 2, 10),
        ] {
            for (mu, sigma) in [(1.0, 0.6), (-1.25, -0.75), (1.0, 3.0)] {
                let case = SimplexCase {
                    classes,
                    padding,
                    batch,
                    mu,
                    sigma,
                    ..SimplexCase::default()
                };
                for dtype in [DType::F32, DType::F64] {
                    if !subject.has(dtype) {
                        continue;
                    }
                    let actual = scores(&case, true, dtype, &subject.device);
                    let expected = scores(&case, false, DType::F64, &flex());
                    let epsilon = match (subject.is_gpu(), dtype) {
                        (true, _) => 2e-5,
                        (false, DType::F64) => 1e-11,
                        (false, _) => 2f64.powi(-22),
                    };
                    let name = format!("{}: {}", subject.name, case.name());
                    assert_all_close(&name, &actual, &expected, [0.0; 4], epsilon);
                }
            }
        }
    }
}

/// Scores, and gradients of x, mu and sigma.
fn scores(case: &SimplexCase, fused: bool, dtype: DType, device: &Device) -> [Vec<f64>; 4] {
    let (classes, dim, batch) = (case.classes, case.dim(), case.batch);
    let x = leaf(&case.embeddings(), [batch, dim], dtype, device);
    let [mu, sigma] =
        [case.mu, case.sigma].map(|p| leaf(&[f64::from(p as f32)], [1], dtype, device));
    let kappa = match fused {
        true => {
            let points = ReferencePointsConfig::Simplex.init(classes, dim, device);
            multi_dome_scores(x.clone(), mu.clone(), sigma.clone(), &points)
        }
        false => multi_dome::scores(x.clone(), mu.clone(), sigma.clone(), None, classes),
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
}

/// The nearest mode's score has no error of the others' size.
#[test]
fn scores_near_a_mode_keep_their_digits() {
    for subject in fused() {
        for classes in [3, 200] {
            let points = dome_burn::simplex::vertices(classes, classes - 1, &flex()).unwrap();
            let mode = values(points.slice_dim(0, 1..2));
            let run = |fused: bool, dtype: DType, device: &Device| {
                let x: Vec<f64> = mode
                    .iter()
                    .map(|x| f64::from((x * 1.0001) as f32))
                    .collect();
                let x = leaf(&x, [1, classes - 1], dtype, device);
                let [mu, sigma] = [1.0, 0.25].map(|p| leaf(&[p], [1], dtype, device));
                let points = ReferencePointsConfig::Simplex.init(classes, classes - 1, device);
                let kappa = match fused {
                    true => multi_dome_scores(x, mu, sigma, &points),
                    false => multi_dome::scores(x, mu, sigma, None, classes),
                };
                values(kappa)[1]
            };
            let actual = run(true, DType::F32, &subject.device);
            let expected = run(false, DType::F64, &flex());
            // Of x, which is about 1, the last place.
            assert_close(subject.name, actual, expected, 5e-3, 0.0);
            assert!(expected < 0.0 && expected > -1e-6, "{expected}");
        }
    }
}

/// Few classes are computed in groups of embeddings, many one embedding at a time.
#[test]
fn a_row_depends_on_itself_alone() {
    for subject in fused() {
        let device = &subject.device;
        for classes in [10, 150] {
            let (dim, batch) = (classes - 1, 70);
            let layer = MultiDomeConfig::new(classes).init(device);
            let loss = MultiDomeLossConfig::nll().init(device);
            let numbers = spread(batch * dim, -1.0, 1.0);
            let run = |rows: core::ops::Range<usize>| {
                let part = &numbers[rows.start * dim..rows.end * dim];
                let x = leaf(part, [rows.len(), dim], DType::F32, device);
                let targets = Tensor::<1, Int>::arange(rows.start as i64..rows.end as i64, device);
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
                    let expected = &all[rows.start * each..rows.end * each];
                    assert_eq!(part[..], *expected, "{}, {rows:?}", subject.name);
                }
            }
        }
    }
}

/// Coordinates beyond 10^15 sigmas in f32, 10^140 in f64, count as that, so their derivative is 0. The last
/// one tells one class from all others, between which the loss still has slopes.
#[test]
fn far_embeddings_of_many_classes() {
    let (classes, dim) = (300, 299);
    for subject in fused() {
        let device = &subject.device;
        let layer = MultiDomeConfig::new(classes).init(device);
        let results = |place: usize, value: f64, kind: MultiDomeLossKind, dtype: DType| {
            let mut row = spread(dim, -0.1, 0.1);
            row[place] = value;
            let x = leaf(&row, [1, dim], dtype, device);
            let target = Tensor::<1, Int>::from_ints([7], device);
            let case = SimplexCase {
                kind,
                ..SimplexCase::default()
            };
            let loss = case.losses_of(&layer, x.clone(), target);
            let tape = loss.clone().backward();
            (values(loss), grad(&x, &tape))
        };
        for (dtype, farthest, max) in [
            (DType::F32, 1e15, f64::from(f32::MAX)),
            (DType::F64, 1e140, f64::MAX),
        ] {
            if !subject.has(dtype) {
                continue;
            }
            for place in [0, 255, 256, 298] {
                for kind in [MultiDomeLossKind::Nll, MultiDomeLossKind::Brier] {
                    for far in [1e10, 1e14, 1e20, 1e30, max, f64::INFINITY] {
                        for value in [far, -far] {
                            let (loss, of_x) = results(place, value, kind, dtype);
                            let what = format!(
                                "{}: {value} at {place}, {kind:?}, {dtype:?}",
                                subject.name
                            );
                            let all = [&loss[..], &of_x].concat();
                            assert!(all.iter().all(|v| v.is_finite()), "{what}: {all:?}");
                            if far >= farthest {
                                assert_eq!(of_x[place], 0.0, "{what}");
                            }
                        }
                    }
                    let (loss, of_x) = results(place, f64::NAN, kind, dtype);
                    assert!(loss.iter().chain(&of_x).all(|v| v.is_nan()), "{of_x:?}");
                }
            }
        }
    }
}

/// Finite losses and gradients from 0 to the largest numbers, and at breadths below the floor.
#[test]
fn far_embeddings_give_finite_numbers() {
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
    for subject in fused() {
        let device = &subject.device;
        for classes in [2, 10, 100, 200] {
            for (sigma, kind) in [1.0, 0.05, 0.0, -1e-6, 1e6].into_iter().flat_map(|sigma| {
                [MultiDomeLossKind::Nll, MultiDomeLossKind::Brier].map(|kind| (sigma, kind))
            }) {
                let dim = classes - 1;
                let directions = spread(sizes.len() * dim, -1.0, 1.0);
                let x: Vec<f64> = (0..sizes.len() * dim)
                    .map(|i| sizes[i / dim] * directions[i])
                    .collect();
                let x = leaf(&x, [sizes.len(), dim], DType::F32, device);
                let [mu, sigma] = [1.0, sigma].map(|p| leaf(&[p], [1], DType::F32, device));
                let case = SimplexCase {
                    classes,
                    kind,
                    ..SimplexCase::default()
                };
                let layer = case.layer(mu.clone(), sigma.clone(), device);
                let targets: Vec<i32> = (0..sizes.len()).map(|i| (i % classes) as i32).collect();
                let targets = Tensor::<1, Int>::from_ints(targets.as_slice(), device);
                let losses = case.losses_of(&layer, x.clone(), targets);
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
                        "{}: {classes} classes, {kind:?}, part {part}: {numbers:?}",
                        subject.name
                    );
                }
            }
        }
    }
}

/// NaN spoils its row and no other. So does a target that is no class, where nobody waits for the targets.
#[test]
fn undefined_rows() {
    for subject in fused() {
        let device = &subject.device;
        for classes in [4, 100, 200] {
            for loss in [MultiDomeLossConfig::nll(), MultiDomeLossConfig::brier()] {
                let (batch, dim) = (5, classes - 1);
                let mut x = spread(batch * dim, -1.0, 1.0);
                x[dim + dim / 2] = f64::NAN;
                let x = leaf(&x, [batch, dim], DType::F32, device);
                let layer = MultiDomeConfig::new(classes).with_sigma(0.5).init(device);
                let (targets, undefined) = match subject.is_gpu() {
                    true => ([0, 1, classes as i32, -1, 2], 1..4),
                    false => ([0, 1, 0, 1, 2], 1..2),
                };
                let targets = Tensor::<1, Int>::from_ints(targets, device);
                let loss = loss.with_check_targets(false).init(device);
                let losses = loss.forward_no_reduction(&layer, x.clone(), targets);
                let tape = losses.clone().backward();
                let (losses, gradients) = (values(losses), grad(&x, &tape));
                let scores = values(layer.scores(x));
                for (i, (loss, of_row)) in losses.iter().zip(gradients.chunks(dim)).enumerate() {
                    let case = format!("{}, row {i}", subject.name);
                    let undefined = undefined.contains(&i);
                    assert_eq!(loss.is_nan(), undefined, "{case}: {loss}");
                    assert!(
                        of_row.iter().all(|g| g.is_nan() == undefined),
                        "{case}: {of_row:?}"
                    );
                    let scores = &scores[i * classes..][..classes];
                    assert!(
                        scores.iter().all(|kappa| kappa.is_nan() == (i == 1)),
                        "{case}: {scores:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_repeated_run_gives_the_same_bits() {
    for subject in fused() {
        for classes in [10, 1000] {
            let case = SimplexCase {
                classes,
                batch: 130,
                ..SimplexCase::default()
            };
            let run = || case.losses(&subject.device, false);
            assert_eq!(run(), run(), "{}", subject.name);
        }
    }
}

/// NdArray runs the kernels of Flex.
#[cfg(all(feature = "flex", feature = "ndarray"))]
#[test]
#[allow(deprecated)]
fn ndarray_gives_the_bits_of_flex() {
    for classes in [10, 200] {
        let case = SimplexCase {
            classes,
            ..SimplexCase::default()
        };
        let run = |device: &Device| case.losses(device, false);
        assert_eq!(run(&Device::ndarray().autodiff()), run(&flex()));
    }
}

/// Where labels are not read first, the kernels of the CPU refuse them.
#[cfg(feature = "flex")]
#[test]
#[should_panic(expected = "a target is 3, but 3 classes have the indices 0 to 2")]
fn an_unchecked_target_that_is_no_class() {
    let device = flex();
    let layer = MultiDomeConfig::new(3).init(&device);
    let loss = MultiDomeLossConfig::brier()
        .with_check_targets(false)
        .init(&device);
    let targets = Tensor::<1, Int>::from_ints([0, 3], &device);
    loss.forward(&layer, Tensor::zeros([2, 2], &device), targets);
}
