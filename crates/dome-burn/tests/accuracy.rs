//! The table of errors in `docs/accuracy.md`: measured here, and none may grow.

mod common;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use burn::tensor::{DType, Tensor};
use common::exact::{self, Exact, largest, ulp};
use common::golden::{Scalar, golden};
use common::{Subject, flex, grad, leaf, subjects, values};
use dome_burn::functional;

/// What is measured: an operation of x, the parameters and a target, and what it ought to give.
struct Function {
    name: &'static str,
    /// How many of mu, sigma and pi take part.
    parameters: usize,
    operation: fn(Tensor<2>, [Tensor<1>; 3]) -> Tensor<2>,
    exact: fn([f64; 4]) -> Exact,
}

fn cross_entropy(x: Tensor<2>, [mu, sigma, _]: [Tensor<1>; 3], target: f64) -> Tensor<2> {
    let targets = (x.zeros_like() + target).without_autodiff();
    functional::dome_binary_cross_entropy(x, mu, sigma, targets)
}

/// Exact in every type.
const SHARE: f64 = 0.25;

const FUNCTIONS: [Function; 5] = [
    Function {
        name: "dome",
        parameters: 2,
        operation: |x, [mu, sigma, _]| functional::dome(x, mu, sigma),
        exact: |[x, mu, sigma, _]| exact::dome(x, mu, sigma),
    },
    Function {
        name: "pdome",
        parameters: 3,
        operation: |x, [mu, sigma, pi]| functional::pdome(x, mu, sigma, pi),
        exact: |[x, mu, sigma, pi]| exact::pdome(x, mu, sigma, pi),
    },
    Function {
        name: "dome_log_odds",
        parameters: 2,
        operation: |x, [mu, sigma, _]| functional::dome_log_odds(x, mu, sigma),
        exact: |[x, mu, sigma, _]| exact::log_odds(x, mu, sigma),
    },
    Function {
        name: "dome_binary_cross_entropy, target 1",
        parameters: 2,
        operation: |x, parameters| cross_entropy(x, parameters, 1.0),
        exact: |[x, mu, sigma, _]| exact::cross_entropy(x, mu, sigma, 1.0),
    },
    Function {
        name: "dome_binary_cross_entropy, target 1/4",
        parameters: 2,
        operation: |x, parameters| cross_entropy(x, parameters, SHARE),
        exact: |[x, mu, sigma, _]| exact::cross_entropy(x, mu, sigma, SHARE),
    },
];

const PARTS: [&str; 5] = ["value", "by x", "by mu", "by sigma", "by pi"];
const TYPES: [DType; 4] = [DType::F64, DType::F32, DType::F16, DType::BF16];

/// x, mu, sigma and pi, rounded to what a type holds: near the modes, on them, between them and up to eight sigmas away;
/// broad and narrow bumps, modes on the other side.
fn points(dtype: DType) -> Vec<[f64; 4]> {
    let mut points = Vec::new();
    for (mu, sigma, pi) in [
        (1.0, 1.0, 1.0),
        (1.0, 0.3, 0.5),
        (0.5, 4.0, 2.0),
        (2.0, 0.25, 0.0),
        (-1.5, 0.75, -1.0),
        (1e-3, 1.0, 1.0),
    ] {
        let near = (-400..=400).map(|i| f64::from(i) * 0.0203 * sigma);
        let reaches = near.flat_map(|offset| [offset + mu, offset - mu, offset]);
        let special = [1.0, -1.0, 0.999, 1.001, 1e-3, 1e-6, -1e-3, 0.0].map(|share| share * mu);
        points.extend(reaches.chain(special).map(|x| [x, mu, sigma, pi]));
    }
    let flat = points.as_flattened();
    let rounded = values(leaf(flat, [flat.len()], dtype, &flex()));
    rounded.chunks(4).map(|p| p.try_into().unwrap()).collect()
}

/// The largest errors of value and gradients in units in the last place of the largest term.
fn errors(function: &Function, subject: &Subject, dtype: DType) -> Vec<f64> {
    let points = points(dtype);
    let count = points.len();
    let column = |which: usize| points.iter().map(|p| p[which]).collect::<Vec<_>>();
    let x = leaf(&column(0), [1, count], dtype, &subject.device);
    let parameters = [1, 2, 3].map(|p| leaf(&column(p), [count], dtype, &subject.device));
    let y = (function.operation)(x.clone(), parameters.clone());
    let tape = y.clone().sum().backward();
    let mut results = vec![values(y), grad(&x, &tape)];
    let taking_part = parameters[..function.parameters].iter();
    results.extend(taking_part.map(|parameter| grad(parameter, &tape)));
    let mut worst = vec![0f64; results.len()];
    for (i, &point) in points.iter().enumerate() {
        let exact = (function.exact)(point);
        for ((worst, exact), result) in worst.iter_mut().zip(exact).zip(&results) {
            // What lies above is infinite, and what lies below has fewer digits: the smallest that is measured is as
            // far above the smallest normal number as squares lie below 1.
            let least = match dtype {
                DType::F64 => 1e-290,
                DType::F32 => 1e-30,
                _ => 0.0,
            };
            if exact.largest > largest(dtype) {
                continue;
            }
            let error = (result[i] - exact.value).abs() / ulp(exact.largest.max(least), dtype);
            assert!(
                !error.is_nan(),
                "{} at {point:?}: {}",
                function.name,
                result[i]
            );
            *worst = worst.max(error);
        }
    }
    worst
}

/// Beside these sources, also for the package that tests them without features.
fn file() -> PathBuf {
    let folders = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let mut files = folders.map(|folder| folder.join("docs/accuracy.md"));
    files.find(|file| file.exists()).expect("docs/accuracy.md")
}

/// Who computes, as in the table: the kernels of the CPU are the same for all of its devices.
fn computed_by(subject: &Subject) -> &'static str {
    if subject.fused { "kernels" } else { "composed" }
}

type Table = BTreeMap<(String, String, String), [Option<f64>; 4]>;

/// The bounds of the table, by function, part and who computes.
fn bounds(text: &str) -> Table {
    let rows = text.lines().filter(|line| line.starts_with("| `"));
    let rows = rows.map(|line| line.split('|').map(str::trim).collect::<Vec<_>>());
    rows.map(|cells| {
        let name = cells[1].replace('`', "");
        let number = |cell: &str| cell.parse().ok();
        let numbers = [4, 5, 6, 7].map(|i| number(cells[i]));
        ((name, cells[2].into(), cells[3].into()), numbers)
    })
    .collect()
}

fn measured() -> Table {
    let mut table = Table::new();
    // On a GPU results depend on the driver's exponential; `log_odds`, `golden` and `fused_wgpu` have its bounds.
    for subject in subjects().iter().filter(|subject| !subject.is_gpu()) {
        for function in &FUNCTIONS {
            for (column, dtype) in TYPES.into_iter().enumerate() {
                if !subject.has(dtype) {
                    continue;
                }
                for (part, error) in PARTS.iter().zip(errors(function, subject, dtype)) {
                    let by = computed_by(subject).to_owned();
                    let key = (function.name.to_owned(), (*part).to_owned(), by);
                    let cell = &mut table.entry(key).or_default()[column];
                    *cell = Some(cell.unwrap_or(0.0).max(error));
                }
            }
        }
    }
    table
}

#[test]
fn no_error_has_grown() {
    let bounds = bounds(&std::fs::read_to_string(file()).unwrap());
    let mut compared = 0;
    for (key, errors) in measured() {
        let bounds = bounds
            .get(&key)
            .unwrap_or_else(|| panic!("docs/accuracy.md has no row for {key:?}"));
        for ((error, bound), dtype) in errors.into_iter().zip(bounds).zip(TYPES) {
            let Some(error) = error else { continue };
            let bound = bound.unwrap_or_else(|| panic!("no bound for {key:?}, {dtype:?}"));
            println!("{key:?}, {dtype:?}: {error:.3} ulp, bound {bound}");
            assert!(
                error <= bound,
                "{key:?}, {dtype:?}: {error} ulp, bound {bound}"
            );
            compared += 1;
        }
    }
    assert!(compared >= 4 * 21, "{compared}");
}

/// The formulas that errors are measured against, themselves against 60 digits.
#[test]
fn the_reference_is_right() {
    for case in golden() {
        let Scalar {
            x, mu, sigma, pi, ..
        } = case;
        let check = |name: &str, exact: Exact, value: f64, gradient: &[f64]| {
            // The golden derivatives are numerical ones, to about 10 digits.
            let limits = [1e-14].into_iter().chain([1e-9; 4]);
            let golden = [value].into_iter().chain(gradient.iter().copied());
            for ((exact, golden), limit) in exact.into_iter().zip(golden).zip(limits) {
                let error = (exact.value - golden).abs();
                let size = exact.largest.max(1e-60);
                assert!(
                    error <= limit * size,
                    "{name} at {x}, {mu}, {sigma}, {pi}: {exact:?}, {golden:e}"
                );
            }
        };
        check(
            "dome",
            exact::dome(x, mu, sigma),
            case.dome,
            &case.dome_grad_x_mu_sigma,
        );
        check(
            "pdome",
            exact::pdome(x, mu, sigma, pi),
            case.pdome,
            &case.pdome_grad_x_mu_sigma_pi,
        );
        check(
            "target 1",
            exact::cross_entropy(x, mu, sigma, 1.0),
            case.bce_target_1,
            &case.bce_target_1_grad_x_mu_sigma,
        );
        check(
            "target 0",
            exact::cross_entropy(x, mu, sigma, 0.0),
            case.bce_target_0,
            &case.bce_target_0_grad_x_mu_sigma,
        );
        check(
            "log-odds",
            exact::log_odds(x, mu, sigma),
            case.log_odds,
            &case.log_odds_grad_x_mu_sigma,
        );
    }
}

/// Two digits, a fifth above what was measured: other processors round differently.
fn rounded_up(error: f64) -> f64 {
    let error = 1.2 * error.max(1e-3);
    let unit = 10f64.powf(error.log10().floor() - 1.0);
    (error / unit).ceil() * unit
}

/// Writes the rows of who computes here; a bound that is there is lowered, never raised.
#[test]
#[ignore = "writes docs/accuracy.md"]
fn write_the_table() {
    let text = std::fs::read_to_string(file()).unwrap();
    let mut table = bounds(&text);
    for (key, errors) in measured() {
        let row = table.entry(key).or_default();
        for (bound, error) in row.iter_mut().zip(errors) {
            let Some(error) = error.map(rounded_up) else {
                continue;
            };
            *bound = Some(bound.map_or(error, |bound| bound.min(error)));
        }
    }
    let mut rows = String::new();
    for ((name, part, by), bounds) in table {
        let number = |bound: Option<f64>| bound.map_or("–".into(), |b| format!("{b:.3}"));
        let numbers = bounds.map(|bound| {
            let text = number(bound);
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        });
        writeln!(
            rows,
            "| `{name}` | {part} | {by} | {} |",
            numbers.join(" | ")
        )
        .unwrap();
    }
    let before = text.lines().take_while(|line| !line.starts_with("| `"));
    let after = text.lines().skip_while(|line| !line.starts_with("| `"));
    let after = after.skip_while(|line| line.starts_with("| `"));
    let lines = before.chain(rows.lines()).chain(after);
    let text: String = lines.map(|line| format!("{line}\n")).collect();
    std::fs::write(file(), text).unwrap();
}
