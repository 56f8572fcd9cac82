//! Checkpoints: the states of trainings in the folder of a run that is not complete, so that it can be gone on with.

mod checkpoints;
mod file;
mod pace;

pub(crate) use checkpoints::{Checkpoints, Keeping};
