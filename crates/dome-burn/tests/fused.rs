//! The fused operations against the reference: values and every gradient, in every layout and type;
//! their accuracy, and what the result must not depend on.

mod common;

use burn::tensor::activation::sigmoid;
use burn::tensor::{DType, Device, Tensor, TensorData};
use common::{Op, assert_close, flex, grad, leaf, pairs, spread, values};
use dome_burn::functional;

/// How the input lies in memory.
#[derive(Debug, Clone, Copy)]
enum Layout {
    Contiguous,
    /// Dimensions in reverse order.
    Permuted,
    /// A part of the last dimension.
    Sliced,
    /// One element for all of dimension 0.
    Expanded,
}

impl Layout {
    const ALL: [Self; 4] = [
        Self::Contiguous,
        Self::Permuted,
        Self::Sliced,
        Self::Expanded,
    ];

    /// The shape of the leaf that [`arrange`](Self::arrange) brings to `shape`.
    fn leaf_shape<const D: usize>(self, mut shape: [usize; D]) -> [usize; D] {
        match self {
            Self::Contiguous => {}
            Self::Permuted => shape.reverse(),
            Self::Sliced => shape[D - 1] += 3,
            Self::Expanded => shape[0] = 1,
        }
        shape
    }

    fn arrange<const D: usize>(self, leaf: Tensor<D>, shape: [usize; D]) -> Tensor<D> {
        match self {
            Self::Contiguous => leaf,
            Self::Permuted => leaf.permute(core::array::from_fn::<isize, D, _>(|d| {
                (D - 1 - d) as isize
            })),
            Self::Sliced => leaf.slice_dim(D - 1, 2..2 + shape[D - 1]),
            Self::Expanded => leaf.expand(shape),
        }
    }
}

/// Numbers that `dtype` holds exactly.
fn numbers(count: usize, low: f64, high: f64, dtype: DType) -> Vec<f64> {
    let data = TensorData::new(spread(count, low, high), [count]).convert_dtype(dtype);
    data.convert::<f64>().try_to_vec().unwrap()
}

struct Case<const D: usize> {
    shape: [usize; D],
    /// Number of values of mu, sigma and pi.
    counts: [usize; 3],
    layout: Layout,
    /// The type that all inputs are exact in.
    inputs: DType,
}

impl<const D: usize> Case<D> {
    /// Value and gradients of x and the parameters, computed in `dtype`.
    fn run(&self, op: Op<D>, parameters: &[usize], dtype: DType, device: &Device) -> Vec<Vec<f64>> {
        let tensor = |values: &[f64], shape: [usize; D]| leaf(values, shape, dtype, device);
        let count = self.shape.iter().product();

        let leaf_shape = self.layout.leaf_shape(self.shape);
        let xs = numbers(leaf_shape.iter().product(), -3.0, 3.0, self.inputs);
        let x = tensor(&xs, leaf_shape);
        let ranges = [(0.6, 1.4), (-1.5, -0.5), (0.2, 1.2)];
        let all: [Tensor<1>; 3] = core::array::from_fn(|i| {
            let (low, high) = ranges[i];
            let values = numbers(self.counts[i], low, high, self.inputs);
            leaf(&values, [self.counts[i]], dtype, device)
        });
        let targets: Vec<f64> = (0..count).map(|i| [0.0, 1.0, 0.25, 0.875][i % 4]).collect();
        let targets = tensor(&targets, self.shape);
        let weights = tensor(&numbers(count, -1.0, 2.0, self.inputs), self.shape);

        let y = op(
            self.layout.arrange(x.clone(), self.shape),
            all.clone(),
            targets,
        );
        assert_eq!((y.dtype(), y.dims()), (dtype, self.shape));
        let tape = (y.clone() * weights.without_autodiff()).sum().backward();
        let mut results = vec![values(y), grad(&x, &tape)];
        results.extend(parameters.iter().map(|&i| grad(&all[i], &tape)));
        results
    }

    /// Compares with the reference in f64 on the same inputs, so that only results are rounded.
    fn check(&self, epsilon: f64) {
        self.check_on(&flex(), epsilon);
    }

    fn check_on(&self, device: &Device, epsilon: f64) {
        for pair in pairs::<D>() {
            let actual = self.run(pair.fused, pair.parameters, self.inputs, device);
            let expected = self.run(pair.reference, pair.parameters, DType::F64, &flex());
            let parts = ["value", "gradient of x", "of mu", "of sigma", "of pi"];
            for ((actual, expected), part) in actual.iter().zip(&expected).zip(parts) {
                assert_eq!(actual.len(), expected.len());
                // Gradients may be sums of rounded terms of that size.
                let largest = expected.iter().fold(1f64, |max, v| max.max(v.abs()));
                for (i, (&actual, &expected)) in actual.iter().zip(expected).enumerate() {
                    let what = format!(
                        "{} {:?} {:?} in {:?}, parameters {:?}, {part} {i}",
                        pair.name, self.shape, self.layout, self.inputs, self.counts
                    );
                    assert_close(&what, actual, expected, epsilon, epsilon * largest);
                }
            }
        }
    }
}

/// All layouts and types, to two to four units in the last place of each.
fn check<const D: usize>(shape: [usize; D], counts: [usize; 3]) {
    let types = [
        (DType::F64, 1e-12),
        (DType::F32, 2f64.powi(-22)),
        (DType::F16, 2f64.powi(-9)),
        (DType::BF16, 2f64.powi(-6)),
    ];
    for (layout, (inputs, epsilon)) in Layout::ALL.iter().flat_map(|l| types.map(|t| (*l, t))) {
        let case = Case {
            shape,
            counts,
            layout,
            inputs,
        };
        case.check(epsilon);
    }
}

#[test]
fn agrees_with_the_reference_with_shared_parameters() {
    check([7], [1, 1, 1]);
    check([3, 50], [1, 1, 1]);
    check([2, 3, 40], [1, 1, 1]);
    check([2, 3, 5, 9], [1, 1, 1]);
    check([2, 2, 3, 4, 3], [1, 1, 1]);
}

#[test]
fn agrees_with_the_reference_with_parameters_along_channels() {
    check([4, 3], [3, 3, 3]);
    check([3, 300], [300, 1, 300]);
    check([2, 3, 150], [3, 1, 3]);
    check([2, 3, 5, 9], [1, 3, 1]);
    check([2, 2, 3, 4, 3], [2, 2, 2]);
}

/// More than one task, whose borders lie within channels.
#[test]
fn agrees_with_the_reference_at_sizes_that_are_split() {
    let sizes = [([3, 7, 1999], [7, 1, 7]), ([30, 1001, 1], [1001, 1001, 1])];
    for (shape, counts) in sizes {
        for layout in [Layout::Contiguous, Layout::Permuted] {
            let case = Case {
                shape,
                counts,
                layout,
                inputs: DType::F64,
            };
            case.check(1e-11);
        }
    }
}

#[test]
fn empty_tensors() {
    check_empty_tensors(&flex());
}

fn check_empty_tensors(device: &Device) {
    for pair in pairs::<2>() {
        let case = Case {
            shape: [0, 3],
            counts: [3, 1, 3],
            layout: Layout::Contiguous,
            inputs: DType::F32,
        };
        let results = case.run(pair.fused, pair.parameters, DType::F32, device);
        assert_eq!(results[2..4], [vec![0.0; 3], vec![0.0]]);
    }
}

/// Freezing some inputs changes no bit of the gradients of the others.
#[test]
fn only_what_is_tracked() {
    check_only_what_is_tracked(&flex(), [50, 4], 0.0);
}

fn check_only_what_is_tracked(device: &Device, shape: [usize; 2], tolerance: f64) {
    let [rows, channels] = shape;
    let inputs = |tracked: usize| {
        let (xs, mus) = (
            spread(rows * channels, -2.0, 2.0),
            spread(channels, 0.5, 1.5),
        );
        let x = leaf(&xs, shape, DType::F32, device).set_require_grad(tracked & 1 != 0);
        let parameters = [1, 2, 3].map(|i| {
            leaf(&mus, [channels], DType::F32, device).set_require_grad(tracked >> i & 1 != 0)
        });
        (x, parameters)
    };
    for pair in pairs::<2>() {
        let run = |tracked: usize| {
            let (x, parameters) = inputs(tracked);
            let targets = sigmoid(x.clone().detach());
            let tape = (pair.fused)(x.clone(), parameters.clone(), targets).backward();
            let mut gradients = vec![x.grad(&tape).map(values)];
            gradients.extend(parameters.map(|p| p.grad(&tape).map(values)));
            gradients
        };
        let all = run(0b1111);
        for tracked in 1..1 << (1 + pair.parameters.len()) {
            for (i, (part, all)) in run(tracked).iter().zip(&all).enumerate() {
                let what = format!("{} {shape:?}, tracked {tracked:b}, input {i}", pair.name);
                let expected = all.clone().filter(|_| tracked >> i & 1 != 0);
                assert_eq!(part.is_some(), expected.is_some(), "{what}");
                for (part, expected) in part.iter().flatten().zip(expected.iter().flatten()) {
                    assert_close(&what, *part, *expected, tolerance, tolerance);
                }
            }
        }
    }
}

/// Inference gives the same bits, whether or not it may write over its input, and leaves an input
/// that somebody else holds as it is.
#[test]
fn without_autodiff() {
    check_without_autodiff(&flex());
}

fn check_without_autodiff(device: &Device) {
    let xs = spread(1000, -3.0, 3.0);
    let x = leaf(&xs, [100, 10], DType::F32, device);
    let parameters = [1.0, 0.8, 0.5].map(|v| leaf(&[v], [1], DType::F32, device));
    let targets = sigmoid(x.clone().detach());
    for pair in pairs::<2>() {
        let recorded = values((pair.fused)(x.clone(), parameters.clone(), targets.clone()));
        let plain = parameters.clone().map(Tensor::without_autodiff);
        let t = targets.clone().without_autodiff();
        let shared = x.clone().without_autodiff();
        let before = values(shared.clone());
        let y = (pair.fused)(shared.clone(), plain.clone(), t.clone());
        assert!(!y.is_autodiff());
        assert_eq!(values(y), recorded, "{}", pair.name);
        assert_eq!(values(shared.clone()), before, "{}", pair.name);
        let alone = shared * 1.0 + 0.0;
        assert_eq!(values((pair.fused)(alone, plain, t)), recorded);
    }
}

/// A million points: distance from the exact value, from formulas without cancellation in f64, in
/// units in the last place of f32.
#[test]
fn f32_is_exact_to_four_units_in_the_last_place() {
    const CHANNELS: usize = 1000;
    const ROWS: usize = 1000;
    let device = flex();
    // A cheap generator of its own: the points must not form a pattern.
    let mut state = 1u64;
    let mut uniform = move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f64 / (1u64 << 24) as f64
    };
    let mus: Vec<f64> = (0..CHANNELS).map(|_| 0.1 + 3.0 * uniform()).collect();
    let sigmas: Vec<f64> = (0..CHANNELS)
        .map(|_| 10f64.powf(uniform() * 2.0 - 1.0))
        .collect();
    let pis: Vec<f64> = (0..CHANNELS).map(|_| 2.0 * uniform()).collect();
    let xs: Vec<f64> = (0..ROWS * CHANNELS)
        .map(|i| (2.0 * uniform() - 1.0) * (mus[i % CHANNELS] + 10.0 * sigmas[i % CHANNELS]))
        .collect();
    let parameter =
        |values: &[f64]| leaf(values, [CHANNELS], DType::F32, &device).without_autodiff();
    let x = leaf(&xs, [ROWS, CHANNELS], DType::F32, &device).without_autodiff();
    let parameters = [&mus, &sigmas, &pis].map(|values| parameter(values));
    let exact_inputs = parameters.clone().map(values);
    let xs = values(x.clone());
    for target in [0.0, 1.0, 0.3f32 as f64] {
        let targets = x.ones_like() * target;
        for pair in pairs::<2>() {
            let actual = values((pair.fused)(x.clone(), parameters.clone(), targets.clone()));
            let mut worst = 0f64;
            let mut normal = 0;
            for (i, (actual, x)) in actual.into_iter().zip(&xs).enumerate() {
                let [mu, sigma, pi] = [0, 1, 2].map(|p| exact_inputs[p][i % CHANNELS]);
                let exact = exact(pair.name, *x, mu, sigma, pi, target);
                if exact.abs() < f32::MIN_POSITIVE as f64 {
                    continue;
                }
                normal += 1;
                let ulp = 2f64.powi(exact.abs().log2().floor() as i32 - 23);
                worst = worst.max((actual - exact).abs() / ulp);
            }
            println!(
                "{}, target {target}: {worst:.3} ulp at most, {normal} points",
                pair.name
            );
            assert!(worst <= 4.0, "{}: {worst} ulp", pair.name);
            assert!(normal > 500_000);
        }
    }
}

fn exact(name: &str, x: f64, mu: f64, sigma: f64, pi: f64, target: f64) -> f64 {
    let [v2, u2] = [x - mu, x + mu].map(|d| (d / sigma).powi(2));
    let (a, b) = ((-v2).exp(), (-u2).exp());
    let (twice_p, twice_q) = (a - (-u2).exp_m1(), b - (-v2).exp_m1());
    match name {
        "dome" => twice_p / 2.0,
        "pdome" => a - pi * b,
        "log-odds" => {
            let [w, u] = [x.abs() - mu, x.abs() + mu].map(|d| d / sigma);
            let apart = -(-4.0 * x.abs() * mu / sigma.powi(2)).exp_m1();
            let rest = (-u * u).exp() - (-w * w).exp_m1();
            x.signum() * (2.0 * (-w * w).exp() * apart / rest).ln_1p()
        }
        _ => {
            // -ln of the more probable class from the other's probability.
            let nll = |twice: f64, other: f64| match twice < 1.0 {
                true => core::f64::consts::LN_2 - twice.ln(),
                false => -(-other / 2.0).ln_1p(),
            };
            target * nll(twice_p, twice_q) + (1.0 - target) * nll(twice_q, twice_p)
        }
    }
}

/// Sums of 1e8 elements keep their digits. Needs 2 GiB: `just test-large`.
#[test]
#[ignore = "needs 2 GiB; `just test-large`"]
fn sums_of_many_elements() {
    const PERIOD: usize = 1000;
    const COUNT: usize = 100_000_000;
    let device = flex();
    let period = numbers(PERIOD, -0.5, 3.0, DType::F32);
    let run = |repeats: usize, dtype: DType| {
        let x = leaf(&period, [1, PERIOD], dtype, &device);
        let x = x.without_autodiff().repeat(&[repeats, 1]);
        let parameters = [0.75, 1.25, 0.5].map(|v| leaf(&[v], [1], dtype, &device));
        let [mu, sigma, pi] = parameters.clone();
        let tape = functional::pdome(x, mu, sigma, pi).backward();
        parameters.map(|p| grad(&p, &tape)[0])
    };
    let exact = run(1, DType::F64);
    let actual = run(COUNT / PERIOD, DType::F32);
    for (actual, exact) in actual.into_iter().zip(exact) {
        let exact = exact * (COUNT / PERIOD) as f64;
        assert_close("gradient", actual, exact, 2f64.powi(-23), 0.0);
    }
}

/// The kernels of GPUs.
#[cfg(feature = "wgpu")]
mod wgpu {
    use super::*;

    fn device() -> Device {
        common::wgpu().device
    }

    /// In f32, and in f16 where the adapter has it. Sums and `exp` of GPUs are less exact.
    fn check<const D: usize>(shape: [usize; D], counts: [usize; 3]) {
        let device = device();
        let mut types = vec![(DType::F32, 1e-5)];
        match device.supports_dtype(DType::F16) {
            true => types.push((DType::F16, 2f64.powi(-9))),
            false => println!("no f16 on this adapter"),
        }
        for (layout, (inputs, epsilon)) in Layout::ALL
            .iter()
            .flat_map(|l| types.iter().map(|t| (*l, *t)))
        {
            let case = Case {
                shape,
                counts,
                layout,
                inputs,
            };
            case.check_on(&device, epsilon);
        }
    }

    #[test]
    fn agrees_with_the_reference() {
        check([7], [1, 1, 1]);
        check([2, 3, 40], [1, 1, 1]);
        check([4, 3], [3, 3, 3]);
        check([2, 3, 152], [3, 1, 3]);
        check([2, 3, 5, 9], [1, 3, 1]);
    }

    /// Many units in the backward pass, and several stages of sums.
    #[test]
    fn agrees_with_the_reference_at_sizes_that_are_split() {
        for (shape, counts) in [
            ([3, 7, 12_000], [7, 1, 7]),
            ([30, 1001, 1], [1001, 1001, 1]),
        ] {
            let case = Case {
                shape,
                counts,
                layout: Layout::Contiguous,
                inputs: DType::F32,
            };
            case.check_on(&device(), 2e-5);
        }
    }

    #[test]
    fn empty_tensors() {
        check_empty_tensors(&device());
    }

    /// Channels that are loaded in vectors, and such that are not.
    #[test]
    fn only_what_is_tracked() {
        // Which multiplications and additions become one is up to the driver, for each kernel anew.
        check_only_what_is_tracked(&device(), [50, 4], 1e-5);
        check_only_what_is_tracked(&device(), [50, 3], 1e-5);
    }

    #[test]
    fn without_autodiff() {
        check_without_autodiff(&device());
    }

    #[test]
    fn repeated_runs_give_the_same_bits() {
        for pair in pairs::<2>() {
            let case = Case {
                shape: [300, 200],
                counts: [1, 200, 1],
                layout: Layout::Contiguous,
                inputs: DType::F32,
            };
            let run = || case.run(pair.fused, pair.parameters, DType::F32, &device());
            assert_eq!(run(), run(), "{}", pair.name);
        }
    }

    /// Infinities give the limit, numbers far away a finite loss and gradient, NaN stays NaN.
    #[test]
    fn extremes() {
        let xs = [f64::INFINITY, f64::NEG_INFINITY, 1e30, -1e30, f64::NAN];
        for pair in pairs::<1>() {
            let device = device();
            let x = leaf(&xs, [5], DType::F32, &device);
            let parameters = [1.0, 0.5, 0.5].map(|v| leaf(&[v], [1], DType::F32, &device));
            let targets = leaf(&[1.0; 5], [5], DType::F32, &device).without_autodiff();
            let y = (pair.fused)(x.clone(), parameters, targets);
            let dx = grad(&x, &y.clone().backward());
            let y = values(y);
            let limit = match pair.name {
                "dome" => 0.5,
                "pdome" | "log-odds" => 0.0,
                _ => core::f64::consts::LN_2,
            };
            for i in 0..4 {
                assert_close(pair.name, y[i], limit, 1e-6, 0.0);
                assert_eq!(dx[i], 0.0, "{} at {}", pair.name, xs[i]);
            }
            assert!(y[4].is_nan() && dx[4].is_nan(), "{}", pair.name);
        }
    }
}
