//! Sections 3 and 4 of the DOME paper: even versus odd MNIST digits in a 2-D embedding, under
//! sigmoid, tanh, softmax and DOME output activations.
//!
//! `cargo run --example mnist_binary -- --help`

use std::process::ExitCode;

use clap::Parser;
use mnist_experiments::cli::{self, BinaryArgs};
use mnist_experiments::console::OutputArgs;

#[derive(Parser)]
#[command(version, after_long_help = cli::EXIT_CODES)]
struct Cli {
    #[command(flatten)]
    args: BinaryArgs,
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
