//! Runs an experiment: trains and evaluates every head and writes its folder.

use std::collections::BTreeMap;

use burn::module::Module;
use burn::tensor::{Device, TensorReadError};
use indicatif::MultiProgress;
use rayon::ThreadPoolBuilder;

use crate::data::Split;
use crate::device::cores;
use crate::eval::{Compactness, Plane, Predictions, Square};
use crate::experiment::BinaryExperiment;
use crate::head::{ClassifierHead, HeadKind};
use crate::model::{Classifier, ClassifierConfig, EncoderConfig, Normalization};
use crate::report::{EmbeddingRow, HeadMetrics, Metrics, RunError, RunFolder};
use crate::train::{Epoch, Progress, Samples, TrainError, TrainingConfig, train};

/// The images of an experiment.
#[derive(Debug, Clone)]
pub struct BinaryData {
    name: String,
    training: Samples,
    test: Samples,
    normalization: Normalization,
}

impl BinaryData {
    /// Even and odd labels; of the training images the first `limit_train`.
    pub fn new(name: String, training: Split, test: Split, experiment: &BinaryExperiment) -> Self {
        let limit = experiment.limit_train.unwrap_or(training.len());
        let training = Samples::even_odd(training.take(limit));
        let normalization = Normalization::of(&training.split().images);
        Self {
            name,
            training,
            test: Samples::even_odd(test),
            normalization,
        }
    }
}

/// Why an experiment ended early.
#[derive(Debug, thiserror::Error)]
pub enum RunnerError {
    /// A training failed.
    #[error(transparent)]
    Train(#[from] TrainError),
    /// The folder cannot be written.
    #[error(transparent)]
    Folder(#[from] RunError),
    /// The device could not be read.
    #[error("reading from the device failed: {0}")]
    Device(#[from] TensorReadError),
    /// A trained model cannot be written.
    #[error("cannot write the model of {head}: {reason}")]
    Model {
        /// The head's name.
        head: &'static str,
        /// Why.
        reason: String,
    },
    /// No threads to train on.
    #[error("cannot start threads: {0}")]
    Threads(#[from] rayon::ThreadPoolBuildError),
}

/// Trains and evaluates every head, up to `jobs` at a time, and writes the results to the folder.
///
/// # Errors
///
/// If a training diverges, the device fails or a file cannot be written. The results of the heads
/// that ended before are in the folder then.
pub fn run(
    experiment: &BinaryExperiment,
    data: &BinaryData,
    device: &Device,
    jobs: usize,
    folder: &RunFolder,
) -> Result<Metrics, RunnerError> {
    eprintln!(
        "{} training images, {} test images, {} epochs on {}",
        data.training.len(),
        data.test.len(),
        experiment.epochs,
        experiment.device
    );
    let mut metrics = Metrics {
        experiment: BinaryExperiment::NAME.into(),
        dataset: data.name.clone(),
        task: "even_odd".into(),
        device: experiment.device.to_string(),
        seed: experiment.seed,
        epochs: experiment.epochs,
        train_images: data.training.len(),
        test_images: data.test.len(),
        heads: Vec::new(),
    };
    let (mut epochs, mut rows, mut planes) = (Vec::new(), Vec::new(), BTreeMap::new());
    let progress = MultiProgress::new();
    for heads in experiment.heads.chunks(jobs) {
        // Threads of its own for each head: they do not wait for another head's work.
        let threads = (cores().get() / heads.len()).max(1);
        let outcomes: Vec<Result<HeadRun, RunnerError>> = std::thread::scope(|scope| {
            let start = |&head: &HeadKind| {
                let progress = Progress::new(
                    &progress,
                    head.name(),
                    experiment.epochs,
                    data.training.len(),
                );
                scope.spawn(move || {
                    let pool = ThreadPoolBuilder::new().num_threads(threads).build()?;
                    pool.install(|| run_head(head, experiment, data, device, &progress))
                })
            };
            let running: Vec<_> = heads.iter().map(start).collect();
            let join = |thread: std::thread::ScopedJoinHandle<'_, _>| match thread.join() {
                Ok(outcome) => outcome,
                Err(panic) => std::panic::resume_unwind(panic),
            };
            running.into_iter().map(join).collect()
        });
        let mut failure = None;
        for outcome in outcomes {
            match outcome {
                Ok(head) => {
                    head.save_model(folder)?;
                    metrics.heads.push(head.metrics);
                    epochs.push((head.kind, head.epochs));
                    rows.extend(head.rows);
                    planes.extend(head.plane.map(|plane| (head.kind.name().to_owned(), plane)));
                }
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        folder.write_metrics(&metrics)?;
        folder.write_epochs(&epochs)?;
        folder.write_embeddings(experiment.embedding_dim, &rows)?;
        folder.write_planes(&planes)?;
        if let Some(error) = failure {
            return Err(error);
        }
    }
    Ok(metrics)
}

/// A trained head and what was measured of it.
struct HeadRun {
    kind: HeadKind,
    model: Classifier,
    metrics: HeadMetrics,
    epochs: Vec<Epoch>,
    rows: Vec<EmbeddingRow>,
    plane: Option<Plane>,
}

impl HeadRun {
    fn save_model(&self, folder: &RunFolder) -> Result<(), RunnerError> {
        let saved = self
            .model
            .clone()
            .into_record()
            .save(folder.model_file(self.kind));
        let head = self.kind.name();
        saved.map_err(|error| RunnerError::Model {
            head,
            reason: error.to_string(),
        })
    }
}

fn run_head(
    kind: HeadKind,
    experiment: &BinaryExperiment,
    data: &BinaryData,
    device: &Device,
    progress: &Progress,
) -> Result<HeadRun, RunnerError> {
    let BinaryData {
        training,
        test,
        normalization,
        ..
    } = data;
    let image_size = [training.split().rows, training.split().columns];
    let autodiff = device.clone().autodiff();
    let model = ClassifierConfig {
        encoder: EncoderConfig::new(image_size, experiment.embedding_dim),
        normalization: *normalization,
        head: kind,
    }
    .init(experiment.seed, &autodiff);
    let config = TrainingConfig {
        epochs: experiment.epochs,
        batch_size: experiment.batch_size,
        learning_rate: experiment.learning_rate,
        seed: experiment.seed,
    };
    let (model, epochs) = train(kind.name(), model, training, &config, &autodiff, progress)?;

    let model = model.valid();
    let predictions = Predictions::of(&model, test, device)?;
    let plane = match plane_points(&predictions) {
        Some(points) => Some(Plane::of(
            &model.head,
            Square::around_origin(&points),
            device,
        )?),
        None => None,
    };
    Ok(HeadRun {
        kind,
        metrics: measure(kind, &model, &predictions, test, &epochs)?,
        rows: embedding_rows(kind, &predictions, test).collect(),
        model,
        epochs,
        plane,
    })
}

fn measure(
    head: HeadKind,
    model: &Classifier,
    predictions: &Predictions,
    test: &Samples,
    epochs: &[Epoch],
) -> Result<HeadMetrics, RunnerError> {
    let mut parameters = BTreeMap::new();
    for (name, value) in model.head.activation_parameters() {
        parameters.insert(name.to_owned(), value.try_into_scalar::<f64>()?);
    }
    let seconds: f64 = epochs.iter().map(|epoch| epoch.seconds).sum();
    let images: f64 = epochs
        .iter()
        .map(|epoch| epoch.seconds * epoch.images_per_second)
        .sum();
    Ok(HeadMetrics {
        head,
        embedding_dim: predictions.embedding_dim,
        test_accuracy: predictions.accuracy,
        train_loss: epochs.last().map_or(f64::NAN, |epoch| epoch.train_loss),
        compactness: Compactness::of(
            &predictions.embeddings,
            predictions.embedding_dim,
            test.targets(),
        ),
        parameters,
        train_seconds: seconds,
        train_images_per_second: images / seconds,
    })
}

fn plane_points(predictions: &Predictions) -> Option<Vec<[f32; 2]>> {
    (predictions.embedding_dim == 2)
        .then(|| predictions.rows().map(|row| [row[0], row[1]]).collect())
}

fn embedding_rows<'a>(
    head: HeadKind,
    predictions: &'a Predictions,
    test: &'a Samples,
) -> impl Iterator<Item = EmbeddingRow> + 'a {
    predictions
        .rows()
        .enumerate()
        .map(move |(index, embedding)| EmbeddingRow {
            head: head.name().into(),
            index,
            label: test.split().labels[index],
            class: test.targets()[index],
            predicted: predictions.predicted[index],
            probability: predictions.probabilities[index],
            embedding: embedding.to_vec(),
        })
}
