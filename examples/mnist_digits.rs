//! Section 5 of the DOME paper: the ten MNIST digits under softmax and MultiDOME, in a
//! 9-dimensional embedding and in the plane.
//!
//! `cargo run --example mnist_digits -- --help`

use std::process::ExitCode;

use clap::Parser;
use mnist_experiments::cli::{self, DigitsArgs};

#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(flatten)]
    args: DigitsArgs,
}

fn main() -> ExitCode {
    cli::main(|| Cli::parse().args.run())
}
