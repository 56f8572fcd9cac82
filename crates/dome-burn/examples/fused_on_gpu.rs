//! The fused operations beside the same composed of tensor operations, which Burn's own fusion makes
//! kernels of, on the best wgpu adapter; as a Markdown table. Then the same in another process, in
//! which Burn's fusion is off.
//!
//! `cargo run --example fused_on_gpu --features wgpu`; with names of operations only those.

use std::env;
use std::hint::black_box;
use std::process::Command;
use std::time::Instant;

use burn::tensor::{Device, Int, Tensor, activation};
use dome_burn::functional;
use dome_burn::op::reference;
use rounds::{ROUNDS, medians};

mod rounds;

/// x, the parameters mu, sigma and pi, and targets.
type Op = fn(Tensor<3>, [Tensor<1>; 3], Tensor<3>) -> Tensor<3>;

/// Name, fused, composed.
const OPS: [(&str, Op, Op); 3] = [
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
             | composed/fused | tanh |"
        );
        println!("|---|---|---|---|---|---|---|---|---|");
    }
    let device = Device::wgpu_options().init().expect("a wgpu adapter");
    let fusion = if burn_fuses { "on" } else { "off" };
    for (name, fused, composed) in OPS {
        if !names.is_empty() && names.iter().all(|wanted| wanted != name) {
            continue;
        }
        for (shape, values) in CASES {
            for (pass, backward) in [("forward", false), ("forward + backward", true)] {
                let tanh: Op = |x, _, _| activation::tanh(x);
                let ops = [fused, composed, tanh];
                let [fused, composed, tanh] =
                    measure(ops, shape, values, backward, &device).map(|seconds| seconds * 1e3);
                println!(
                    "| {fusion} | {name} | {shape:?} | {values} | {pass} | {fused:.2} \
                     | {composed:.2} | {:.2} | {tanh:.2} |",
                    composed / fused
                );
            }
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

/// Median seconds of each operation.
fn measure<const N: usize>(
    ops: [Op; N],
    shape: [usize; 3],
    values: usize,
    backward: bool,
    device: &Device,
) -> [f64; N] {
    let autodiff = device.clone().autodiff();
    let device = if backward { &autodiff } else { device };
    let count = shape.iter().product::<usize>() as i64;
    let row = Tensor::<1, Int>::arange(0..count, device).float();
    let x = (row.clone() * 0.618_034).sin() * 3.0;
    let x = x.reshape(shape).detach();
    let targets = row.remainder_scalar(2.0).reshape(shape).detach();
    let parameters = [0.9f32, 0.8, 0.7].map(|v| Tensor::<1>::full([values], v, device));
    let time = |op: Op| {
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
