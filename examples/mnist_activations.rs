//! Activations between the layers of a network, ReLU and its kin, sine, Maxout, a learned spline
//! and PDOME, in the same small networks on MNIST.
//!
//! `cargo run --example mnist_activations -- --help`

use std::process::ExitCode;

use clap::Parser;
use mnist_experiments::activations::ActivationsArgs;
use mnist_experiments::cli;

#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(flatten)]
    args: ActivationsArgs,
}

fn main() -> ExitCode {
    cli::main(|| Cli::parse().args.run())
}
