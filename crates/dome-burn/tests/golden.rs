//! Values and gradients against the paper's formulas at 60 digits (`golden/golden.json`, made by
//! `golden/generate.py`).

mod common;

use burn::tensor::{DType, Device, Tensor};
use common::golden::{Scalar, golden};
use common::{assert_close, grad, leaf, subjects, values};
use dome_burn::functional::{dome, dome_binary_cross_entropy, dome_log_odds, pdome};

#[derive(Clone, Copy)]
struct Precision {
    dtype: DType,
    relative: f64,
    absolute: f64,
}

/// The golden derivatives are numerical ones, at 60 digits of functions of the size of 1.
const F64: Precision = Precision {
    dtype: DType::F64,
    relative: 1e-9,
    absolute: 1e-60,
};
/// `exp(-v^2)` amplifies the rounding of v by 2 v^2; values below 1e-6 have few digits that matter.
const F32: Precision = Precision {
    dtype: DType::F32,
    relative: 2e-5,
    absolute: 2e-6,
};

type Function = fn(Tensor<1>, [Tensor<1>; 3]) -> Tensor<1>;

/// Compares value and gradients of one function in all cases.
fn check(
    name: &str,
    device: &Device,
    precision: Precision,
    function: Function,
    expected: impl Fn(&Scalar) -> (f64, Vec<f64>),
) {
    for (i, case) in golden().iter().enumerate() {
        let inputs = [case.x, case.mu, case.sigma, case.pi]
            .map(|value| leaf(&[value], [1], precision.dtype, device));
        let [x, mu, sigma, pi] = inputs.clone();
        let output = function(x, [mu, sigma, pi]);
        assert_eq!(output.dtype(), precision.dtype);
        let (value, gradients) = expected(case);
        let close = |what: &str, actual, expected| {
            let what = format!("{name}, case {i}, {what}");
            assert_close(
                &what,
                actual,
                expected,
                precision.relative,
                precision.absolute,
            );
        };
        close("value", values(output.clone())[0], value);
        let tape = output.backward();
        for ((input, expected), of) in inputs.iter().zip(gradients).zip(["x", "mu", "sigma", "pi"])
        {
            close(
                &format!("gradient of {of}"),
                grad(input, &tape)[0],
                expected,
            );
        }
    }
}

fn check_all(device: &Device, precision: Precision) {
    check(
        "dome",
        device,
        precision,
        |x, [mu, sigma, _]| dome(x, mu, sigma),
        |case| (case.dome, case.dome_grad_x_mu_sigma.to_vec()),
    );
    check(
        "pdome",
        device,
        precision,
        |x, [mu, sigma, pi]| pdome(x, mu, sigma, pi),
        |case| (case.pdome, case.pdome_grad_x_mu_sigma_pi.to_vec()),
    );
    check(
        "cross-entropy, target 1",
        device,
        precision,
        |x, [mu, sigma, _]| {
            let target = x.ones_like().without_autodiff();
            dome_binary_cross_entropy(x, mu, sigma, target)
        },
        |case| {
            (
                case.bce_target_1,
                case.bce_target_1_grad_x_mu_sigma.to_vec(),
            )
        },
    );
    check(
        "cross-entropy, target 0",
        device,
        precision,
        |x, [mu, sigma, _]| {
            let target = x.zeros_like().without_autodiff();
            dome_binary_cross_entropy(x, mu, sigma, target)
        },
        |case| {
            (
                case.bce_target_0,
                case.bce_target_0_grad_x_mu_sigma.to_vec(),
            )
        },
    );
    check(
        "log-odds",
        device,
        precision,
        |x, [mu, sigma, _]| dome_log_odds(x, mu, sigma),
        |case| (case.log_odds, case.log_odds_grad_x_mu_sigma.to_vec()),
    );
}

#[test]
fn every_device_and_type() {
    for subject in subjects() {
        check_all(&subject.device, F32);
        if subject.has(DType::F64) {
            check_all(&subject.device, F64);
        }
    }
}
