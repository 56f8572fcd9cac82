//! Section 5 of the DOME paper: the ten MNIST digits under softmax and MultiDOME, in a
//! 9-dimensional embedding and in the plane.
//!
//! `cargo run --example mnist_digits -- --help`

use std::process::ExitCode;

use clap::Parser;
use mnist_experiments::cli::{self, DigitsArgs};
use mnist_experiments::console::OutputArgs;

#[derive(Parser)]
#[command(version, after_long_help = cli::EXIT_CODES)]
struct Cli {
    #[command(flatten)]
    args: DigitsArgs,
    #[command(flatten)]
    output: OutputArgs,
}

fn main() -> ExitCode {
    cli::main(|| {
        let Cli { args, output } = Cli::parse();
        output.apply();
        args.run()
    })
}
