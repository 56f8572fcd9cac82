use std::cell::RefCell;
use std::collections::BTreeMap;

use burn::module::Module;
use burn::tensor::{Device, TensorReadError};
use indicatif::MultiProgress;

use super::{
    ActivationKind, ActivationsExperiment, ActivationsMetrics, Network, NetworkConfig, NetworkKind,
    Range, TrainedNetwork, TrainingMetrics,
};
use crate::checkpoint::{Checkpoints, Keeping};
use crate::data::{EvaluateOn, ImageSet};
use crate::model::Normalization;
use crate::note;
use crate::queue;
use crate::report::{Failure, RunFolder};
use crate::runner::RunnerError;
use crate::train::{Keeper, Progress, Samples, Trained, TrainingConfig, evaluate, go_on};

/// The images of an experiment.
#[derive(Debug, Clone)]
pub struct ActivationsData {
    name: String,
    training: Samples,
    test: Samples,
    classes: usize,
    evaluated_on: EvaluateOn,
    normalization: Normalization,
}

impl ActivationsData {
    /// One class a label; the same images for all seeds.
    pub fn new(set: ImageSet) -> Self {
        Self {
            name: set.name,
            normalization: Normalization::of(&set.training),
            training: Samples::by_label(set.training),
            test: Samples::by_label(set.test),
            classes: set.class_count,
            evaluated_on: set.evaluated_on,
        }
    }
}

/// What to train.
#[derive(Debug, Clone, Copy)]
struct Training {
    network: NetworkKind,
    activation: ActivationKind,
    seed: u64,
}

impl Training {
    /// The name in tables; where the experiment has several seeds, with the seed.
    fn name(self, seeds: usize) -> String {
        let (network, activation) = (self.network.name(), self.activation.name());
        match seeds {
            1 => format!("{network} {activation}"),
            _ => format!("{network} {activation} {}", self.seed),
        }
    }
}

/// Steps between two points of the loss curve.
const CURVE_STEPS: usize = 50;

/// Trains every network with every activation and seed, `jobs` at a time, and writes the results to
/// the folder.
///
/// # Errors
///
/// If all trainings fail, the device fails or a file cannot be written. The results of the trainings that ended before
/// are in the folder then. Where some fail, the [metrics](ActivationsMetrics::failed) say which.
pub fn run(
    experiment: &ActivationsExperiment,
    data: &ActivationsData,
    device: &Device,
    jobs: usize,
    folder: &RunFolder,
) -> Result<ActivationsMetrics, RunnerError> {
    run_or_stop(experiment, data, device, jobs, folder, None)
}

/// [`run`] that keeps its state in the folder and stops when it is asked to. In the folder of a run that was stopped it
/// goes on from there.
///
/// # Errors
///
/// As [`run`], or if it was asked to stop before all trainings ended.
pub(super) fn run_or_stop(
    experiment: &ActivationsExperiment,
    data: &ActivationsData,
    device: &Device,
    jobs: usize,
    folder: &RunFolder,
    keeping: Option<&Keeping>,
) -> Result<ActivationsMetrics, RunnerError> {
    let trainings = trainings(experiment);
    note!(
        "{} trainings, {} training images, {} {} images, {} epochs on {}",
        trainings.len(),
        data.training.len(),
        data.test.len(),
        data.evaluated_on,
        experiment.epochs,
        experiment.device
    );
    let progress = MultiProgress::new();
    let mut metrics = ActivationsMetrics {
        experiment: ActivationsExperiment::NAME.into(),
        dataset: data.name.clone(),
        evaluated_on: data.evaluated_on,
        device: experiment.device.to_string(),
        epochs: experiment.epochs,
        train_images: data.training.len(),
        test_images: data.test.len(),
        trainings: Vec::new(),
        failed: Vec::new(),
    };
    let train = |&training: &Training| {
        let name = training.name(experiment.seeds.len());
        let none = RefCell::default();
        let checkpoints =
            |keeping| Checkpoints::new(folder, checkpoint_name(&name), keeping, &none);
        match keeping.map(checkpoints) {
            Some(keeper) if keeper.is_stopped() => Err(RunnerError::NotStarted),
            Some(mut keeper) => {
                run_training(training, experiment, data, device, &progress, &mut keeper)
            }
            None => run_training(training, experiment, data, device, &progress, &mut ()),
        }
    };
    let save = |trained: &[&TrainedNetwork]| {
        metrics.trainings = trained.iter().map(|t| t.metrics.clone()).collect();
        folder.write_activations_metrics(&metrics)?;
        Ok::<_, RunnerError>(folder.write_curves(trained)?)
    };
    let mut failures = queue::results(&trainings, jobs, train, save)?;
    if let Some(at) = failures.iter().position(|(_, error)| error.is_stop()) {
        return Err(failures.swap_remove(at).1);
    }
    let seeds = experiment.seeds.len();
    metrics.failed = Failure::list(failures, |number| trainings[number].name(seeds));
    folder.write_activations_metrics(&metrics)?;
    Ok(metrics)
}

/// What a training of this name is called in files.
pub(super) fn checkpoint_name(training: &str) -> String {
    training.replace(' ', "-")
}

/// All trainings, in the order of tables.
fn trainings(experiment: &ActivationsExperiment) -> Vec<Training> {
    let mut trainings = Vec::new();
    for &network in &experiment.networks {
        for &activation in &experiment.activations {
            trainings.extend(experiment.seeds.iter().map(|&seed| Training {
                network,
                activation,
                seed,
            }));
        }
    }
    trainings
}

fn run_training(
    training: Training,
    experiment: &ActivationsExperiment,
    data: &ActivationsData,
    device: &Device,
    progress: &MultiProgress,
    keeper: &mut dyn Keeper,
) -> Result<TrainedNetwork, RunnerError> {
    let Training {
        network: kind,
        activation,
        seed,
    } = training;
    let name = training.name(experiment.seeds.len());
    let config = TrainingConfig {
        epochs: experiment.epochs,
        batch_size: experiment.batch_size,
        // Small networks: side by side are trainings, not the parts of a batch.
        shard: Some(experiment.batch_size),
        learning_rate: experiment.learning_rate,
        seed,
        calibrate: false,
        curve_steps: Some(CURVE_STEPS),
        adversary: None,
    };
    // As wide as the longest name, so that the lines are aligned.
    let label = format!("{name:>24}");
    let progress = Progress::new(progress, &label, experiment.epochs, data.training.len());
    let autodiff = device.clone().autodiff();
    let network = NetworkConfig {
        kind,
        activation,
        image_size: [data.training.split().rows, data.training.split().columns],
        channels: data.training.split().channels,
        classes: data.classes,
        normalization: data.normalization,
    }
    .init(seed, &autodiff);
    let Trained {
        model,
        epochs,
        curve,
    } = go_on(
        &name,
        network,
        &data.training,
        &config,
        &autodiff,
        &progress,
        keeper,
        |_, _| Ok(()),
    )?;
    let network = model.valid();
    let (test_loss, test_accuracy) = evaluate(&network, &data.test, device)?;
    Ok(TrainedNetwork {
        metrics: TrainingMetrics {
            network: kind,
            activation,
            seed,
            gain: activation.gain(),
            weights: network.num_params(),
            test_accuracy,
            test_loss,
            train_loss: epochs.last().map_or(f64::NAN, |epoch| epoch.train_loss),
            seconds_per_epoch: epochs.iter().map(|e| e.seconds).sum::<f64>() / epochs.len() as f64,
            learned: learned(&network)?,
        },
        epochs,
        curve,
    })
}

fn learned(network: &Network) -> Result<BTreeMap<String, Vec<Range>>, TensorReadError> {
    let mut learned: BTreeMap<String, Vec<Range>> = BTreeMap::new();
    for layer in network.activations() {
        for (name, range) in layer.learned()? {
            learned.entry(name).or_default().push(range);
        }
    }
    Ok(learned)
}
