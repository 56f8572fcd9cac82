use std::collections::BTreeMap;

use burn::module::Module;
use burn::tensor::{Device, TensorReadError};
use indicatif::MultiProgress;
use rayon::ThreadPoolBuildError;

use super::trained::Trained;
use super::{
    ActivationKind, ActivationsExperiment, ActivationsFolder, ActivationsMetrics, Network,
    NetworkConfig, NetworkKind, Range, TrainingMetrics, train_network,
};
use crate::data::{EvaluateOn, ImageSet};
use crate::model::Normalization;
use crate::note;
use crate::queue::queue;
use crate::report::RunError;
use crate::train::{Progress, Samples, TrainError};

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

/// Why a comparison of activations ended early.
#[derive(Debug, thiserror::Error)]
pub enum ActivationsError {
    /// A training failed.
    #[error(transparent)]
    Train(#[from] TrainError),
    /// The folder cannot be written.
    #[error(transparent)]
    Folder(#[from] RunError),
    /// The device could not be read.
    #[error("reading from the device failed: {0}")]
    Device(#[from] TensorReadError),
    /// No threads to train on.
    #[error("cannot start threads: {0}")]
    Threads(#[from] ThreadPoolBuildError),
}

/// What to train.
#[derive(Debug, Clone, Copy)]
struct Training {
    network: NetworkKind,
    activation: ActivationKind,
    seed: u64,
}

/// Trains every network with every activation and seed, `jobs` at a time, and writes the results to
/// the folder.
///
/// # Errors
///
/// If a training diverges, the device fails or a file cannot be written. The results of the
/// trainings that ended before are in the folder then.
pub fn run(
    experiment: &ActivationsExperiment,
    data: &ActivationsData,
    device: &Device,
    jobs: usize,
    folder: &ActivationsFolder,
) -> Result<ActivationsMetrics, ActivationsError> {
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
    };
    let mut results: Vec<Option<Trained>> = trainings.iter().map(|_| None).collect();
    let train = |&training: &Training| run_training(training, experiment, data, device, &progress);
    let done = |number: usize,
                trained: Result<Trained, ActivationsError>|
     -> Result<(), ActivationsError> {
        results[number] = Some(trained?);
        let trained = results.iter().flatten();
        metrics.trainings = trained.clone().map(|t| t.metrics.clone()).collect();
        folder.write_metrics(&metrics)?;
        Ok(folder.write_curves(trained)?)
    };
    queue(&trainings, jobs, train, done)?;
    Ok(metrics)
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
) -> Result<Trained, ActivationsError> {
    let Training {
        network: kind,
        activation,
        seed,
    } = training;
    let name = match experiment.seeds.len() {
        1 => format!("{} {}", kind.name(), activation.name()),
        _ => format!("{} {} {seed}", kind.name(), activation.name()),
    };
    let samples = [&data.training, &data.test];
    // As wide as the longest name, so that the lines are aligned.
    let label = format!("{name:>24}");
    let progress = Progress::new(progress, &label, experiment.epochs, data.training.len());
    let network = NetworkConfig {
        kind,
        activation,
        image_size: [data.training.split().rows, data.training.split().columns],
        channels: data.training.split().channels,
        classes: data.classes,
        normalization: data.normalization,
    }
    .init(seed, &device.clone().autodiff());
    let trained = train_network(&name, network, samples, experiment, seed, device, &progress)?;
    let epochs = trained.epochs;
    Ok(Trained {
        metrics: TrainingMetrics {
            network: kind,
            activation,
            seed,
            gain: activation.gain(),
            weights: trained.network.num_params(),
            test_accuracy: trained.test_accuracy,
            test_loss: trained.test_loss,
            train_loss: epochs.last().map_or(f64::NAN, |epoch| epoch.train_loss),
            seconds_per_epoch: epochs.iter().map(|e| e.seconds).sum::<f64>() / epochs.len() as f64,
            learned: learned(&trained.network)?,
        },
        epochs,
        losses: trained.losses,
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
