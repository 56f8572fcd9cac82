//! Times the operation beside Burn's layers, and one set of vector instructions beside another. Prints
//! the tables of the README:
//!
//! `cargo run --example conv_block`

use std::hint::black_box;
use std::time::{Duration, Instant};

use burn::tensor::activation::relu;
use burn::tensor::module::{conv2d, max_pool2d};
use burn::tensor::ops::{ConvOptions, MaxPoolOptions};
use burn::tensor::{Device, Distribution, Tensor};
use conv_block::conv_block;
use conv_block::cpu::{Block, Instructions, LANES, Winners};
use rayon::{ThreadPoolBuildError, ThreadPoolBuilder};

/// How often the cases of a row are measured, in turn; the least time of each counts.
const ROUNDS: usize = 20;
/// How long a case runs in a round, at least once.
const ROUND: Duration = Duration::from_millis(20);

/// Images, channels and sides of the input, channels of the results, whether the images have a gradient:
/// the two layers of `mnist_binary`, in one shard of its training and in many.
const SIZES: [([usize; 4], usize, bool); 4] = [
    ([LANES, 1, 28, 28], 8, false),
    ([LANES, 8, 12, 12], 16, true),
    ([512, 1, 28, 28], 8, false),
    ([512, 8, 12, 12], 16, true),
];

fn main() -> Result<(), ThreadPoolBuildError> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let pools = [1, threads].map(|threads| ThreadPoolBuilder::new().num_threads(threads).build());
    let [one, all] = pools;
    let pools = [(1, one?), (threads, all?)];

    println!(
        "| images | input | channels | threads | pass | `conv_block`, us | Burn's layers, us | ratio |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for (shape, channels, tracked) in SIZES {
        let (threads, pool) = &pools[usize::from(shape[0] > LANES)];
        for backward in [false, true] {
            let functions: [Function; 2] = [conv_block, layers];
            let cases =
                functions.map(|function| case(function, shape, channels, tracked, backward));
            let [ours, burns] = pool
                .install(|| least(cases.into()))
                .try_into()
                .expect("two cases");
            let pass = if backward {
                "forward + backward"
            } else {
                "forward"
            };
            println!(
                "| {} | {} | {channels} | {threads} | {pass} | {ours:.0} | {burns:.0} | {:.2} |",
                shape[0],
                sides(shape),
                ours / burns
            );
        }
    }

    let available = Instructions::available();
    let names: String = available
        .iter()
        .map(|name| format!(" {name}, us |"))
        .collect();
    println!(
        "\n| input | channels | pass |{names} baseline to {} |",
        Instructions::best()
    );
    println!("|---|---|---|{}---|", "---|".repeat(available.len()));
    for (shape, channels, tracked) in SIZES.into_iter().filter(|(shape, ..)| shape[0] == LANES) {
        for backward in [false, true] {
            let cases = available
                .iter()
                .map(|&set| kernel(set, shape, channels, tracked, backward));
            let times = pools[0].1.install(|| least(cases.collect()));
            let pass = if backward { "backward" } else { "forward" };
            let row: String = times.iter().map(|time| format!(" {time:.0} |")).collect();
            let ratio = times[0] / times[times.len() - 1];
            println!(
                "| {} | {channels} | {pass} |{row} {ratio:.1} |",
                sides(shape)
            );
        }
    }
    Ok(())
}

fn sides([_, channels, height, width]: [usize; 4]) -> String {
    format!("{channels} x {height} x {width}")
}

type Function = fn(Tensor<4>, Tensor<4>, Tensor<1>) -> Tensor<4>;

/// As one writes it with Burn.
fn layers(x: Tensor<4>, weight: Tensor<4>, bias: Tensor<1>) -> Tensor<4> {
    let options = ConvOptions::new([1; 2], [0; 2], [1; 2], 1);
    max_pool2d(
        relu(conv2d(x, weight, Some(bias), options)),
        MaxPoolOptions::new([2; 2]),
    )
}

/// What is measured.
type Case = Box<dyn FnMut() + Send>;

/// The operation on tensors.
fn case(
    function: Function,
    shape: [usize; 4],
    channels: usize,
    tracked: bool,
    backward: bool,
) -> Case {
    let device = Device::flex();
    let device = if backward { device.autodiff() } else { device };
    let uniform = Distribution::Uniform(-1.0, 1.0);
    let x = Tensor::<4>::random(shape, uniform, &device);
    let weight = Tensor::<4>::random([channels, shape[1], 5, 5], uniform, &device);
    let bias = Tensor::<1>::random([channels], uniform, &device);
    Box::new(move || {
        let [x, weight] = [x.clone(), weight.clone()];
        if !backward {
            black_box(function(x, weight, bias.clone()));
            return;
        }
        let x = if tracked { x.require_grad() } else { x };
        let result = function(x, weight.require_grad(), bias.clone().require_grad());
        black_box(result.backward());
    })
}

/// The computation under it with these instructions, each pass by itself.
fn kernel(
    instructions: Instructions,
    shape: [usize; 4],
    channels: usize,
    tracked: bool,
    backward: bool,
) -> Case {
    let [count, inputs, height, width] = shape;
    let numbers = |count: usize| -> Vec<f32> { (0..count).map(|i| (i as f32).sin()).collect() };
    let images = numbers(count * inputs * height * width);
    let weight = numbers(channels * inputs * 25);
    let bias = numbers(channels);
    let mut forward: Option<(Vec<f32>, Vec<Winners>)> = None;
    Box::new(move || {
        let block = Block {
            images: &images,
            size: [inputs, height, width],
            weight: &weight,
            bias: &bias,
        };
        match &forward {
            // The results serve as gradients.
            Some((results, winners)) if backward => {
                black_box(block.backward(instructions, winners, results, tracked));
            }
            _ => forward = Some(black_box(block.forward(instructions))),
        }
    })
}

/// The least time of a call, in microseconds.
fn least(mut cases: Vec<Case>) -> Vec<f64> {
    cases.iter_mut().for_each(|case| case()); // warms up
    let mut least = vec![f64::INFINITY; cases.len()];
    for _ in 0..ROUNDS {
        for (case, least) in cases.iter_mut().zip(&mut least) {
            let round = Instant::now();
            loop {
                let start = Instant::now();
                case();
                *least = least.min(start.elapsed().as_secs_f64() * 1e6);
                if round.elapsed() >= ROUND {
                    break;
                }
            }
        }
    }
    least
}
