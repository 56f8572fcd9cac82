//! MultiDome: its scores, probabilities and losses, on the simplex with kernels, of other points composed.

#[cfg(feature = "_fused")]
mod backend;
#[cfg(feature = "_fused")]
mod backward;
mod class_loss;
pub mod composed;
#[cfg(feature = "_cpu")]
mod cpu;
#[cfg(feature = "_cube")]
mod cube;
#[cfg(feature = "_fused")]
mod fused;
mod select;

pub use class_loss::{ClassLoss, MultiDomeLossKind};
pub(crate) use select::{loss_of_classes, order, scores};
