//! The experiments as one program, and the reports made from their folders.

use std::process::ExitCode;

use anyhow::Result;
use clap::{CommandFactory, Parser, Subcommand};
use mnist_experiments::activations::{ActivationsArgs, ActivationsReportArgs};
use mnist_experiments::attack_args::AttackArgs;
use mnist_experiments::cli::{self, BinaryArgs, DigitsArgs, PlateauArgs};
use mnist_experiments::compare::CompareArgs;
use mnist_experiments::console::OutputArgs;
use mnist_experiments::devices::DevicesArgs;
use mnist_experiments::evaluate::EvaluateArgs;
use mnist_experiments::export::ExportArgs;
use mnist_experiments::ood_args::OodArgs;
use mnist_experiments::predict::PredictArgs;
use mnist_experiments::report_page::ReportArgs;
use mnist_experiments::shell::{CompletionsArgs, ManArgs};
use mnist_experiments::study::StudyArgs;

/// The embedding experiments of the DOME paper (arXiv 2109.14798)
///
/// Results go to standard output, progress and errors to standard error.
#[derive(Parser)]
#[command(name = "mnist-experiments", version, after_help = cli::EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Subcommand)]
enum Command {
    /// Train networks and compare their heads or activations
    #[command(after_help = TRAIN_EXAMPLE)]
    Train {
        #[command(subcommand)]
        task: Training,
    },
    Evaluate(EvaluateArgs),
    Ood(OodArgs),
    Attack(AttackArgs),
    Study(StudyArgs),
    #[command(alias = "summary")]
    Compare(CompareArgs),
    Report(ReportArgs),
    ActivationsReport(ActivationsReportArgs),
    Predict(PredictArgs),
    Export(ExportArgs),
    Devices(DevicesArgs),
    Completions(CompletionsArgs),
    Man(ManArgs),
    /// As `train` has them, for those who know these names.
    #[command(flatten)]
    Former(Former),
}

const TRAIN_EXAMPLE: &str = "Example:\n  mnist-experiments train binary --heads dome --epochs 1 \
    --limit-train 2000 --out runs/small";

#[derive(Subcommand)]
enum Training {
    Binary(BinaryArgs),
    Digits(DigitsArgs),
    Activations(ActivationsArgs),
    Plateau(PlateauArgs),
}

#[derive(Subcommand)]
enum Former {
    #[command(hide = true)]
    Binary(BinaryArgs),
    #[command(hide = true)]
    Digits(DigitsArgs),
    #[command(hide = true)]
    Activations(ActivationsArgs),
    #[command(hide = true)]
    Plateau(PlateauArgs),
}

fn main() -> ExitCode {
    cli::main(|| {
        let cli = Cli::parse();
        cli.output.apply();
        run(cli.command)
    })
}

fn run(command: Command) -> Result<()> {
    match command {
        Command::Train { task } => match task {
            Training::Binary(args) => args.run(),
            Training::Digits(args) => args.run(),
            Training::Activations(args) => args.run(),
            Training::Plateau(args) => args.run(),
        },
        Command::Former(former) => match former {
            Former::Binary(args) => args.run(),
            Former::Digits(args) => args.run(),
            Former::Activations(args) => args.run(),
            Former::Plateau(args) => args.run(),
        },
        Command::ActivationsReport(args) => args.run(),
        Command::Evaluate(args) => args.run(),
        Command::Export(args) => args.run(),
        Command::Attack(args) => args.run(),
        Command::Ood(args) => args.run(),
        Command::Study(args) => args.run(),
        Command::Compare(args) => args.run(),
        Command::Predict(args) => args.run(),
        Command::Devices(args) => args.run(),
        Command::Completions(args) => args.run(Cli::command()),
        Command::Man(args) => args.run(Cli::command()),
        Command::Report(args) => args.run(),
    }
}
