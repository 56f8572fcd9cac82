//! `ln p - ln(1 - p)` in every corner: digits in units of the last place, and the sign of the prediction.

mod common;

use burn::tensor::{DType, Tensor};
use common::exact::{largest, log_odds, ulp};
use common::{Subject, grad, leaf, subjects, values};
use dome_burn::functional::dome_log_odds;
use dome_burn::{DomeConfig, DomeHeadConfig};

/// Rounded to what a type holds.
fn rounded(values_of: &[f64], dtype: DType) -> Vec<f64> {
    values(leaf(values_of, [values_of.len()], dtype, &common::flex()))
}

/// x, mu and sigma: near, between and far behind the modes, on them, and at 0; from broad bumps to such that
/// underflow, and with modes on the other side.
fn points(dtype: DType) -> Vec<[f64; 3]> {
    let mut points = Vec::new();
    for (mu, sigma) in [
        (1.0, 1.0),
        (1.0, 0.3),
        (0.5, 4.0),
        (2.0, 0.25),
        (-1.5, 0.75),
        (4.0, 0.125),
        (1e-3, 1.0),
    ] {
        let near = (-260..=260).map(|i| f64::from(i) * 0.031 * sigma);
        let reaches = near.flat_map(|offset| [offset + mu, offset - mu, offset]);
        let tiny = [1.0, -1.0, 0.999, 1.001, 1e-3, 1e-6, -1e-3, 0.0].map(|share| share * mu);
        points.extend(reaches.chain(tiny).map(|x| [x, mu, sigma]));
    }
    let flat = rounded(points.as_flattened(), dtype);
    flat.chunks(3).map(|p| [p[0], p[1], p[2]]).collect()
}

/// Value and gradients at points that each are a channel of their own.
fn run(subject: &Subject, points: &[[f64; 3]], dtype: DType) -> [Vec<f64>; 4] {
    let count = points.len();
    let column = |which: usize| points.iter().map(|p| p[which]).collect::<Vec<_>>();
    let x = leaf(&column(0), [1, count], dtype, &subject.device);
    let [mu, sigma] = [1, 2].map(|which| leaf(&column(which), [count], dtype, &subject.device));
    let y = dome_log_odds(x.clone(), mu.clone(), sigma.clone());
    assert_eq!(y.dtype(), dtype);
    let tape = y.clone().sum().backward();
    [
        values(y),
        grad(&x, &tape),
        grad(&mu, &tape),
        grad(&sigma, &tape),
    ]
}

/// 4 units in the last place where the kernels of the CPU compute in f64 and round once; else what the rounding
/// of the squared distances leaves, which the exponential takes to twice as much.
#[test]
fn digits() {
    for subject in subjects() {
        for &dtype in &subject.types {
            let points = points(dtype);
            let results = run(&subject, &points, dtype);
            let rounds_once = subject.is_fused(dtype) && !subject.is_gpu() && dtype != DType::F64;
            let mut worst = [0f64; 4];
            for (i, &[x, mu, sigma]) in points.iter().enumerate() {
                let exact = log_odds(x, mu, sigma);
                let squares = [(x - mu) / sigma, (x + mu) / sigma].map(|d| d * d);
                let bound = match rounds_once {
                    true => 4.0,
                    // Of half precision in f32, whose results are rounded.
                    false if subject.halves().contains(&dtype) => 4.0,
                    false => 8.0 + 2.0 * squares[0].max(squares[1]),
                };
                for part in 0..4 {
                    // A gradient is the sum of two terms, each with the error of its square.
                    let of_squares = bound > 4.0;
                    let bound = match of_squares && part > 0 {
                        true => 2.0 * bound,
                        false => bound,
                    };
                    let (actual, expected) = (results[part][i], exact[part].value);
                    let limited = expected.clamp(-largest(dtype), largest(dtype));
                    if part > 1 && limited != expected && actual.abs() >= largest(dtype) {
                        continue; // a sum over the batch, which may be infinite
                    }
                    // What f32 cannot hold in between is lost; a GPU may flush small numbers to 0.
                    let least = match dtype {
                        DType::F64 => 1e-290,
                        DType::F32 => 1e-30,
                        _ => 0.0,
                    };
                    let error =
                        (actual - limited).abs() / ulp(exact[part].largest.max(least), dtype);
                    let what = format!(
                        "{}, {dtype:?}, part {part} at x {x}, mu {mu}, sigma {sigma}: {actual:e}, \
                         expected {limited:e}",
                        subject.name
                    );
                    assert!(error <= bound, "{what}: {error} ulp, bound {bound}");
                    worst[part] = worst[part].max(error);
                }
            }
            println!("{}, {dtype:?}: {worst:.2?} ulp", subject.name);
        }
    }
}

/// The prediction is the sign of `mu x`, from the smallest to the largest number, and a score never contradicts
/// it.
#[test]
fn predictions_and_signs() {
    for subject in subjects() {
        for &dtype in &subject.types {
            let sizes = [
                1e-6,
                1e-3,
                0.5,
                1.0,
                5.2,
                8.0,
                30.0,
                1e3,
                6e4,
                1e10,
                largest(dtype),
            ];
            let sizes = rounded(&sizes, dtype).into_iter().filter(|x| x.is_finite());
            let xs: Vec<f64> = sizes.flat_map(|x| [x, -x]).collect();
            for mu in [1.0, -1.0] {
                let head = DomeHeadConfig::new(1).init(&subject.device);
                let parameter = |value: f64| leaf(&[value], [1], dtype, &subject.device);
                let mut head = head;
                head.dome.mu = head.dome.mu.map(|_| parameter(mu));
                head.dome.sigma = head.dome.sigma.map(|_| parameter(1.0));
                let x = || leaf(&xs, [xs.len(), 1], dtype, &subject.device);
                let predicted = values(head.predict(x()).float());
                let scores = values(head.scores(x()));
                for ((&x, predicted), score) in xs.iter().zip(predicted).zip(scores) {
                    let what = format!("{}, {dtype:?}, x {x:e}, mu {mu}", subject.name);
                    if x != 0.0 {
                        assert_eq!(predicted, f64::from(u8::from(x * mu > 0.0)), "{what}");
                        assert!(score * x * mu >= 0.0, "{what}: score {score:e}");
                        // Where composed, the sum with its derivatives loses the sign of a 0.
                        if score != 0.0 || subject.is_fused(dtype) {
                            assert_eq!(score.is_sign_positive(), x * mu > 0.0, "{what}: {score:e}");
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn infinite_and_undefined_inputs() {
    let (inf, nan) = (f64::INFINITY, f64::NAN);
    for subject in subjects() {
        let points = [
            [inf, 1.0, 1.0],
            [-inf, 1.0, 1.0],
            [0.5, inf, 1.0],
            [0.5, 1.0, inf],
            [nan, 1.0, 1.0],
            [0.5, nan, 1.0],
            [0.5, 1.0, nan],
        ];
        let results = run(&subject, &points, DType::F32);
        for part in results {
            for i in 0..4 {
                assert_eq!(part[i], 0.0, "{}: {part:?}", subject.name);
            }
        }
        let results = run(&subject, &points, DType::F32);
        assert!(
            results[0][4..].iter().all(|v| v.is_nan()),
            "{}: {results:?}",
            subject.name
        );
    }
}

#[test]
fn a_layer_gives_the_function() {
    for subject in subjects() {
        let dome = DomeConfig::new().with_sigma(0.5).init(&subject.device);
        let x = || Tensor::<2>::from_floats([[0.3, -7.0]], &subject.device);
        let expected = dome_log_odds(x(), dome.mu.val(), dome.sigma.val());
        assert_eq!(values(dome.log_odds(x())), values(expected));
    }
}
