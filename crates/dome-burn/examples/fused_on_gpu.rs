//! The fused operations beside the same composed of tensor operations, which Burn's own fusion makes
//! kernels of, on the best wgpu adapter; as a Markdown table.
//!
//! `cargo run --example fused_on_gpu --features wgpu`

use std::hint::black_box;
use std::time::Instant;

use burn::tensor::{Device, Tensor, activation};
use dome_burn::functional;
use dome_burn::op::reference;

/// x, the parameters mu, sigma and pi, and targets.
type Op = fn(Tensor<1>, [Tensor<1>; 3], Tensor<1>) -> Tensor<1>;

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

const SIZES: [usize; 3] = [10_000, 1_000_000, 10_000_000];
/// Rounds of all operations, in turn, after two to compile and tune.
const ROUNDS: usize = 7;

fn main() {
    let device = Device::wgpu_options().init().expect("a wgpu adapter");
    println!(
        "f32, medians of {ROUNDS} rounds in turn, in ms; forward + backward with the gradients of input"
    );
    println!("and parameters:\n");
    println!("| operation | elements | pass | fused | composed | composed/fused | tanh |");
    println!("|---|---|---|---|---|---|---|");
    for (name, fused, composed) in OPS {
        for count in SIZES {
            for backward in [false, true] {
                let tanh: Op = |x, _, _| activation::tanh(x);
                let ops = [fused, composed, tanh];
                let [fused, composed, tanh] =
                    measure(ops, count, backward, &device).map(|seconds| seconds * 1e3);
                let pass = if backward {
                    "forward + backward"
                } else {
                    "forward"
                };
                println!(
                    "| {name} | {count} | {pass} | {fused:.2} | {composed:.2} | {:.2} | {tanh:.2} |",
                    composed / fused
                );
            }
        }
    }
}

/// Median seconds of each operation.
fn measure<const N: usize>(
    ops: [Op; N],
    count: usize,
    backward: bool,
    device: &Device,
) -> [f64; N] {
    let autodiff = device.clone().autodiff();
    let device = if backward { &autodiff } else { device };
    let row = Tensor::<1, burn::tensor::Int>::arange(0..count as i64, device).float();
    let x = ((row.clone() * 0.618_034).sin() * 3.0).detach();
    let targets = row.remainder_scalar(2.0).detach();
    let parameters = [0.9f32, 0.8, 0.7].map(|v| Tensor::<1>::from_floats([v], device));
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
    let round = || ops.map(time);
    round();
    round();
    let rounds: Vec<[f64; N]> = (0..ROUNDS).map(|_| round()).collect();
    core::array::from_fn(|which| {
        let mut seconds: Vec<f64> = rounds.iter().map(|round| round[which]).collect();
        seconds.sort_by(f64::total_cmp);
        seconds[ROUNDS / 2]
    })
}
