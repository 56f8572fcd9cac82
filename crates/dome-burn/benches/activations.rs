//! Fused operations, the same composed of tensor operations, and Burn's tanh and sigmoid, on Flex:
//! forward without autodiff, and forward + backward with the gradients of input and parameters.
//!
//! `just bench`; `RAYON_NUM_THREADS=1 just bench` for one thread.

use burn::tensor::Device;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use dome_burn_benches::Case;
use dome_burn_benches::activations::{Inputs, OPS, Op};

const SIZES: [usize; 3] = [10_000, 1_000_000, 10_000_000];

fn benchmark(criterion: &mut Criterion, name: &str, case: fn(Inputs, Op) -> Case) {
    for count in SIZES {
        let mut group = criterion.benchmark_group(format!("{name}/{count}"));
        group.throughput(Throughput::Elements(count as u64));
        let inputs = Inputs::new(count, &Device::flex());
        for (name, op) in OPS {
            let mut case = case(inputs.clone(), op);
            group.bench_function(BenchmarkId::from_parameter(name), |bencher| {
                bencher.iter(&mut case)
            });
        }
        group.finish();
    }
}

fn activations(criterion: &mut Criterion) {
    benchmark(criterion, "forward", Inputs::forward);
    benchmark(criterion, "forward+backward", Inputs::backward);
}

criterion_group! {
    name = benches;
    config = dome_burn_benches::criterion();
    targets = activations
}
criterion_main!(benches);
