//! The embedding experiments of the DOME paper ([arXiv 2109.14798](https://arxiv.org/abs/2109.14798))
//! on MNIST-format data: training, evaluation, and reports.
//!
//! Data flows one way: [`data`] -> [`task`] (classes) -> [`model`] (encoder, embedding) -> [`head`] (scores, loss) ->
//! [`eval`] -> [`report`], which reads only what the earlier stages wrote to a run's folder.
//! An [`experiment`] is one serialisable value; [`cli`] makes it from command-line arguments.
//!
//! [`activations`] compares activations between the layers instead.

#![warn(missing_docs)]

pub mod activations;
pub mod cli;
pub mod data;
pub mod device;
pub mod eval;
pub mod experiment;
mod generator;
pub mod head;
mod measured;
pub mod model;
mod parallel;
pub mod plateau;
pub mod report;
pub mod runner;
pub mod task;
pub mod train;

/// Of every program with this crate in it. A training frees buffers of megabytes in each step, which
/// glibc's allocator returns to the system and fetches again with a page fault every 4 KiB; this one
/// keeps them for the next step.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
