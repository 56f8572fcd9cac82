//! The command line of the experiments, shared by the examples and the program.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::str::FromStr;

use anyhow::{Result, anyhow, ensure};
use clap::Args;

use crate::allocator::keep_freed_buffers;
use crate::common_args::CommonArgs;
use crate::config_file::{self, ConfigError};
use crate::data::{DataSource, ImageSet, KnownClasses, Selection, Split};
use crate::experiment::{Experiment, InvalidExperiment};
use crate::head::{HeadConfig, InvalidHead};
use crate::model::EncoderConfig;
use crate::plateau::{self, PlateauExperiment};
use crate::report::{CHECKPOINTS, Failure, RunFolder, draw_run, terminal_table};
use crate::resume::{ResumeArgs, Stopped};
use crate::runner::{self, ExperimentData, RunnerError};
use crate::task::Task;
use crate::train::{Adversary, TrainError};
use crate::{complain, say};

/// Train and compare output activations on even versus odd digits, in a small embedding.
///
/// Each head gets the same encoder, seed and batches. Results go to a folder: configuration,
/// metrics, epochs, embedding of the test images, trained models, and a figure.
#[derive(Args, Debug, Clone)]
#[command(
    after_help = "Example:\n  mnist-experiments train binary --heads sigmoid,dome --epochs 1 \
    --limit-train 2000 --out runs/small"
)]
pub struct BinaryArgs {
    #[arg(
        long,
        value_name = "HEAD,...",
        help = heads_help(Task::EvenOdd, false),
        long_help = heads_help(Task::EvenOdd, true)
    )]
    heads: Vec<HeadList>,
    #[arg(long, help = embedding_help(Task::EvenOdd))]
    embedding_dim: Option<usize>,
    #[arg(long, help = epochs_help(Task::EvenOdd))]
    epochs: Option<usize>,
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
        let mut experiment = self.run.experiment(Task::EvenOdd)?;
        replace(
            &mut experiment.heads,
            Some(HeadList::all(self.heads)).filter(|heads| !heads.is_empty()),
        );
        replace(&mut experiment.embedding_dim, self.embedding_dim);
        replace(&mut experiment.epochs, self.epochs);
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
#[command(
    after_help = "Example:\n  mnist-experiments train digits --heads softmax,multi-dome-brier --epochs 1 \
    --limit-train 2000 --out runs/few-digits"
)]
pub struct DigitsArgs {
    #[arg(
        long,
        value_name = "HEAD,...",
        help = heads_help(Task::Digits, false),
        long_help = heads_help(Task::Digits, true)
    )]
    heads: Vec<HeadList>,
    #[arg(long, help = embedding_help(Task::Digits))]
    embedding_dim: Option<usize>,
    #[arg(long, help = epochs_help(Task::Digits))]
    epochs: Option<usize>,
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
        let mut experiment = self.run.experiment(Task::Digits)?;
        replace(
            &mut experiment.heads,
            Some(HeadList::all(self.heads)).filter(|heads| !heads.is_empty()),
        );
        replace(&mut experiment.embedding_dim, self.embedding_dim);
        replace(&mut experiment.epochs, self.epochs);
        experiment.classes = self.classes.or(experiment.classes);
        self.run.run(experiment, &self.out)
    }
}

/// Train the DOME heads for one epoch on embeddings of other scales, with and without calibration.
///
/// The embedding layer's initial weights and biases are multiplied by each scale. An embedding many
/// sigmas away from all modes has no gradient: calibration raises mu and sigma to its size. Results
/// go to a folder, the table in Markdown to standard output.
#[derive(Args, Debug, Clone)]
#[command(
    after_help = "Example:\n  mnist-experiments train plateau --scales 1,30 --seeds 1 --limit-train 1000 \
    --out runs/plateau-small"
)]
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
            data: self.common.data.clone().unwrap_or_default(),
            device: self.common.device.unwrap_or_default(),
            tasks: self.tasks,
            scales: self.scales,
            seeds: self.seeds,
            limit_train: self.common.limit_train,
            evaluate_on: self.common.evaluate_on.unwrap_or_default(),
        };
        experiment.validate()?;
        let device = self.common.open(experiment.device)?;
        let set = load_for_encoder(&experiment.data, &experiment.selection())?;
        let data = experiment.data(&set)?;
        let folder = RunFolder::create(&self.out, &experiment, self.common.force)?;

        let jobs = self.common.jobs(experiment.device);
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
    /// Settings from a file, TOML, or the config.json of a run; options on the command line come before it. Its keys
    /// are those of config.json: heads, embedding_dim, epochs, batch_size, learning_rate, seed, ...
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Seed of the initial weights and of the order of the images [default: 0]
    #[arg(long)]
    seed: Option<u64>,
    /// Images a step [default: 64]
    #[arg(long)]
    batch_size: Option<usize>,
    /// Adam's learning rate at the first step; it falls to 0 along a cosine [default: 0.001]
    #[arg(long)]
    learning_rate: Option<f64>,
    /// Leave mu and sigma of the DOME heads as they are, instead of fitting them to the first batch
    /// where its embedding is larger
    #[arg(long)]
    no_calibrate: bool,
    /// Output channels of the encoder's two convolutions [default: 8,16]
    #[arg(long, value_name = "N,N", value_parser = two_numbers)]
    channels: Option<[usize; 2]>,
    /// Adversarial training: perturb the training images by at most EPS, pixels being in [0, 1]
    #[arg(long, value_name = "EPS")]
    adversarial: Option<f64>,
    /// Keep the embedding of the test images after every epoch, too: epochs/HEAD.npy in half precision
    #[arg(long)]
    keep_epochs: bool,
    #[command(flatten)]
    resume: ResumeArgs,
    #[command(flatten)]
    common: CommonArgs,
}

/// Puts what was given in the place of what was there.
fn replace<T>(place: &mut T, given: Option<T>) {
    if let Some(given) = given {
        *place = given;
    }
}

/// Reads two numbers with a comma between them.
fn two_numbers(text: &str) -> Result<[usize; 2], String> {
    let numbers: Option<Vec<usize>> = text.split(',').map(|n| n.trim().parse().ok()).collect();
    let two = numbers.and_then(|numbers| <[usize; 2]>::try_from(numbers).ok());
    two.ok_or_else(|| "two numbers are expected, such as 16,32".into())
}

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

fn heads_help(task: Task, long: bool) -> String {
    let default = HeadList(task.heads());
    let short = format!(
        "Heads to compare, in this order, with settings in parentheses where they are not those that \
         the name stands for: softmax,logit-norm(tau=0.1) [default: {default}]"
    );
    match long {
        true => format!("{short}\n\n{}", HeadConfig::help(task.classes())),
        false => short,
    }
}

fn embedding_help(task: Task) -> String {
    let what = match task {
        Task::EvenOdd => "the figure needs 2",
        Task::Digits => {
            "except for the heads in the plane; the simplex of ten reference points needs 9"
        }
    };
    let default = task.embedding_dim();
    format!("Size of the embedding, {what} [default: {default}]")
}

fn epochs_help(task: Task) -> String {
    format!(
        "Passes over the training images [default: {}]",
        task.epochs()
    )
}

impl RunArgs {
    /// What the file says, or the defaults, and what the options say, which come before it.
    fn experiment(&self, task: Task) -> Result<Experiment> {
        let mut experiment = match &self.config {
            Some(file) => config_file::read(file, task)?,
            None => Experiment::new(task),
        };
        let common = &self.common;
        replace(&mut experiment.data, common.data.clone());
        replace(&mut experiment.device, common.device);
        replace(&mut experiment.batch_size, self.batch_size);
        replace(&mut experiment.learning_rate, self.learning_rate);
        replace(&mut experiment.seed, self.seed);
        replace(&mut experiment.limit_train, common.limit_train.map(Some));
        replace(&mut experiment.evaluate_on, common.evaluate_on);
        replace(
            &mut experiment.calibrate,
            self.no_calibrate.then_some(false),
        );
        replace(&mut experiment.channels, self.channels);
        let adversary = self.adversarial.map(Adversary::of_eps);
        replace(&mut experiment.adversary, adversary.map(Some));
        replace(
            &mut experiment.keep_epochs,
            self.keep_epochs.then_some(true),
        );
        Ok(experiment)
    }

    fn run(self, experiment: Experiment, out: &Path) -> Result<()> {
        experiment.validate()?;
        let device = self.common.open(experiment.device)?;
        let set = load_for_encoder(&experiment.data, &experiment.selection())?;
        let data = ExperimentData::new(set, experiment.task)?;
        let force = self.common.force;
        let Some(folder) = self.resume.folder(out, &experiment, force)? else {
            let metrics = RunFolder::open_complete(out)?.metrics()?;
            say!("{}", terminal_table(&metrics));
            return check_failures(&metrics.failed, metrics.heads.len());
        };

        // What is trained on is in the manifest.
        let keeping = self.resume.keeping(String::new())?;
        let jobs = self.common.jobs(experiment.device);
        let run = runner::run_or_stop(&experiment, &data, &device, jobs, &folder, Some(&keeping));
        let metrics = run.map_err(|error| match error.is_stop() {
            true => Stopped::new(&keeping.stop).into(),
            false => ended_early(error, folder.path()),
        })?;
        let figures = draw_run(&folder).map_err(|error| ended_early(error, folder.path()))?;
        let failed = |head: &&HeadConfig| metrics.heads.iter().all(|ended| ended.head != **head);
        let failed = experiment.heads.iter().filter(failed);
        folder.remove_checkpoints(&failed.map(|head| head.file_name()).collect::<Vec<_>>())?;
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
    // A loss that is no number would be none again.
    let diverged = matches!(
        error.downcast_ref(),
        Some(RunnerError::Train(TrainError::Diverged { .. }))
    );
    let has_checkpoints = folder.join(CHECKPOINTS).exists();
    let way_out = match has_checkpoints && !diverged {
        true => "; once that is put right, the same command goes on with --resume",
        false => "",
    };
    anyhow!(
        "{error:#}; what was computed so far is in {}{way_out}",
        folder.display()
    )
}

/// An error if some trainings failed; `ended` is the number of those that did not.
pub(crate) fn check_failures(failed: &[Failure], ended: usize) -> Result<()> {
    let each: Vec<String> = failed
        .iter()
        .map(|failure| failure.reason.clone())
        .collect();
    match failed.len() {
        0 => Ok(()),
        count => Err(SomeFailed {
            count,
            all: ended + count,
            each: each.join("; "),
        }
        .into()),
    }
}

/// Some trainings of a run failed, the results of the others are there.
#[derive(Debug, thiserror::Error)]
#[error("{count} of {all} trainings failed: {each}")]
struct SomeFailed {
    count: usize,
    all: usize,
    each: String,
}

/// What the program's exit codes mean, for its help.
pub const EXIT_CODES: &str = "\
Exit codes:
  0    all was done
  1    it could not be done: data, files, device; or all trainings failed
  2    the command line or a configuration file is wrong
  3    the results are there, but some trainings failed
  130  stopped by Ctrl-C, 143 by SIGTERM: --resume goes on";

/// What a program of these experiments does in its `main`: [keeps freed buffers](keep_freed_buffers), runs,
/// and turns the outcome into an [exit code](EXIT_CODES); an error goes to standard error in one line.
pub fn main(program: impl FnOnce() -> Result<()>) -> ExitCode {
    keep_freed_buffers();
    let Err(error) = program() else {
        return ExitCode::SUCCESS;
    };
    if let Some(stopped) = error.downcast_ref::<Stopped>() {
        complain!("{stopped}");
        return stopped.exit_code();
    }
    complain!("error: {error:#}");
    let is_wrong = error.is::<InvalidExperiment>() || error.is::<ConfigError>();
    match is_wrong {
        true => ExitCode::from(2),
        false if error.is::<SomeFailed>() => ExitCode::from(3),
        false => ExitCode::FAILURE,
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
