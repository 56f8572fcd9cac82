//! What the models of a finished run make of pictures that people bring.

mod anchors;
mod args;
mod picture;
mod prepared;
mod spread;
mod verdict;

pub use args::PredictArgs;
