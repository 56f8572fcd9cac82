//! The embedding experiments of the DOME paper ([arXiv 2109.14798](https://arxiv.org/abs/2109.14798))
//! on MNIST-format data: training, evaluation, and reports.
//!
//! Data flows one way: [`data`] -> [`task`] (classes) -> [`model`] (encoder, embedding) -> [`head`] (scores, loss) ->
//! [`eval`] -> [`report`] (tables, [figures](plot)), which reads only what the earlier stages wrote to a run's folder.
//! A finished run can be [opened again](run). An [`experiment`] is one serialisable value; [`cli`] makes it from command-line arguments.
//!
//! [`activations`] compares activations between the layers instead.

#![warn(missing_docs)]

pub mod activations;
pub mod allocator;
pub mod attack;
pub mod attack_args;
mod checkpoint;
pub mod cli;
mod common_args;
pub mod compare;
mod config_file;
pub mod console;
pub mod data;
pub mod device;
pub mod devices;
pub mod eval;
pub mod evaluate;
pub mod experiment;
mod experiment_data;
pub mod export;
mod generator;
pub mod head;
mod measured;
pub mod model;
mod npy;
pub mod ood;
pub mod ood_args;
pub mod plateau;
pub mod plot;
pub mod predict;
mod queue;
pub mod report;
pub mod report_page;
mod resume;
mod rows;
pub mod run;
pub mod runner;
pub mod shell;
pub mod stop;
pub mod study;
pub mod task;
pub mod train;
