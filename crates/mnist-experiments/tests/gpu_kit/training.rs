//! Trainings of the experiments on the GPU and on Flex.
//!
//! Environment: `KIT_LIMIT_TRAIN=N` draws N images, `KIT_BINARY_EPOCHS=N` trains two classes
//! for N epochs.

use std::env;
use std::ops::Range;

use burn::tensor::Device;
use mnist_experiments::device::DeviceSpec;
use mnist_experiments::experiment::Experiment;
use mnist_experiments::head::HeadConfig;
use mnist_experiments::report::RunFolder;
use mnist_experiments::runner::{self, ExperimentData};
use mnist_experiments::task::Task;

/// A number from the environment.
fn number(name: &str) -> Option<usize> {
    let number = env::var(name).ok()?;
    Some(
        number
            .parse()
            .unwrap_or_else(|_| panic!("{name} is {number}, but must be a number")),
    )
}

/// The share of test images that each head gets right.
fn accuracies(experiment: &Experiment, device: &Device) -> Vec<f64> {
    let set = experiment.data.load(&experiment.selection());
    let set = set.unwrap_or_else(|error| panic!("{error}"));
    let data = ExperimentData::new(set, experiment.task);
    let folder = tempfile::tempdir().expect("a folder for results");
    let run = RunFolder::create(&folder.path().join("run"), experiment, false);
    let jobs = experiment.device.default_jobs().get();
    let metrics = runner::run(
        experiment,
        &data.expect("classes of the task"),
        device,
        jobs,
        &run.expect("a writable folder"),
    );
    let metrics = metrics.unwrap_or_else(|error| panic!("{error}"));
    assert!(metrics.failed.is_empty(), "{:?}", metrics.failed);
    metrics
        .heads
        .iter()
        .map(|head| head.test_accuracy)
        .collect()
}

/// Trains on both devices with each seed, and prints the means.
fn compare(experiment: Experiment, seeds: Range<u64>) {
    let experiment = Experiment {
        limit_train: number("KIT_LIMIT_TRAIN"),
        ..experiment
    };
    experiment.validate().expect("an experiment that can run");
    let count = experiment.limit_train.unwrap_or(60_000);
    let means = |spec: DeviceSpec, device: Device| {
        let mut sums = vec![0.0; experiment.heads.len()];
        for seed in seeds.clone() {
            let experiment = Experiment {
                device: spec,
                seed,
                ..experiment.clone()
            };
            let accuracies = accuracies(&experiment, &device);
            println!("{spec}, seed {seed}: {accuracies:?}");
            for (sum, accuracy) in sums.iter_mut().zip(accuracies) {
                *sum += accuracy / seeds.clone().count() as f64;
            }
        }
        sums
    };
    // The GPU first: without one, nothing else is of interest.
    let wgpu = means(DeviceSpec::Wgpu(None), crate::gpu());
    let flex = means(DeviceSpec::Flex, Device::flex());
    for ((head, flex), wgpu) in experiment.heads.iter().zip(flex).zip(wgpu) {
        println!(
            "KIT training {head} images={count} epochs={} seeds={} flex={flex:.5} wgpu={wgpu:.5}",
            experiment.epochs,
            seeds.clone().count(),
        );
    }
}

/// `mnist_digits --heads softmax,multi-dome-brier --epochs 2`
#[test]
#[ignore = "a step of gpu-kit/run.sh"]
fn digits() {
    let experiment = Experiment {
        heads: HeadConfig::list("softmax,multi-dome-brier").unwrap(),
        epochs: 2,
        ..Experiment::new(Task::Digits)
    };
    compare(experiment, 0..1);
}

/// `mnist_binary --heads dome` with three seeds
#[test]
#[ignore = "a step of gpu-kit/run.sh"]
fn binary() {
    let experiment = Experiment {
        heads: HeadConfig::list("dome").unwrap(),
        epochs: number("KIT_BINARY_EPOCHS").unwrap_or(1),
        ..Experiment::new(Task::EvenOdd)
    };
    compare(experiment, 0..3);
}
