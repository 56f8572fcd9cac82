//! Fused operations, the same composed of tensor operations, and Burn's tanh and sigmoid, on Flex:
//! forward without autodiff, and forward + backward with the gradients of input and parameters.
//!
//! `just bench`; `RAYON_NUM_THREADS=1 just bench` for one thread.

use std::time::Duration;

use burn::tensor::{DType, Device, Tensor, TensorData, activation};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use dome_burn::functional;
use dome_burn::op::reference;

/// x, the parameters mu, sigma and pi, and targets.
type Op = fn(Tensor<1>, [Tensor<1>; 3], Tensor<1>) -> Tensor<1>;

const OPS: [(&str, Op); 8] = [
    ("pdome", |x, [mu, sigma, pi], _| {
        functional::pdome(x, mu, sigma, pi)
    }),
    ("pdome-composed", |x, [mu, sigma, pi], _| {
        reference::pdome(x, mu, sigma, pi)
    }),
    ("dome", |x, [mu, sigma, _], _| {
        functional::dome(x, mu, sigma)
    }),
    ("dome-composed", |x, [mu, sigma, _], _| {
        reference::dome(x, mu, sigma)
    }),
    ("loss", |x, [mu, sigma, _], targets| {
        functional::dome_binary_cross_entropy(x, mu, sigma, targets)
    }),
    ("loss-composed", |x, [mu, sigma, _], targets| {
        reference::dome_binary_cross_entropy(x, mu, sigma, targets)
    }),
    ("tanh", |x, _, _| activation::tanh(x)),
    ("sigmoid", |x, _, _| activation::sigmoid(x)),
];

const SIZES: [usize; 3] = [10_000, 1_000_000, 10_000_000];

fn tensor(values: Vec<f32>, device: &Device) -> Tensor<1> {
    let count = values.len();
    Tensor::from_data(TensorData::new(values, [count]), (device, DType::F32))
}

/// Numbers of a normal network: within three sigmas of 0.
fn inputs(count: usize, device: &Device) -> Tensor<1> {
    let golden_ratio = 0.618_034;
    let x = |i| ((i % 65_536) as f32 * golden_ratio).fract() * 6.0 - 3.0;
    tensor((0..count).map(x).collect(), device)
}

fn parameters(device: &Device) -> [Tensor<1>; 3] {
    [0.9, 0.8, 0.7].map(|value| tensor(vec![value], device))
}

fn targets(count: usize, device: &Device) -> Tensor<1> {
    tensor((0..count).map(|i| (i % 2) as f32).collect(), device)
}

fn benchmark(
    criterion: &mut Criterion,
    name: &str,
    run: impl Fn(Op, &Tensor<1>, &[Tensor<1>; 3], &Tensor<1>),
    device: &Device,
) {
    for count in SIZES {
        let mut group = criterion.benchmark_group(format!("{name}/{count}"));
        group.throughput(Throughput::Elements(count as u64));
        let (x, parameters, targets) = (
            inputs(count, device),
            parameters(device),
            targets(count, device),
        );
        for (name, op) in OPS {
            group.bench_function(BenchmarkId::from_parameter(name), |bencher| {
                bencher.iter(|| run(op, &x, &parameters, &targets))
            });
        }
        group.finish();
    }
}

/// The input is shared, so the result is a tensor of its own.
fn forward(criterion: &mut Criterion) {
    let run = |op: Op, x: &Tensor<1>, parameters: &[Tensor<1>; 3], targets: &Tensor<1>| {
        std::hint::black_box(op(x.clone(), parameters.clone(), targets.clone()));
    };
    benchmark(criterion, "forward", run, &Device::flex());
}

/// `backward` of the result itself: a gradient of ones, and no other operation.
fn backward(criterion: &mut Criterion) {
    let run = |op: Op, x: &Tensor<1>, parameters: &[Tensor<1>; 3], targets: &Tensor<1>| {
        let x = x.clone().detach().require_grad();
        let parameters = parameters.clone().map(|p| p.detach().require_grad());
        let y = op(x, parameters, targets.clone());
        std::hint::black_box(y.backward());
    };
    benchmark(
        criterion,
        "forward+backward",
        run,
        &Device::flex().autodiff(),
    );
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(2));
    targets = forward, backward
}
criterion_main!(benches);
