//! Time and memory of MultiDome's losses from ten to a hundred thousand classes, beside softmax
//! cross-entropy on the same inputs, as a Markdown table.
//!
//! `cargo run --example many_classes`, on a machine that does nothing else. A simplex of n classes
//! has n - 1 dimensions, so the embeddings grow with n; softmax gets one logit more.

use std::hint::black_box;
use std::time::Instant;

use burn::nn::loss::CrossEntropyLossConfig;
use burn::tensor::{Device, Distribution, Int, Tensor};
use dome_burn::{MultiDomeConfig, MultiDomeLossConfig};
use rounds::{ROUNDS, medians};

mod rounds;

const BATCH: usize = 64;

fn main() {
    let device = Device::flex().autodiff();
    println!(
        "Forward and backward, batch {BATCH}, f32, medians of {ROUNDS} rounds in turn, in ms:\n"
    );
    println!(
        "| classes | softmax cross-entropy | MultiDome NLL | ratio | MultiDome Brier | ratio |"
    );
    println!("|---|---|---|---|---|---|");
    for classes in [10, 100, 1_000, 10_000, 100_000] {
        let [softmax, nll, brier] = measure(classes, &device).map(|seconds| seconds * 1e3);
        println!(
            "| {classes} | {softmax:.3} | {nll:.3} | {:.2} | {brier:.3} | {:.2} |",
            nll / softmax,
            brier / softmax
        );
    }
    if let Some(peak) = peak_memory_mib() {
        println!("\nPeak memory of this process: {peak} MiB.");
    }
}

/// Median seconds of each loss.
fn measure(classes: usize, device: &Device) -> [f64; 3] {
    device.seed(0);
    let multi_dome = MultiDomeConfig::new(classes).init(device);
    let cross_entropy = CrossEntropyLossConfig::new().init(device);
    let nll = MultiDomeLossConfig::nll().init(device);
    let brier = MultiDomeLossConfig::brier().init(device);

    let spread = Distribution::Normal(0.0, 1.0 / (classes as f64).sqrt());
    let random = |width| Tensor::<2>::random([BATCH, width], spread, device).detach();
    let (embedding, logits) = (random(classes - 1), random(classes));
    let targets = (0..BATCH).map(|i| (i * classes / BATCH) as i32);
    let targets = targets.collect::<Vec<_>>();
    let targets = Tensor::<1, Int>::from_ints(targets.as_slice(), device);

    let time = |loss: &dyn Fn(Tensor<2>) -> Tensor<1>, input: &Tensor<2>| {
        // Small ones several times: a single one is below the clock's resolution.
        let times = (100_000 / classes).clamp(1, 200);
        let start = Instant::now();
        for _ in 0..times {
            let input = input.clone().require_grad();
            let gradients = loss(input.clone()).backward();
            black_box(input.grad(&gradients));
        }
        start.elapsed().as_secs_f64() / times as f64
    };
    let round = || {
        [
            time(&|x| cross_entropy.forward(x, targets.clone()), &logits),
            time(
                &|x| nll.forward(&multi_dome, x, targets.clone()),
                &embedding,
            ),
            time(
                &|x| brier.forward(&multi_dome, x, targets.clone()),
                &embedding,
            ),
        ]
    };
    medians(1, round)
}

/// The largest resident size so far, where Linux tells it.
fn peak_memory_mib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib / 1024)
}
