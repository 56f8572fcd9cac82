//! The kernels of GPUs at the ends of the numbers, against Flex, and beside the reference on the same
//! device. Layouts, types and patterns of tracked inputs are in `fused.rs`.
//!
//! `BURN_FUSION_MAX_EXPLORATIONS=0` runs them without Burn's fusion.

mod common;

use burn::tensor::{DType, Device, Tensor};
use common::{Op, assert_close, flex, grad, leaf, pairs, spread, values};
use dome_burn::SIGMA_FLOOR;
use dome_burn::functional::dome;
use dome_burn::op::elementwise::composed as reference;

fn wgpu() -> Device {
    common::wgpu().device
}

const PARTS: [&str; 5] = ["value", "gradient of x", "of mu", "of sigma", "of pi"];

/// x, mu, sigma, pi and target of one element.
type Point = [f64; 5];

/// Value and gradients at points that each are a channel of their own, so that no sum hides one.
fn at_points(op: Op<2>, parameters: &[usize], points: &[Point], device: &Device) -> Vec<Vec<f64>> {
    let count = points.len();
    let column = |which: usize| points.iter().map(|p| p[which]).collect::<Vec<_>>();
    let x = leaf(&column(0), [1, count], DType::F32, device);
    let all = [1, 2, 3].map(|which| leaf(&column(which), [count], DType::F32, device));
    let targets = leaf(&column(4), [1, count], DType::F32, device).without_autodiff();
    let y = op(x.clone(), all.clone(), targets);
    let tape = y.clone().sum().backward();
    let mut results = vec![values(y), grad(&x, &tape)];
    results.extend(parameters.iter().map(|&i| grad(&all[i], &tape)));
    results
}

/// Fails unless both devices give close numbers, or both NaN, or the same infinity.
fn assert_as_flex(points: &[Point], finite: bool) {
    for pair in pairs() {
        let run = |device| at_points(pair.fused, pair.parameters, points, device);
        let (actual, expected) = (run(&wgpu()), run(&flex()));
        for ((actual, expected), part) in actual.iter().zip(&expected).zip(PARTS) {
            assert_eq!(actual.len(), points.len());
            for ((&actual, &expected), point) in actual.iter().zip(expected).zip(points) {
                let what = format!("{} at {point:?}, {part}", pair.name);
                assert!(
                    actual.is_finite() || !finite,
                    "{what}: {actual}, expected {expected}"
                );
                if expected.is_finite() {
                    // v^2 of a bump is rounded, which exp takes to 2 v^2 units in the last place;
                    // differences are exact to the last place of what is subtracted; and numbers
                    // below the smallest normal one may be 0 on a GPU.
                    let absolute = match (part, pair.name) {
                        ("value", "pdome") => 1e-6,
                        ("value", _) => 1e-35,
                        _ => 2e-6 / point[2].abs().max(SIGMA_FLOOR),
                    };
                    assert_close(&what, actual, expected, 5e-5, absolute);
                } else {
                    assert!(
                        actual == expected || actual.is_nan() && expected.is_nan(),
                        "{what}: {actual}, expected {expected}"
                    );
                }
            }
        }
    }
}

/// Near, between and far behind the modes, from broad bumps to such that both underflow.
#[test]
fn finite_numbers_give_what_flex_gives() {
    let ratios = [
        1e-3, 1e-2, 0.1, 0.5, 1.0, 2.0, 5.0, 6.5, 10.0, 30.0, 100.0, 1e3,
    ];
    let mut points = Vec::new();
    for (mu, ratio) in [0.5, 1.0, 20.0]
        .iter()
        .flat_map(|m| ratios.map(|r| (*m, r)))
    {
        let near = [0.0, 1e-30, mu, mu * 1.01, mu / 2.0].map(|x| [x, -x]);
        let far = [1.0, 10.0, 1e3, 1e10, 1e19, 1e30, f32::MAX as f64].map(|x| [x, -x]);
        for x in near.as_flattened().iter().chain(far.as_flattened()) {
            points.extend([0.0, 0.3, 1.0].map(|target| [*x, mu, mu / ratio, 0.5, target]));
        }
    }
    assert_eq!(points.len(), 36 * 24 * 3);
    assert_as_flex(&points, true);
}

/// Every combination of numbers that are none, or no ordinary ones.
#[test]
fn infinite_and_undefined_numbers_give_what_flex_gives() {
    let (inf, nan) = (f64::INFINITY, f64::NAN);
    let mut points = Vec::new();
    for x in [inf, -inf, nan, 0.0, 0.5, -1.0] {
        for mu in [inf, nan, 0.0, 1.0, -1.0] {
            for sigma in [inf, nan, 1.0, -0.5] {
                points.extend([0.0, 0.5, 1.0].map(|target| [x, mu, sigma, 0.5, target]));
            }
        }
    }
    points.extend([inf, -inf, nan, 0.0].map(|pi| [0.5, 1.0, 1.0, pi, 1.0]));
    assert_as_flex(&points, false);
}

/// Below its floor sigma acts as the floor, and its gradient lets it out.
#[test]
fn sigma_below_its_floor() {
    let sigmas = [0.0, -0.0, 1e-30, SIGMA_FLOOR / 3.0, -SIGMA_FLOOR / 3.0];
    let points = sigmas.map(|sigma| [SIGMA_FLOOR / 2.0, 0.0, sigma, 0.5, 1.0]);
    assert_as_flex(&points, true);
    let gradients = &at_points(pairs()[1].fused, &[0, 1, 2], &points, &wgpu())[3];
    assert!(gradients.iter().all(|g| *g != 0.0), "{gradients:?}");
}

/// `(1 + a - b)/2` of the reference has lost them: this is the kernel's work.
#[test]
fn small_probabilities_keep_their_digits() {
    let x = leaf(&[-0.999], [1, 1], DType::F32, &wgpu());
    let parameter = |value| leaf(&[value], [1], DType::F32, &wgpu());
    let (mu, sigma) = (parameter(1.0), parameter(0.1));
    let distance = (-0.999f32 as f64 + 1.0) / 0.1f32 as f64;
    let exact = -(-distance * distance).exp_m1() / 2.0;
    let close = |y: Tensor<2>| (values(y)[0] / exact - 1.0).abs() < 1e-5;
    assert!(close(dome(x.clone(), mu.clone(), sigma.clone())));
    assert!(!close(reference::dome(x, mu, sigma)));
}

/// The same device, the same inputs: parameters shared and along channels, a channel's elements
/// scattered, in short and in long runs.
#[test]
fn agrees_with_the_reference_on_the_device() {
    for (rows, channels, shared) in [
        (1, 1, true),
        (5, 3, true),
        (640, 8, true),
        (5, 3, false),
        (64, 6, false),
        (700, 48, false),
        (2, 4096, false),
        (4097, 2, false),
    ] {
        let device = wgpu();
        let count = if shared { 1 } else { channels };
        for pair in pairs::<2>() {
            let run = |op: Op<2>| {
                let tensor = |low, high| {
                    let numbers = spread(rows * channels, low, high);
                    leaf(&numbers, [rows, channels], DType::F32, &device)
                };
                let (x, targets) = (tensor(-3.0, 3.0), tensor(0.0, 1.0).without_autodiff());
                let weights = tensor(0.5, 1.5).without_autodiff();
                let all = [(0.6, 1.4), (-1.5, -0.5), (0.2, 1.2)].map(|(low, high)| {
                    leaf(&spread(count, low, high), [count], DType::F32, &device)
                });
                let y = op(x.clone(), all.clone(), targets);
                let tape = (y.clone() * weights).sum().backward();
                let mut results = vec![values(y), grad(&x, &tape)];
                results.extend(pair.parameters.iter().map(|&i| grad(&all[i], &tape)));
                results
            };
            let (actual, expected) = (run(pair.fused), run(pair.reference));
            for ((actual, expected), part) in actual.iter().zip(&expected).zip(PARTS) {
                let size = expected.iter().fold(0f64, |size, v| size.max(v.abs()));
                for (i, (&actual, &expected)) in actual.iter().zip(expected).enumerate() {
                    let what = format!(
                        "{} [{rows}, {channels}], shared {shared}, {part} {i}",
                        pair.name
                    );
                    assert_close(&what, actual, expected, 1e-5, 2e-5 * size);
                }
            }
        }
    }
}

/// Part of a larger tensor in one piece: its memory does not start where the buffer does, and what
/// is around it is somebody else's.
#[test]
fn a_part_of_a_tensor_that_lives_on() {
    for pair in pairs::<2>() {
        let run = |device: &Device| {
            let number = |value| leaf(&[value], [1], DType::F32, device).without_autodiff();
            let tensor = |rows: usize, low, high| {
                let numbers = spread(rows * 64, low, high);
                leaf(&numbers, [rows, 64], DType::F32, device).without_autodiff()
            };
            let whole = tensor(64, -2.0, 2.0);
            let parameters = [0.9, 0.7, 0.4].map(number);
            let targets = tensor(32, 0.0, 1.0);
            let y = (pair.fused)(whole.clone().slice_dim(0, 16..48), parameters, targets);
            (values(y), values(whole))
        };
        let ((actual, whole), (expected, before)) = (run(&wgpu()), run(&flex()));
        assert_eq!(whole, before, "{}", pair.name);
        for (actual, expected) in actual.into_iter().zip(expected) {
            assert_close(pair.name, actual, expected, 1e-5, 1e-6);
        }
    }
}
