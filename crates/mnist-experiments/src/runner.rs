//! Runs an experiment: trains and evaluates every head and writes its folder.

use std::cell::RefCell;
use std::collections::BTreeMap;

use burn::module::Module;
use burn::tensor::{Device, TensorReadError, f16};
use indicatif::MultiProgress;

use crate::checkpoint::{Checkpoints, Keeping};
use crate::data::Part;
use crate::eval::{
    Compactness, EVALUATIONS, EvalError, Notices, Outcome, Plane, Predictions, Square, Subject,
    evaluate_in_training,
};
use crate::experiment::Experiment;
pub use crate::experiment_data::ExperimentData;
use crate::head::{ClassifierHead, HeadConfig};
use crate::model::{Classifier, ClassifierConfig, EncoderConfig};
use crate::note;
use crate::queue;
use crate::report::{EmbeddingRow, Failure, HeadMetrics, Metrics, RunError, RunFolder};
use crate::rows::rows_of;
use crate::run::Manifest;
use crate::stop::Stop;
use crate::train::{Epoch, Keeper, Progress, Samples, TrainError, Trained, TrainingConfig, go_on};

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
    /// A trained model cannot be evaluated.
    #[error(transparent)]
    Evaluation(#[from] EvalError),
    /// A trained model cannot be written.
    #[error("cannot write the model of {head}: {reason}")]
    Model {
        /// The head's name.
        head: String,
        /// Why.
        reason: String,
    },
    /// No threads to train on.
    #[error("cannot start threads: {0}")]
    Threads(#[from] rayon::ThreadPoolBuildError),
    /// Somebody asked the run to stop before the training.
    #[error("stopped before the training began")]
    NotStarted,
}

impl RunnerError {
    /// Whether it was asked to stop, and nothing went wrong.
    pub fn is_stop(&self) -> bool {
        matches!(
            self,
            Self::NotStarted | Self::Train(TrainError::Stopped { .. })
        )
    }
}

/// Trains and evaluates every head, up to `jobs` at a time, and writes the results to the folder.
///
/// # Errors
///
/// If all trainings fail, the device fails or a file cannot be written. The results of the heads that ended before
/// are in the folder then. Where some trainings fail, the [metrics](Metrics::failed) say which.
pub fn run(
    experiment: &Experiment,
    data: &ExperimentData,
    device: &Device,
    jobs: usize,
    folder: &RunFolder,
) -> Result<Metrics, RunnerError> {
    run_or_stop(experiment, data, device, jobs, folder, None)
}

/// [`run`] that keeps its state in the folder and stops when it is asked to. In the folder of a run that was stopped it
/// goes on from there.
///
/// # Errors
///
/// As [`run`]; a [`TrainError::Stopped`] if it was asked to stop before all trainings ended; if the data of the run that
/// was stopped are others now.
pub(crate) fn run_or_stop(
    experiment: &Experiment,
    data: &ExperimentData,
    device: &Device,
    jobs: usize,
    folder: &RunFolder,
    keeping: Option<&Keeping>,
) -> Result<Metrics, RunnerError> {
    note!(
        "{} training images, {} {} images, {} epochs on {}",
        data.training().len(),
        data.test().len(),
        data.evaluated_on(),
        experiment.epochs,
        experiment.device
    );
    let mut metrics = Metrics {
        experiment: experiment.task.experiment().into(),
        dataset: data.name().into(),
        evaluated_on: data.evaluated_on(),
        task: experiment.task,
        device: experiment.device.to_string(),
        seed: experiment.seed,
        epochs: experiment.epochs,
        train_images: data.training().len(),
        test_images: data.test().len(),
        heads: Vec::new(),
        failed: Vec::new(),
    };
    let manifest = Manifest::new(experiment, data);
    folder.create_models()?;
    if !folder.check_manifest(&manifest)? {
        folder.write_manifest(&manifest)?;
    }
    let never = Stop::never();
    let stop = keeping.map_or(&never, |keeping| &keeping.stop);
    let progress = MultiProgress::new();
    let notices = Notices::new(&progress);
    let images = data.training().len();
    let with_progress = |&head: &HeadConfig| {
        let progress = Progress::new(&progress, &head.to_string(), experiment.epochs, images);
        (head, progress)
    };
    let heads: Vec<(HeadConfig, Progress)> = experiment.heads.iter().map(with_progress).collect();
    let train = |(head, progress): &(HeadConfig, Progress)| {
        if stop.is_asked() {
            return Err(RunnerError::NotStarted);
        }
        let kept = RefCell::new(Vec::new());
        let mut checkpoints =
            keeping.map(|keeping| Checkpoints::new(folder, head.file_name(), keeping, &kept));
        let keeper: &mut dyn Keeper = match &mut checkpoints {
            Some(checkpoints) => checkpoints,
            None => &mut (),
        };
        let mut run = run_head(
            *head, experiment, data, device, progress, &notices, keeper, &kept,
        )?;
        // What was measured is worth keeping without it.
        run.not_saved = run.save_model(folder).err();
        run.save_details(folder)?;
        Ok(run)
    };
    let save = |heads: &[&HeadRun]| {
        metrics.heads = heads.iter().map(|head| head.metrics.clone()).collect();
        metrics.failed = heads.iter().filter_map(|head| head.failure()).collect();
        folder.write_metrics(&metrics)?;
        Ok(write_results(folder, heads)?)
    };
    let mut failures: Vec<(usize, RunnerError)> = queue::results(&heads, jobs, train, save)?;
    if let Some(at) = failures.iter().position(|(_, error)| error.is_stop()) {
        return Err(failures.swap_remove(at).1);
    }
    let failed = Failure::list(failures, |number| heads[number].0.to_string());
    metrics.failed.extend(failed);
    folder.write_metrics(&metrics)?;
    Ok(metrics)
}

/// Of the heads that ended, in the order of the experiment.
fn write_results(folder: &RunFolder, heads: &[&HeadRun]) -> Result<(), RunError> {
    let heads = heads.iter().copied();
    let name = |head: &HeadRun| head.kind.to_string();
    let epochs = heads
        .clone()
        .map(|head| (head.kind, head.epochs.as_slice()));
    folder.write_epochs(&epochs.collect::<Vec<_>>())?;
    folder.write_embeddings(heads.clone().flat_map(|head| &head.rows))?;
    let planes = heads
        .clone()
        .filter_map(|head| Some((name(head), head.plane.as_ref()?)));
    folder.write_planes(&planes.collect())?;
    let points = heads.filter_map(|head| Some((name(head), head.reference_points.clone()?)));
    folder.write_reference_points(&points.collect())
}

/// A trained head and what was measured of it.
struct HeadRun {
    kind: HeadConfig,
    model: Classifier,
    metrics: HeadMetrics,
    outcomes: Vec<Outcome>,
    epochs: Vec<Epoch>,
    rows: Vec<EmbeddingRow>,
    plane: Option<Plane>,
    reference_points: Option<Vec<Vec<f32>>>,
    /// Embeddings after every epoch, if they are kept.
    kept: Vec<f16>,
    /// Why there is no file of the model.
    not_saved: Option<RunnerError>,
}

impl HeadRun {
    fn failure(&self) -> Option<Failure> {
        let reason = self.not_saved.as_ref()?.to_string();
        let training = self.kind.to_string();
        Some(Failure { training, reason })
    }

    fn save_details(&self, folder: &RunFolder) -> Result<(), RunError> {
        if !self.kept.is_empty() {
            let shape = [
                self.epochs.len(),
                self.rows.len(),
                self.metrics.embedding_dim,
            ];
            folder.write_epoch_embeddings(self.kind, shape, &self.kept)?;
        }
        for (evaluation, measured) in &self.outcomes {
            folder.write_details(self.kind, evaluation, measured)?;
        }
        Ok(())
    }

    fn save_model(&self, folder: &RunFolder) -> Result<(), RunnerError> {
        let saved = self
            .model
            .clone()
            .into_record()
            .save(folder.model_file(self.kind));
        let head = self.kind.to_string();
        saved.map_err(|error| RunnerError::Model {
            head,
            reason: error.to_string(),
        })
    }
}

/// The model of a head before its training.
pub(crate) fn initial(
    kind: HeadConfig,
    experiment: &Experiment,
    data: &ExperimentData,
    device: &Device,
) -> Classifier {
    let images = data.training().split();
    let embedding_dim = kind.embedding_dim(experiment.embedding_dim);
    ClassifierConfig {
        encoder: EncoderConfig::new([images.rows, images.columns], embedding_dim)
            .with_image_channels(images.channels)
            .with_channels(experiment.channels),
        normalization: data.normalization(),
        head: kind,
        classes: experiment.class_count(),
    }
    .init(experiment.seed, &device.clone().autodiff())
}

/// The training of an experiment on the model of a head, from where the keeper has it.
#[allow(clippy::too_many_arguments)]
pub(crate) fn fit(
    model: Classifier,
    kind: HeadConfig,
    experiment: &Experiment,
    data: &ExperimentData,
    device: &Device,
    progress: &Progress,
    keeper: &mut dyn Keeper,
    after_epoch: impl FnMut(&Classifier, &Epoch) -> Result<(), TrainError>,
) -> Result<Trained<Classifier>, TrainError> {
    let config = TrainingConfig {
        epochs: experiment.epochs,
        batch_size: experiment.batch_size,
        shard: None,
        learning_rate: experiment.learning_rate,
        seed: experiment.seed,
        calibrate: experiment.calibrate,
        curve_steps: None,
        adversary: experiment.adversary,
    };
    let device = device.clone().autodiff();
    go_on(
        &kind.to_string(),
        model,
        data.training(),
        &config,
        &device,
        progress,
        keeper,
        after_epoch,
    )
}

/// `kept` has the embeddings after every epoch, if they are kept.
#[allow(clippy::too_many_arguments)]
fn run_head(
    kind: HeadConfig,
    experiment: &Experiment,
    data: &ExperimentData,
    device: &Device,
    progress: &Progress,
    notices: &Notices,
    keeper: &mut dyn Keeper,
    kept: &RefCell<Vec<f16>>,
) -> Result<HeadRun, RunnerError> {
    let test = data.test();
    let model = initial(kind, experiment, data, device);
    let after_epoch = |model: &Classifier, _: &Epoch| {
        if experiment.keep_epochs {
            let predictions = Predictions::of(&model.valid(), test, device);
            let predictions = predictions.map_err(|e| TrainError::Device(e.to_string()))?;
            let embeddings = predictions.embeddings.into_iter().map(f16::from_f32);
            kept.borrow_mut().extend(embeddings);
        }
        Ok(())
    };
    let trained = fit(
        model,
        kind,
        experiment,
        data,
        device,
        progress,
        keeper,
        after_epoch,
    )?;
    let Trained { model, epochs, .. } = trained;

    let model = model.valid();
    let subject = Subject::new(
        kind,
        model.clone(),
        data,
        device.clone(),
        experiment.seed,
        notices,
    );
    let predictions = subject.predictions(Part::Test)?;
    let outcomes = evaluate_in_training(EVALUATIONS, &subject)?;
    let reference_points = match model.head.reference_points() {
        Some(points) => Some(rows_of(points)?),
        None => None,
    };
    let plane = match predictions.embedding_dim {
        2 => {
            let modes = reference_points.iter().flatten().map(Vec::as_slice);
            let points = predictions.rows().chain(modes).map(|at| [at[0], at[1]]);
            let square = Square::around_origin(&points.collect::<Vec<_>>());
            Some(Plane::of(&model.head, square, device)?)
        }
        _ => None,
    };
    Ok(HeadRun {
        kind,
        metrics: measure(kind, &model, predictions.embedding_dim, &outcomes, &epochs)?,
        rows: embedding_rows(kind, &predictions, test).collect(),
        model,
        outcomes,
        epochs,
        plane,
        reference_points,
        kept: kept.take(),
        not_saved: None,
    })
}

fn measure(
    head: HeadConfig,
    model: &Classifier,
    embedding_dim: usize,
    outcomes: &[Outcome],
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
    let mut metrics = HeadMetrics {
        head,
        embedding_dim,
        test_accuracy: f64::NAN,
        train_loss: epochs.last().map_or(f64::NAN, |epoch| epoch.train_loss),
        compactness: Compactness::UNKNOWN,
        silhouette: f64::NAN,
        parameters,
        train_seconds: seconds,
        train_images_per_second: images / seconds,
        evaluations: BTreeMap::new(),
    };
    for (evaluation, measured) in outcomes {
        metrics.add(evaluation, measured.numbers.clone());
    }
    Ok(metrics)
}

fn embedding_rows<'a>(
    head: HeadConfig,
    predictions: &'a Predictions,
    test: &'a Samples,
) -> impl Iterator<Item = EmbeddingRow> + 'a {
    let name = head.to_string();
    predictions
        .rows()
        .enumerate()
        .map(move |(index, embedding)| EmbeddingRow {
            head: name.clone(),
            index,
            label: test.split().labels[index],
            class: test.targets()[index],
            predicted: predictions.predicted[index],
            probability: predictions.probability(index),
            embedding: embedding.to_vec(),
        })
}
