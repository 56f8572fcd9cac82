//! The command line of the experiments, shared by the examples and the program.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::str::FromStr;
use std::sync::LazyLock;

use anyhow::{Result, anyhow, ensure};
use clap::Args;

use crate::allocator::keep_freed_buffers;
use crate::common_args::CommonArgs;
use crate::data::{DataSource, ImageSet, KnownClasses, Selection, Split};
use crate::experiment::Experiment;
use crate::head::{HeadConfig, InvalidHead};
use crate::model::EncoderConfig;
use crate::plateau::{self, PlateauExperiment};
use crate::report::{Failure, RunFolder, draw_run, terminal_table};
use crate::runner::{self, ExperimentData};
use crate::task::Task;
use crate::train::Adversary;
use crate::{note, say};

/// Train and compare output activations on even versus odd digits, in a small embedding.
///
/// Each head gets the same encoder, seed and batches. Results go to a folder: configuration,
/// metrics, epochs, embedding of the test images, trained models, and a figure.
#[derive(Args, Debug, Clone)]
pub struct BinaryArgs {
    /// Heads to compare, in this order, with settings in parentheses: dome,logit-norm(tau=0.1)
    #[arg(
        long,
        value_name = "HEAD,...",
        default_values_t = [HeadList(Task::EvenOdd.heads())],
        long_help = heads_help(Task::EvenOdd)
    )]
    heads: Vec<HeadList>,
    /// Size of the embedding; the figure needs 2
    #[arg(long, default_value_t = Task::EvenOdd.embedding_dim())]
    embedding_dim: usize,
    /// Passes over the training images
    #[arg(long, default_value_t = Task::EvenOdd.epochs())]
    epochs: usize,
    /// Folder for the results
    #[arg(long, value_name = "DIR", default_value = "runs/mnist_binary")]
    out: PathBuf,
    #[command(flatten)]
    run: RunArgs,
}

impl BinaryArgs {
    /// Runs the experiment and prints its table.
    ///
    /// # Errors
    ///
    /// If an argument is out of range, the data or the device cannot be used, the folder holds
    /// another run or cannot be written, or all trainings diverge;
    /// if some do, when all results are there.
    pub fn run(self) -> Result<()> {
        let experiment = Experiment {
            heads: HeadList::all(self.heads),
            embedding_dim: self.embedding_dim,
            epochs: self.epochs,
            ..Experiment::new(Task::EvenOdd)
        };
        self.run.run(experiment, &self.out)
    }
}

/// Train and compare output activations on the ten digits, in a 9-dimensional embedding and in the
/// plane.
///
/// Each head gets the same seed and batches, and the same encoder up to its last layer. Results go
/// to a folder: configuration, metrics, epochs, embedding of the test images, trained models, and
/// figures.
#[derive(Args, Debug, Clone)]
pub struct DigitsArgs {
    /// Heads to compare, in this order, with settings in parentheses: softmax,logit-norm(tau=0.1)
    #[arg(
        long,
        value_name = "HEAD,...",
        default_values_t = [HeadList(Task::Digits.heads())],
        long_help = heads_help(Task::Digits)
    )]
    heads: Vec<HeadList>,
    /// Size of the embedding, except for the heads in the plane; the simplex of ten reference
    /// points needs 9
    #[arg(long, default_value_t = Task::Digits.embedding_dim())]
    embedding_dim: usize,
    /// Passes over the training images
    #[arg(long, default_value_t = Task::Digits.epochs())]
    epochs: usize,
    /// Learn these labels only: test images of the others are outliers, see `evaluate --only unknown-classes`
    #[arg(long, value_name = "LABEL,...")]
    classes: Option<KnownClasses>,
    /// Folder for the results
    #[arg(long, value_name = "DIR", default_value = "runs/mnist_digits")]
    out: PathBuf,
    #[command(flatten)]
    run: RunArgs,
}

impl DigitsArgs {
    /// Runs the experiment and prints its table.
    ///
    /// # Errors
    ///
    /// As [`BinaryArgs::run`], or if a label is above 9.
    pub fn run(self) -> Result<()> {
        let experiment = Experiment {
            heads: HeadList::all(self.heads),
            embedding_dim: self.embedding_dim,
            epochs: self.epochs,
            classes: self.classes,
            ..Experiment::new(Task::Digits)
        };
        self.run.run(experiment, &self.out)
    }
}

/// Train the DOME heads for one epoch on embeddings of other scales, with and without calibration.
///
/// The embedding layer's initial weights and biases are multiplied by each scale. An embedding many
/// sigmas away from all modes has no gradient: calibration raises mu and sigma to its size. Results
/// go to a folder, the table in Markdown to standard output.
#[derive(Args, Debug, Clone)]
pub struct PlateauArgs {
    /// What to learn, each task with its DOME head
    #[arg(
        long,
        value_enum,
        value_delimiter = ',',
        default_values_t = PlateauExperiment::default().tasks
    )]
    tasks: Vec<Task>,
    /// Factors of the embedding layer's initial weights and biases
    #[arg(
        long,
        value_delimiter = ',',
        default_values_t = PlateauExperiment::default().scales
    )]
    scales: Vec<f64>,
    /// Number of seeds, from 0
    #[arg(long, value_name = "N", default_value_t = PlateauExperiment::default().seeds)]
    seeds: u64,
    /// Folder for the results
    #[arg(long, value_name = "DIR", default_value = "runs/plateau")]
    out: PathBuf,
    #[command(flatten)]
    common: CommonArgs,
}

impl PlateauArgs {
    /// Runs the experiment and prints its table.
    ///
    /// # Errors
    ///
    /// As [`DigitsArgs::run`].
    pub fn run(self) -> Result<()> {
        let experiment = PlateauExperiment {
            data: self.common.data.clone(),
            device: self.common.device,
            tasks: self.tasks,
            scales: self.scales,
            seeds: self.seeds,
            limit_train: self.common.limit_train,
            evaluate_on: self.common.evaluate_on,
        };
        experiment.validate()?;
        let device = self.common.open()?;
        let set = load_for_encoder(&experiment.data, &experiment.selection())?;
        let data = experiment.data(&set)?;
        let folder = RunFolder::create(&self.out, &experiment, self.common.force)?;

        let jobs = self.common.jobs();
        let results = plateau::run(&experiment, &data, &device, jobs, &folder)
            .map_err(|error| ended_early(error, folder.path()))?;
        folder.finish()?;
        say!("{}", results.markdown());
        say!("results  {}", self.out.display());
        check_failures(&results.failed, results.runs.len())
    }
}

/// What the experiments that compare heads have in common.
#[derive(Args, Debug, Clone)]
struct RunArgs {
    /// Seed of the initial weights and of the order of the images
    #[arg(long, default_value_t = DEFAULTS.seed)]
    seed: u64,
    /// Images a step
    #[arg(long, default_value_t = DEFAULTS.batch_size)]
    batch_size: usize,
    /// Adam's learning rate at the first step; it falls to 0 along a cosine
    #[arg(long, default_value_t = DEFAULTS.learning_rate)]
    learning_rate: f64,
    /// Leave mu and sigma of the DOME heads as they are, instead of fitting them to the first batch
    /// where its embedding is larger
    #[arg(long)]
    no_calibrate: bool,
    /// Output channels of the encoder's two convolutions
    #[arg(long, value_name = "N,N", value_parser = two_numbers, default_value = "8,16")]
    channels: [usize; 2],
    /// Adversarial training: perturb the training images by at most EPS, pixels being in [0, 1]
    #[arg(long, value_name = "EPS")]
    adversarial: Option<f64>,
    /// Keep the embedding of the test images after every epoch, too: epochs/HEAD.npy in half precision
    #[arg(long)]
    keep_epochs: bool,
    #[command(flatten)]
    common: CommonArgs,
}

/// Reads two numbers with a comma between them.
fn two_numbers(text: &str) -> Result<[usize; 2], String> {
    let numbers: Option<Vec<usize>> = text.split(',').map(|n| n.trim().parse().ok()).collect();
    let two = numbers.and_then(|numbers| <[usize; 2]>::try_from(numbers).ok());
    two.ok_or_else(|| "two numbers are expected, such as 16,32".into())
}

static DEFAULTS: LazyLock<Experiment> = LazyLock::new(|| Experiment::new(Task::EvenOdd));

/// A list of heads as one argument.
#[derive(Debug, Clone)]
pub(crate) struct HeadList(Vec<HeadConfig>);

impl HeadList {
    /// Of an option that is given several times.
    pub(crate) fn all(lists: Vec<Self>) -> Vec<HeadConfig> {
        lists.into_iter().flat_map(|list| list.0).collect()
    }
}

impl FromStr for HeadList {
    type Err = InvalidHead;

    fn from_str(text: &str) -> Result<Self, InvalidHead> {
        HeadConfig::list(text).map(Self)
    }
}

impl fmt::Display for HeadList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&names.join(","))
    }
}

fn heads_help(task: Task) -> String {
    format!(
        "Heads to compare, in this order, with settings in parentheses where they are not those that \
         the name stands for: softmax,logit-norm(tau=0.1)\n\n{}",
        HeadConfig::help(task.classes())
    )
}

impl RunArgs {
    fn run(self, experiment: Experiment, out: &Path) -> Result<()> {
        let experiment = Experiment {
            data: self.common.data.clone(),
            device: self.common.device,
            batch_size: self.batch_size,
            learning_rate: self.learning_rate,
            seed: self.seed,
            limit_train: self.common.limit_train,
            evaluate_on: self.common.evaluate_on,
            calibrate: !self.no_calibrate,
            channels: self.channels,
            adversary: self.adversarial.map(Adversary::of_eps),
            keep_epochs: self.keep_epochs,
            ..experiment
        };
        experiment.validate()?;
        let device = self.common.open()?;
        let set = load_for_encoder(&experiment.data, &experiment.selection())?;
        let data = ExperimentData::new(set, experiment.task)?;
        let folder = RunFolder::create(out, &experiment, self.common.force)?;

        let jobs = self.common.jobs();
        let metrics = runner::run(&experiment, &data, &device, jobs, &folder)
            .map_err(|error| ended_early(error, folder.path()))?;
        let figures = draw_run(&folder).map_err(|error| ended_early(error, folder.path()))?;
        folder.finish()?;
        say!("{}", terminal_table(&metrics));
        for figure in figures.iter() {
            print_figure(figure, out);
        }
        if figures.is_empty() {
            say!("no figure: it needs --embedding-dim 2");
        }
        say!("results  {}", out.display());
        check_failures(&metrics.failed, metrics.heads.len())
    }
}

/// The paths of a figure that was drawn before its run's folder took its place.
pub(crate) fn print_figure(drawn: &[PathBuf; 2], folder: &Path) {
    let [svg, png] = drawn.each_ref().map(|file| {
        let name = file.file_name().unwrap_or(file.as_os_str());
        folder.join(name)
    });
    say!("figure   {}\n         {}", svg.display(), png.display());
}

/// The error, and where the results that are there are.
pub(crate) fn ended_early(error: impl Into<anyhow::Error>, folder: &Path) -> anyhow::Error {
    let error: anyhow::Error = error.into();
    anyhow!(
        "{error:#}; what was computed so far is in {}",
        folder.display()
    )
}

/// An error if some trainings failed; `ended` is the number of those that did not.
pub(crate) fn check_failures(failed: &[Failure], ended: usize) -> Result<()> {
    let each: Vec<String> = failed
        .iter()
        .map(|failure| failure.reason.clone())
        .collect();
    let all = ended + failed.len();
    let count = failed.len();
    ensure!(
        count == 0,
        "{count} of {all} trainings failed: {}",
        each.join("; ")
    );
    Ok(())
}

/// What a program of these experiments does in its `main`: [keeps freed buffers](keep_freed_buffers), runs,
/// and turns the outcome into an exit code; an error goes to standard error in one line.
pub fn main(program: impl FnOnce() -> Result<()>) -> ExitCode {
    keep_freed_buffers();
    match program() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            note!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The images of a set, which have at least the `smallest` side that `user` works on.
pub(crate) fn load(
    source: &DataSource,
    selection: &Selection,
    user: &str,
    smallest: usize,
) -> Result<ImageSet> {
    let set = source.load(selection)?;
    let name = &set.name;
    let size = |split: &Split| (split.rows, split.columns, split.channels);
    let (rows, columns, channels) = size(&set.training);
    ensure!(
        rows.min(columns) >= smallest,
        "the images of {name} have {rows} x {columns} pixels, but {user} at least \
         {smallest} x {smallest}",
    );
    let of_test = size(&set.test);
    ensure!(
        size(&set.training) == of_test,
        "the training images of {name} have {rows} x {columns} pixels of {channels} channels, its test \
         images {} x {} of {}",
        of_test.0,
        of_test.1,
        of_test.2,
    );
    Ok(set)
}

/// [`load`] for the encoder.
fn load_for_encoder(source: &DataSource, selection: &Selection) -> Result<ImageSet> {
    load(
        source,
        selection,
        "the encoder needs",
        EncoderConfig::MIN_SIDE,
    )
}
