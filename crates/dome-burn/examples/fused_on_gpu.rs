//! The fused operations beside the same composed of tensor operations, which Burn's own fusion makes
//! kernels of, on the best wgpu adapter; as a Markdown table. Then the same in another process, in
//! which Burn's fusion is off.
//!
//! `cargo run --example fused_on_gpu --features wgpu`; with names of operations only those.

use std::env;
use std::hint::black_box;
use std::process::Command;
use std::time::Instant;

use burn::module::{Param, ParamId};
use burn::nn::loss::CrossEntropyLossConfig;
use burn::tensor::{Device, Int, Tensor, TensorData, activation};
use dome_burn::op::multi_dome::{self, Score, Targets};
use dome_burn::op::reference;
use dome_burn::{
    MultiDome, MultiDomeBrierLossConfig, MultiDomeConfig, MultiDomeNllLossConfig, functional,
};
use rounds::{ROUNDS, medians};

mod rounds;

/// x, the parameters mu, sigma and pi, and targets.
type Op<T> = fn(Tensor<3>, [Tensor<1>; 3], T) -> Tensor<3>;

/// Name, fused, composed.
type Pair<T> = (&'static str, Op<T>, Op<T>);

const OPS: [Pair<Tensor<3>>; 3] = [
    (
        "pdome",
        |x, [mu, sigma, pi], _| functional::pdome(x, mu, sigma, pi),
        |x, [mu, sigma, pi], _| reference::pdome(x, mu, sigma, pi),
    ),
    (
        "dome",
        |x, [mu, sigma, _], _| functional::dome(x, mu, sigma),
        |x, [mu, sigma, _], _| reference::dome(x, mu, sigma),
    ),
    (
        "binary cross-entropy",
        |x, [mu, sigma, _], t| functional::dome_binary_cross_entropy(x, mu, sigma, t),
        |x, [mu, sigma, _], t| reference::dome_binary_cross_entropy(x, mu, sigma, t),
    ),
];

/// Batch, channels and inner size, and the number of values of each parameter.
const CASES: [([usize; 3], usize); 5] = [
    ([1, 1, 10_000], 1),
    ([1, 1, 1_000_000], 1),
    ([1, 1, 10_000_000], 1),
    // After a linear layer, and after a convolution.
    ([2_000, 500, 1], 500),
    ([20, 64, 784], 64),
];

/// The losses of MultiDome, of embeddings `[batch, classes - 1, 1]`.
const LOSSES: [Pair<Tensor<1, Int>>; 2] = [
    (
        "MultiDome's likelihood",
        |x, parameters, targets| {
            let loss = MultiDomeNllLossConfig::new().init(&x.device());
            let (layer, x) = multi_dome(x, parameters);
            column(loss.forward_no_reduction(&layer, x, targets))
        },
        |x, parameters, targets| composed(x, parameters, targets, Score::Nll { floor: 1e-3 }),
    ),
    (
        "MultiDome's Brier score",
        |x, parameters, targets| {
            let loss = MultiDomeBrierLossConfig::new().init(&x.device());
            let (layer, x) = multi_dome(x, parameters);
            column(loss.forward_no_reduction(&layer, x, targets))
        },
        |x, parameters, targets| composed(x, parameters, targets, Score::Brier),
    ),
];

fn multi_dome(x: Tensor<3>, [mu, sigma, _]: [Tensor<1>; 3]) -> (MultiDome, Tensor<2>) {
    let [_, dim, _] = x.dims();
    let device = x.device().without_autodiff();
    let mut layer = MultiDomeConfig::new(dim + 1).init(&device);
    layer.mu = Param::initialized(ParamId::new(), mu);
    layer.sigma = Param::initialized(ParamId::new(), sigma);
    (layer, x.squeeze_dim(2))
}

fn composed(
    x: Tensor<3>,
    [mu, sigma, _]: [Tensor<1>; 3],
    classes: Tensor<1, Int>,
    score: Score,
) -> Tensor<3> {
    let [_, dim, _] = x.dims();
    let targets = Targets {
        classes,
        smoothing: 0.0,
        weights: None,
    };
    let kappa = multi_dome::scores(x.squeeze_dim(2), mu, sigma, None, dim + 1);
    column(multi_dome::loss(kappa, &targets, score))
}

fn column(losses: Tensor<1>) -> Tensor<3> {
    let [batch] = losses.dims();
    losses.reshape([batch, 1, 1])
}

/// Batch, classes less one.
const BATCHES: [[usize; 3]; 3] = [[8_192, 9, 1], [512, 999, 1], [64, 99_999, 1]];

/// Burn runs operations one by one once it has looked for this many fused kernels.
const MAX_EXPLORATIONS: &str = "BURN_FUSION_MAX_EXPLORATIONS";

fn main() {
    let names: Vec<String> = env::args().skip(1).collect();
    let burn_fuses = env::var_os(MAX_EXPLORATIONS).is_none();
    if burn_fuses {
        println!("f32, medians of {ROUNDS} rounds in turn, in ms; forward + backward with the");
        println!(
            "gradients of input and parameters, which have one value or one for each channel:"
        );
        println!();
        println!(
            "| Burn's fusion | operation | shape | values | pass | fused | composed \
             | composed/fused | tanh, or cross-entropy |"
        );
        println!("|---|---|---|---|---|---|---|---|---|");
    }
    let device = Device::wgpu_options().init().expect("a wgpu adapter");
    let fusion = if burn_fuses { "on" } else { "off" };
    let wanted = |name| names.is_empty() || names.iter().any(|wanted| wanted == name);
    for (name, fused, composed) in OPS.into_iter().filter(|(name, ..)| wanted(*name)) {
        let ops: [Op<_>; 3] = [fused, composed, |x, _, _| activation::tanh(x)];
        let targets =
            |shape: [usize; 3], device: &Device| numbers(shape, device, |i| (i % 2) as f32);
        for (shape, values) in CASES {
            print(name, ops, shape, values, targets, &device, fusion);
        }
    }
    for (name, fused, composed) in LOSSES.into_iter().filter(|(name, ..)| wanted(*name)) {
        let ops: [Op<_>; 3] = [fused, composed, |x, _, targets| {
            let loss = CrossEntropyLossConfig::new().init(&x.device());
            column(loss.forward(x.squeeze_dim(2), targets))
        }];
        let targets = |[batch, dim, _]: [usize; 3], device: &Device| {
            let row = Tensor::<1, Int>::arange(0..batch as i64, &device.clone().without_autodiff());
            row.remainder_scalar(dim as i64)
        };
        for shape in BATCHES {
            print(name, ops, shape, 1, targets, &device, fusion);
        }
    }
    if burn_fuses {
        let program = env::current_exe().expect("the path of this program");
        let status = Command::new(program)
            .args(names)
            .env(MAX_EXPLORATIONS, "0")
            .status();
        assert!(status.expect("this program again").success());
    }
}

/// From the host: Burn's `arange` adds up ones, on a GPU in quadratic time.
fn numbers(shape: [usize; 3], device: &Device, number: fn(usize) -> f32) -> Tensor<3> {
    let values: Vec<f32> = (0..shape.iter().product()).map(number).collect();
    Tensor::from_data(TensorData::new(values, shape), device)
}

/// The rows of an operation and shape.
fn print<T: Clone>(
    name: &str,
    ops: [Op<T>; 3],
    shape: [usize; 3],
    values: usize,
    targets: impl Fn([usize; 3], &Device) -> T,
    device: &Device,
    fusion: &str,
) {
    for (pass, backward) in [("forward", false), ("forward + backward", true)] {
        let [fused, composed, other] =
            measure(ops, shape, values, &targets, backward, device).map(|seconds| seconds * 1e3);
        println!(
            "| {fusion} | {name} | {shape:?} | {values} | {pass} | {fused:.2} | {composed:.2} \
             | {:.2} | {other:.2} |",
            composed / fused
        );
    }
}

/// Median seconds of each operation.
fn measure<T: Clone, const N: usize>(
    ops: [Op<T>; N],
    shape: [usize; 3],
    values: usize,
    targets: impl Fn([usize; 3], &Device) -> T,
    backward: bool,
    device: &Device,
) -> [f64; N] {
    let autodiff = device.clone().autodiff();
    let device = if backward { &autodiff } else { device };
    let x = numbers(shape, device, |i| (i as f32 * 0.618_034).sin() * 3.0);
    let targets = targets(shape, device);
    let parameters = [0.9f32, 0.8, 0.7].map(|v| Tensor::<1>::full([values], v, device));
    let time = |op: Op<T>| {
        device.sync().expect("a working device");
        let start = Instant::now();
        match backward {
            true => {
                let x = x.clone().require_grad();
                let parameters = parameters.clone().map(Tensor::require_grad);
                let leaves = parameters.clone();
                let gradients = op(x.clone(), parameters, targets.clone()).backward();
                let kept = (x.grad(&gradients), leaves.map(|leaf| leaf.grad(&gradients)));
                device.sync().expect("a working device");
                black_box(kept);
            }
            false => {
                let y = op(x.clone(), parameters.clone(), targets.clone());
                device.sync().expect("a working device");
                black_box(y);
            }
        }
        start.elapsed().as_secs_f64()
    };
    // The first two compile and tune.
    medians(2, || ops.map(time))
}
