use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use super::{
    ActivationKind, ActivationsData, ActivationsExperiment, NetworkConfig, NetworkKind,
    checkpoint_name, draw_losses, markdown_tables, run_or_stop, terminal_tables,
};
use crate::cli;
use crate::common_args::CommonArgs;
use crate::report::{RunFolder, markdown};
use crate::resume::{ResumeArgs, Stopped};
use crate::say;

/// Train and compare activations between the layers of small networks, on ten digits.
///
/// Each activation gets the same networks, seeds, batches and learning rate, and weights with the
/// gain that its literature asks for. Results go to a folder: configuration, metrics, epochs, loss
/// curves, and a figure.
#[derive(Args, Debug, Clone)]
#[command(
    after_help = "Example:\n  mnist-experiments train activations --activations relu,pdome \
    --networks mlp --epochs 1 --limit-train 1000 --out runs/few"
)]
pub struct ActivationsArgs {
    /// Networks to train, in this order
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = NetworkKind::DEFAULT)]
    networks: Vec<NetworkKind>,
    /// Activations to compare, in this order
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = ActivationKind::ALL)]
    activations: Vec<ActivationKind>,
    /// Passes over the training images
    #[arg(long, default_value_t = ActivationsExperiment::default().epochs)]
    epochs: usize,
    /// Seeds of the initial weights and of the order of the images, one training each; tables show
    /// mean and standard deviation
    #[arg(long, value_delimiter = ',', default_values_t = ActivationsExperiment::default().seeds)]
    seeds: Vec<u64>,
    /// Images a step
    #[arg(long, default_value_t = ActivationsExperiment::default().batch_size)]
    batch_size: usize,
    /// Adam's learning rate at the first step; it falls to 0 along a cosine
    #[arg(long, default_value_t = ActivationsExperiment::default().learning_rate)]
    learning_rate: f64,
    /// Folder for the results
    #[arg(long, value_name = "DIR", default_value = "runs/mnist_activations")]
    out: PathBuf,
    #[command(flatten)]
    resume: ResumeArgs,
    #[command(flatten)]
    common: CommonArgs,
}

impl ActivationsArgs {
    /// Runs the experiment and prints its tables.
    ///
    /// # Errors
    ///
    /// If an argument is out of range, the data or the device cannot be used, the folder holds
    /// another run or cannot be written, or all trainings diverge;
    /// if some do, when all results are there.
    pub fn run(self) -> Result<()> {
        let experiment = ActivationsExperiment {
            data: self.common.data.clone().unwrap_or_default(),
            device: self.common.device.unwrap_or_default(),
            networks: self.networks,
            activations: self.activations,
            epochs: self.epochs,
            batch_size: self.batch_size,
            learning_rate: self.learning_rate,
            seeds: self.seeds,
            limit_train: self.common.limit_train,
            evaluate_on: self.common.evaluate_on.unwrap_or_default(),
        };
        experiment.validate()?;
        let device = self.common.open(experiment.device)?;
        let selection = experiment.selection();
        let smallest = NetworkConfig::MIN_SIDE;
        let set = cli::load(&experiment.data, &selection, "the networks need", smallest)?;
        let force = self.common.force;
        let Some(folder) = self.resume.folder(&self.out, &experiment, force)? else {
            let metrics = RunFolder::open_complete(&self.out)?.activations_metrics()?;
            say!("{}", terminal_tables(&metrics).trim_end());
            return cli::check_failures(&metrics.failed, metrics.trainings.len());
        };

        let keeping = self.resume.keeping(set.training.checksum())?;
        let data = ActivationsData::new(set);
        let jobs = self.common.jobs(experiment.device);
        let metrics = run_or_stop(&experiment, &data, &device, jobs, &folder, Some(&keeping))
            .map_err(|error| match error.is_stop() {
                true => Stopped::new(&keeping.stop).into(),
                false => cli::ended_early(error, folder.path()),
            })?;
        let figure =
            draw_losses(&folder).map_err(|error| cli::ended_early(error, folder.path()))?;
        let failed = metrics.failed.iter();
        let failed: Vec<String> = failed.map(|f| checkpoint_name(&f.training)).collect();
        folder.remove_checkpoints(&failed)?;
        folder.finish()?;
        say!("{}", terminal_tables(&metrics).trim_end());
        cli::print_figure(&figure, &self.out);
        say!("results  {}", self.out.display());
        cli::check_failures(&metrics.failed, metrics.trainings.len())
    }
}

/// Make tables and figure of a finished comparison of activations again, from the files in its
/// folder.
#[derive(Args, Debug, Clone)]
#[command(after_help = "Example:\n  mnist-experiments activations-report runs/few")]
pub struct ActivationsReportArgs {
    /// Folder of the run
    run: PathBuf,
    /// Markdown file to put the tables into, instead of printing them
    #[arg(long, value_name = "FILE", requires = "marker")]
    into: Option<PathBuf>,
    /// The tables go between the file's lines `<!-- NAME:begin -->` and `<!-- NAME:end -->`
    #[arg(long, value_name = "NAME", requires = "into")]
    marker: Option<String>,
}

impl ActivationsReportArgs {
    /// Makes the report.
    ///
    /// # Errors
    ///
    /// If a result is missing or damaged, or a file cannot be written.
    pub fn run(self) -> Result<()> {
        let folder = RunFolder::open_complete(&self.run)?;
        let metrics = folder.activations_metrics()?;
        match self.into.zip(self.marker) {
            Some((file, marker)) => {
                markdown::write_into(&file, &marker, &markdown_tables(&metrics))?
            }
            None => say!("{}", terminal_tables(&metrics).trim_end()),
        }
        let [svg, png] = draw_losses(&folder)?;
        say!("{}\n{}", svg.display(), png.display());
        Ok(())
    }
}
