use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard};

use burn::module::Module;
use burn::tensor::{Device, TensorReadError};
use indicatif::MultiProgress;
use rayon::ThreadPoolBuildError;

use super::{
    ActivationKind, ActivationsExperiment, ActivationsFolder, ActivationsMetrics, LossPoint,
    Network, NetworkConfig, NetworkKind, Range, TrainingMetrics, train_network,
};
use crate::data::Split;
use crate::model::Normalization;
use crate::parallel::side_by_side;
use crate::report::RunError;
use crate::train::{Epoch, Progress, Samples, TrainError};

/// The images of an experiment.
#[derive(Debug, Clone)]
pub struct ActivationsData {
    name: String,
    training: Samples,
    test: Samples,
    classes: usize,
    normalization: Normalization,
}

impl ActivationsData {
    /// One class a label; of the training images the first `limit_train`.
    pub fn new(
        name: String,
        training: Split,
        test: Split,
        experiment: &ActivationsExperiment,
    ) -> Self {
        let classes = training.class_count().max(test.class_count());
        let limit = experiment.limit_train.unwrap_or(training.len());
        let training = Samples::by_label(training.take(limit));
        let normalization = Normalization::of(&training.split().images);
        Self {
            name,
            training,
            test: Samples::by_label(test),
            classes,
            normalization,
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

/// A training that ended.
pub(super) struct Trained {
    pub metrics: TrainingMetrics,
    pub epochs: Vec<Epoch>,
    pub losses: Vec<LossPoint>,
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
    eprintln!(
        "{} trainings, {} training images, {} test images, {} epochs on {}",
        trainings.len(),
        data.training.len(),
        data.test.len(),
        experiment.epochs,
        experiment.device
    );
    let results = Results {
        experiment,
        data,
        folder,
        trained: Mutex::default(),
    };
    let next = AtomicUsize::new(0);
    let progress = MultiProgress::new();
    let jobs = vec![(); jobs.min(trainings.len()).max(1)];
    let outcomes = side_by_side(&jobs, |()| -> Result<(), ActivationsError> {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(&training) = trainings.get(number) else {
                return Ok(());
            };
            let outcome = run_training(training, experiment, data, device, &progress)
                .and_then(|trained| results.add(number, trained));
            if outcome.is_err() {
                // Nobody starts another one.
                next.store(trainings.len(), Ordering::Relaxed);
                return outcome;
            }
        }
    });
    outcomes.into_iter().collect::<Result<(), _>>()?;
    Ok(results.metrics())
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

/// The trainings that ended, by their numbers, whatever their order in time.
struct Results<'a> {
    experiment: &'a ActivationsExperiment,
    data: &'a ActivationsData,
    folder: &'a ActivationsFolder,
    trained: Mutex<BTreeMap<usize, Trained>>,
}

impl Results<'_> {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<usize, Trained>> {
        self.trained
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn add(&self, number: usize, trained: Trained) -> Result<(), ActivationsError> {
        let mut all = self.lock();
        all.insert(number, trained);
        self.folder.write_metrics(&self.metrics_of(&all))?;
        self.folder.write_curves(all.values())?;
        Ok(())
    }

    fn metrics(&self) -> ActivationsMetrics {
        self.metrics_of(&self.lock())
    }

    fn metrics_of(&self, trained: &BTreeMap<usize, Trained>) -> ActivationsMetrics {
        ActivationsMetrics {
            experiment: ActivationsExperiment::NAME.into(),
            dataset: self.data.name.clone(),
            device: self.experiment.device.to_string(),
            epochs: self.experiment.epochs,
            train_images: self.data.training.len(),
            test_images: self.data.test.len(),
            trainings: trained.values().map(|t| t.metrics.clone()).collect(),
        }
    }
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
