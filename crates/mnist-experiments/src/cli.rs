//! The command line of the experiments, shared by the examples and the program.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use burn::module::Module;
use burn::tensor::Device;
use clap::Args;

use crate::data::{self, Bundled, Part, Split};
use crate::device::{self, DeviceSpec};
use crate::eval::{Compactness, Plane, Predictions};
use crate::experiment::BinaryExperiment;
use crate::head::{ClassifierHead, HeadKind};
use crate::model::{Classifier, ClassifierConfig, EncoderConfig, Normalization};
use crate::report::figure::Square;
use crate::report::{EmbeddingRow, HeadMetrics, Metrics, RunFolder, draw_run, terminal_table};
use crate::train::{Epoch, Progress, Samples, TrainingConfig, train};

/// Train and compare output activations on even versus odd digits, in a small embedding.
///
/// Each head gets the same encoder, seed and batches. Results go to a folder: configuration,
/// metrics, epochs, embedding of the test images, trained models, and a figure.
#[derive(Args, Debug, Clone)]
pub struct BinaryArgs {
    /// What computes: flex (CPU), ndarray (CPU), wgpu (the best GPU) or wgpu:N (the N-th adapter);
    /// the last three need the cargo feature of that name
    #[arg(long, default_value_t = BinaryExperiment::default().device)]
    device: DeviceSpec,
    /// Passes over the training images
    #[arg(long, default_value_t = BinaryExperiment::default().epochs)]
    epochs: usize,
    /// Seed of the initial weights and of the order of the images
    #[arg(long, default_value_t = BinaryExperiment::default().seed)]
    seed: u64,
    /// Heads to compare, in this order
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = HeadKind::ALL)]
    heads: Vec<HeadKind>,
    /// Size of the embedding; the figure needs 2
    #[arg(long, default_value_t = BinaryExperiment::default().embedding_dim)]
    embedding_dim: usize,
    /// Images a step
    #[arg(long, default_value_t = BinaryExperiment::default().batch_size)]
    batch_size: usize,
    /// Adam's learning rate at the first step; it falls to 0 along a cosine
    #[arg(long, default_value_t = BinaryExperiment::default().learning_rate)]
    learning_rate: f64,
    /// Train on the first N images only
    #[arg(long, value_name = "N")]
    limit_train: Option<usize>,
    /// Folder of another set in MNIST's format, gzip or raw (Fashion-MNIST, KMNIST, ...): four
    /// files named as MNIST's [default: the bundled MNIST]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Folder for the results
    #[arg(long, value_name = "DIR", default_value = "runs/mnist_binary")]
    out: PathBuf,
    /// Replace what the folder holds, even if it is the run of another configuration
    #[arg(long)]
    force: bool,
}

impl BinaryArgs {
    /// Runs the experiment and prints its table.
    ///
    /// # Errors
    ///
    /// If an argument is out of range, the data or the device cannot be used, the folder holds
    /// another run or cannot be written, or a training diverges.
    pub fn run(self) -> Result<()> {
        let experiment = BinaryExperiment {
            data: self.data,
            device: self.device,
            heads: self.heads,
            embedding_dim: self.embedding_dim,
            epochs: self.epochs,
            batch_size: self.batch_size,
            learning_rate: self.learning_rate,
            seed: self.seed,
            limit_train: self.limit_train,
        };
        experiment.validate()?;
        let device = experiment.device.open()?;
        if let Some(caveat) = device::caveat(&device) {
            eprintln!("note: {caveat}");
        }
        let (name, [training, test]) = load(experiment.data.as_deref())?;
        experiment.validate_limit(training.len())?;
        let folder = RunFolder::create(&self.out, &experiment, self.force)?;

        let metrics = run(&experiment, name, training, test, &device, &folder)?;
        println!("{}", terminal_table(&metrics));
        match draw_run(&folder)? {
            Some([svg, png]) => println!("figure   {}\n         {}", svg.display(), png.display()),
            None => println!("no figure: it needs --embedding-dim 2"),
        }
        println!("results  {}", self.out.display());
        Ok(())
    }
}

/// Turns the outcome of a program into its exit code; an error goes to standard error in one line.
pub fn exit(outcome: Result<()>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Name of the set, training images, test images.
fn load(dir: Option<&Path>) -> Result<(String, [Split; 2])> {
    let parts = [Part::Train, Part::Test];
    let (name, [training, test]) = match dir {
        None => (Bundled::Mnist.name().into(), parts.map(|part| Bundled::Mnist.load(part))),
        Some(dir) => {
            let name = dir.file_name().unwrap_or(dir.as_os_str()).to_string_lossy();
            (name.into_owned(), parts.map(|part| data::load(dir, part)))
        }
    };
    let (training, test) = (training?, test?);
    ensure!(
        (training.rows, training.columns) == (test.rows, test.columns),
        "the training images of {name} have {} x {} pixels, its test images {} x {}",
        training.rows,
        training.columns,
        test.rows,
        test.columns,
    );
    Ok((name, [training, test]))
}

/// Trains and evaluates every head and writes the results to the folder.
fn run(
    experiment: &BinaryExperiment,
    dataset: String,
    training: Split,
    test: Split,
    device: &Device,
    folder: &RunFolder,
) -> Result<Metrics> {
    let limit = experiment.limit_train.unwrap_or(training.len());
    let training = Samples::even_odd(training.take(limit));
    let test = Samples::even_odd(test);
    let normalization = Normalization::of(&training.split().images);
    let image_size = [training.split().rows, training.split().columns];
    eprintln!(
        "{} training images, {} test images, {} epochs on {}",
        training.len(),
        test.len(),
        experiment.epochs,
        experiment.device
    );

    let mut metrics = Metrics {
        experiment: BinaryExperiment::NAME.into(),
        dataset,
        task: "even_odd".into(),
        device: experiment.device.to_string(),
        seed: experiment.seed,
        epochs: experiment.epochs,
        train_images: training.len(),
        test_images: test.len(),
        heads: Vec::new(),
    };
    let (mut epochs, mut rows, mut planes) = (Vec::new(), Vec::new(), BTreeMap::new());
    for &head in &experiment.heads {
        let model = ClassifierConfig {
            encoder: EncoderConfig::new(image_size, experiment.embedding_dim),
            normalization,
            head,
        }
        .init(experiment.seed, &device.clone().autodiff());
        let config = TrainingConfig {
            epochs: experiment.epochs,
            batch_size: experiment.batch_size,
            learning_rate: experiment.learning_rate,
            seed: experiment.seed,
        };
        let progress = Progress::new(head.name(), config.epochs, training.len());
        let autodiff = device.clone().autodiff();
        let (model, head_epochs) =
            train(head.name(), model, &training, &config, &autodiff, &progress)?;

        let model = model.valid();
        let predictions = Predictions::of(&model, &test, device)?;
        metrics.heads.push(measure(head, &model, &predictions, &test, &head_epochs)?);
        if let Some(points) = plane_points(&predictions) {
            let plane = Plane::of(&model.head, Square::around_origin(&points), device)?;
            planes.insert(head.name().to_owned(), plane);
        }
        rows.extend(embedding_rows(head, &predictions, &test));
        epochs.push((head, head_epochs));
        let file = folder.model_file(head);
        model
            .into_record()
            .save(&file)
            .with_context(|| format!("cannot write {}", file.display()))?;

        // After every head, so that an interrupted run leaves what it has.
        folder.write_metrics(&metrics)?;
        folder.write_epochs(&epochs)?;
        folder.write_embeddings(experiment.embedding_dim, &rows)?;
        folder.write_planes(&planes)?;
    }
    Ok(metrics)
}

fn measure(
    head: HeadKind,
    model: &Classifier,
    predictions: &Predictions,
    test: &Samples,
    epochs: &[Epoch],
) -> Result<HeadMetrics> {
    let mut parameters = BTreeMap::new();
    for (name, value) in model.head.activation_parameters() {
        parameters.insert(name.to_owned(), value.try_into_scalar::<f64>()?);
    }
    let seconds: f64 = epochs.iter().map(|epoch| epoch.seconds).sum();
    let images: f64 = epochs.iter().map(|epoch| epoch.seconds * epoch.images_per_second).sum();
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
    predictions.rows().enumerate().map(move |(index, embedding)| EmbeddingRow {
        head: head.name().into(),
        index,
        label: test.split().labels[index],
        class: test.targets()[index],
        predicted: predictions.predicted[index],
        probability: predictions.probabilities[index],
        embedding: embedding.to_vec(),
    })
}
