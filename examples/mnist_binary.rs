//! Sections 3 and 4 of the DOME paper: even versus odd MNIST digits in a 2-D embedding, under
//! sigmoid, tanh, softmax and DOME output activations.
//!
//! `cargo run --example mnist_binary -- --help`

use std::process::ExitCode;

use clap::Parser;
use mnist_experiments::cli::{self, BinaryArgs};

#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(flatten)]
    args: BinaryArgs,
}

fn main() -> ExitCode {
    cli::main(|| Cli::parse().args.run())
}
