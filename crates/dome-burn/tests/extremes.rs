//! Finite values and gradients for every finite input, the limits for infinite ones, NaN for NaN.

mod common;

use burn::tensor::{DType, Tensor};
use common::{flex, grad, leaf, values};
use dome_burn::SIGMA_FLOOR;
use dome_burn::functional::{dome, dome_binary_cross_entropy, dome_log_odds, pdome};

/// One value and its gradients in x, mu, sigma.
fn run(
    f: impl Fn(Tensor<1>, Tensor<1>, Tensor<1>) -> Tensor<1>,
    dtype: DType,
    [x, mu, sigma]: [f64; 3],
) -> [f64; 4] {
    let inputs = [x, mu, sigma].map(|value| leaf(&[value], [1], dtype, &flex()));
    let [x, mu, sigma] = inputs.clone();
    let output = f(x, mu, sigma);
    let value = values(output.clone())[0];
    let tape = output.backward();
    let [gx, gmu, gsigma] = inputs.map(|input| grad(&input, &tape)[0]);
    [value, gx, gmu, gsigma]
}

fn loss(target: f64) -> impl Fn(Tensor<1>, Tensor<1>, Tensor<1>) -> Tensor<1> {
    move |x, mu, sigma| {
        let targets = x.ones_like().without_autodiff() * target;
        dome_binary_cross_entropy(x, mu, sigma, targets)
    }
}

#[test]
fn finite_in_finite_out() {
    for (dtype, max) in [(DType::F32, f32::MAX as f64), (DType::F64, f64::MAX)] {
        let ratios = [
            1e-3, 1e-2, 0.1, 0.5, 1.0, 2.0, 5.0, 6.5, 10.0, 30.0, 100.0, 1e3,
        ];
        let mut checked = 0;
        for (mu, ratio) in [0.5, 1.0, 20.0]
            .iter()
            .flat_map(|m| ratios.map(|r| (*m, r)))
        {
            let sigma = mu / ratio;
            let near = [
                0.0,
                -0.0,
                1e-30,
                mu,
                -mu,
                mu * 1.000001,
                -mu * 1.000001,
                mu / 2.0,
            ];
            let far = [1.0, 10.0, 1e3, 1e10, 1e19, 1e30, max].map(|x| [x, -x]);
            for x in near.into_iter().chain(far.as_flattened().to_vec()) {
                let pi = Tensor::<1>::from_data([0.5], (&flex(), dtype));
                for (name, result) in [
                    ("dome", run(dome, dtype, [x, mu, sigma])),
                    (
                        "pdome",
                        run(|x, m, s| pdome(x, m, s, pi.clone()), dtype, [x, mu, sigma]),
                    ),
                    ("loss of 1", run(loss(1.0), dtype, [x, mu, sigma])),
                    ("loss of 0", run(loss(0.0), dtype, [x, mu, sigma])),
                    ("loss of 0.3", run(loss(0.3), dtype, [x, mu, sigma])),
                    ("log-odds", run(dome_log_odds, dtype, [x, mu, sigma])),
                ] {
                    let case = format!("{name} at x {x:e}, mu {mu}, sigma {sigma} in {dtype:?}");
                    assert!(result.iter().all(|v| v.is_finite()), "{case}: {result:?}");
                    if name.starts_with("loss") {
                        assert!(result[0] >= 0.0, "{case}: {result:?}");
                    }
                    checked += 1;
                }
            }
        }
        assert_eq!(checked, 3 * 12 * 22 * 6);
    }
}

/// mu/sigma = 30: both bumps underflow in f32 between and behind the modes, where a naive
/// logarithm is infinite. At the wrong mode the loss is `(2 mu/sigma)^2 + ln 2`.
#[test]
fn loss_where_the_bumps_underflow() {
    let [value, gx, gmu, gsigma] = run(loss(1.0), DType::F32, [-30.0, 30.0, 1.0]);
    assert_eq!(value, (3600.0 + core::f64::consts::LN_2) as f32 as f64);
    // The own bump alone: d/dx (x - mu)^2 = -120 and so on.
    assert_eq!([gx, gmu, gsigma], [-120.0, 120.0, -7200.0]);
    let [value, ..] = run(loss(1.0), DType::F32, [0.0, 30.0, 1.0]);
    assert_eq!(value, core::f32::consts::LN_2 as f64);
}

/// At the right mode `1 - p = exp(-(2 mu/sigma)^2)/2`: a loss far below the resolution of p.
#[test]
fn tiny_losses_keep_their_digits() {
    let [value, gx, ..] = run(loss(1.0), DType::F32, [4.0, 4.0, 1.0]);
    let expected = (-64f64).exp() / 2.0;
    assert!(
        (value / expected - 1.0).abs() < 1e-5,
        "{value:e} {expected:e}"
    );
    // d/dx: only the mirrored bump is not stationary here, 2 u b / (2 p).
    assert!((gx / (-8.0 * (-64f64).exp()) - 1.0).abs() < 1e-4, "{gx:e}");
}

#[test]
fn infinite_and_undefined_inputs() {
    for x in [f64::INFINITY, f64::NEG_INFINITY] {
        assert_eq!(run(dome, DType::F32, [x, 1.0, 1.0]), [0.5, 0.0, 0.0, 0.0]);
        let [value, gradients @ ..] = run(loss(1.0), DType::F32, [x, 1.0, 1.0]);
        assert_eq!(value, core::f32::consts::LN_2 as f64);
        assert_eq!(gradients, [0.0; 3]);
    }
    for [x, mu, sigma] in [
        [f64::NAN, 1.0, 1.0],
        [0.3, f64::NAN, 1.0],
        [0.3, 1.0, f64::NAN],
    ] {
        assert!(run(dome, DType::F32, [x, mu, sigma])[0].is_nan());
        assert!(run(loss(1.0), DType::F32, [x, mu, sigma])[0].is_nan());
    }
}

/// A mode at infinity is far from everything, and infinitely broad bumps are everywhere; infinite
/// numbers divided by an infinite sigma are undefined.
#[test]
fn infinite_parameters() {
    let inf = f64::INFINITY;
    for dtype in [DType::F32, DType::F64] {
        for (mu, sigma) in [(inf, 1.0), (1.0, inf)] {
            let [value, gradients @ ..] = run(dome, dtype, [0.5, mu, sigma]);
            assert_eq!(
                (value, gradients),
                (0.5, [0.0; 3]),
                "{dtype:?} {mu} {sigma}"
            );
            let [value, gradients @ ..] = run(loss(1.0), dtype, [0.5, mu, sigma]);
            assert!((value - core::f64::consts::LN_2).abs() < 1e-7, "{value}");
            assert_eq!(gradients, [0.0; 3], "{dtype:?} {mu} {sigma}");
        }
        for operation in [
            run(dome, dtype, [inf, 1.0, inf]),
            run(loss(1.0), dtype, [inf, 1.0, inf]),
        ] {
            // Where operations are composed, the derivative of an infinite input counts as 0.
            let parts = if cfg!(feature = "flex") { 4 } else { 1 };
            assert!(
                operation[..parts].iter().all(|v| v.is_nan()),
                "{dtype:?} {operation:?}"
            );
        }
    }
}

/// Below the floor: the floor's value, and a gradient that lets sigma out.
#[test]
fn sigma_below_its_floor() {
    let x = 1.0 + SIGMA_FLOOR;
    let [at_floor, _, _, slope] = run(dome, DType::F64, [x, 1.0, SIGMA_FLOOR]);
    assert!(slope > 0.0);
    for sigma in [0.0, SIGMA_FLOOR / 3.0] {
        let [value, _, _, gradient] = run(dome, DType::F64, [x, 1.0, sigma]);
        assert!((value - at_floor).abs() < 1e-9 && (gradient / slope - 1.0).abs() < 1e-9);
    }
    // Only sigma^2 matters, so a negative sigma mirrors the gradient.
    let positive = run(dome, DType::F64, [0.4, 1.0, 0.7]);
    let negative = run(dome, DType::F64, [0.4, 1.0, -0.7]);
    assert_eq!(positive[..3], negative[..3]);
    assert_eq!(positive[3], -negative[3]);
}
