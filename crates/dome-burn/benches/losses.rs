//! The losses of MultiDome, fused and composed of tensor operations, and softmax cross-entropy on
//! inputs of the same size, on Flex: forward + backward.
//!
//! `just bench losses`.

use burn::tensor::Device;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use dome_burn_benches::losses::{LOSSES, case};

const CLASSES: [usize; 3] = [10, 1_000, 100_000];
const BATCH: usize = 64;

fn losses(criterion: &mut Criterion) {
    let device = Device::flex();
    for classes in CLASSES {
        let mut group = criterion.benchmark_group(format!("losses/{classes}"));
        group.throughput(Throughput::Elements((classes * BATCH) as u64));
        for name in LOSSES {
            let mut case = case(name, classes, BATCH, &device).expect("one of the losses");
            group.bench_function(BenchmarkId::from_parameter(name), |bencher| {
                bencher.iter(&mut case)
            });
        }
        group.finish();
    }
}

criterion_group! {
    name = benches;
    config = dome_burn_benches::criterion();
    targets = losses
}
criterion_main!(benches);
