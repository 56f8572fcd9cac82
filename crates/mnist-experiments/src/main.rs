//! The experiments as one program, and the reports made from their folders.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use mnist_experiments::activations::{ActivationsArgs, ActivationsReportArgs};
use mnist_experiments::attack_args::AttackArgs;
use mnist_experiments::cli::{self, BinaryArgs, DigitsArgs, PlateauArgs};
use mnist_experiments::evaluate::EvaluateArgs;
use mnist_experiments::export::ExportArgs;
use mnist_experiments::ood_args::OodArgs;
use mnist_experiments::report::{RunFolder, Summary, markdown};
use mnist_experiments::report_page::ReportArgs;
use mnist_experiments::say;
use mnist_experiments::study::StudyArgs;

/// The embedding experiments of the DOME paper (arXiv 2109.14798)
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Binary(BinaryArgs),
    Digits(DigitsArgs),
    Activations(ActivationsArgs),
    ActivationsReport(ActivationsReportArgs),
    Plateau(PlateauArgs),
    Evaluate(EvaluateArgs),
    Export(ExportArgs),
    Attack(AttackArgs),
    Ood(OodArgs),
    Study(StudyArgs),
    Report(ReportArgs),
    /// Table in Markdown of runs that differ in their seed, means and standard deviations, or of one
    /// plateau experiment
    Summary {
        /// Folders of the runs
        #[arg(required = true)]
        runs: Vec<PathBuf>,
        /// Markdown file to put the table into, instead of printing it
        #[arg(long, value_name = "FILE", requires = "marker")]
        into: Option<PathBuf>,
        /// The table goes between the file's lines `<!-- NAME:begin -->` and `<!-- NAME:end -->`
        #[arg(long, value_name = "NAME", requires = "into")]
        marker: Option<String>,
    },
}

fn main() -> ExitCode {
    cli::main(|| run(Cli::parse()))
}

fn run(cli: Cli) -> Result<()> {
    match cli.command {
        Command::Binary(args) => args.run(),
        Command::Digits(args) => args.run(),
        Command::Activations(args) => args.run(),
        Command::ActivationsReport(args) => args.run(),
        Command::Plateau(args) => args.run(),
        Command::Evaluate(args) => args.run(),
        Command::Export(args) => args.run(),
        Command::Attack(args) => args.run(),
        Command::Ood(args) => args.run(),
        Command::Study(args) => args.run(),
        Command::Report(args) => args.run(),
        Command::Summary { runs, into, marker } => {
            let table = table(&runs)?;
            match into.zip(marker) {
                Some((file, marker)) => markdown::write_into(&file, &marker, &table)?,
                None => say!("{table}"),
            }
            Ok(())
        }
    }
}

/// The Markdown table of a summary.
fn table(runs: &[PathBuf]) -> Result<String> {
    if let [run] = runs
        && let Some(results) = RunFolder::open_complete(run)?.plateau()?
    {
        return Ok(results.markdown());
    }
    Ok(Summary::read(runs)?.markdown())
}
