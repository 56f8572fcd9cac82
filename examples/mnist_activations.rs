//! Activations between the layers of a network, ReLU and its kin, sine, Maxout, a learned spline
//! and PDOME, in the same small networks on MNIST.
//!
//! `cargo run --example mnist_activations -- --help`

use std::process::ExitCode;

use clap::Parser;
use mnist_experiments::activations::ActivationsArgs;
use mnist_experiments::cli;
use mnist_experiments::console::OutputArgs;

#[derive(Parser)]
#[command(version, after_long_help = cli::EXIT_CODES)]
struct Cli {
    #[command(flatten)]
    args: ActivationsArgs,
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
