//! The command line of the experiments, shared by the examples and the program.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Result, ensure};
use clap::Args;

use crate::data::{self, Bundled, Part, Split};
use crate::device::{self, DeviceSpec};
use crate::experiment::BinaryExperiment;
use crate::head::HeadKind;
use crate::model::EncoderConfig;
use crate::report::{RunFolder, draw_run, terminal_table};
use crate::runner::{self, BinaryData};

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
    /// Heads trained at the same time, which share the processor's cores; it changes the time, not
    /// the results [default: as many as there are cores, one on a GPU]
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
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

        let data = BinaryData::new(name, training, test, &experiment);
        let jobs = self
            .jobs
            .unwrap_or_else(|| experiment.device.default_jobs());
        let metrics = runner::run(&experiment, &data, &device, jobs.get(), &folder)?;
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
        None => (
            Bundled::Mnist.name().into(),
            parts.map(|part| Bundled::Mnist.load(part)),
        ),
        Some(dir) => {
            let name = dir.file_name().unwrap_or(dir.as_os_str()).to_string_lossy();
            (name.into_owned(), parts.map(|part| data::load(dir, part)))
        }
    };
    let (training, test) = (training?, test?);
    let smallest = EncoderConfig::MIN_SIDE;
    ensure!(
        training.rows.min(training.columns) >= smallest,
        "the images of {name} have {} x {} pixels, but the encoder needs at least \
         {smallest} x {smallest}",
        training.rows,
        training.columns,
    );
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
