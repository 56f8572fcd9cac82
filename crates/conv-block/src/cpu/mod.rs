//! The computation on slices of numbers, without Burn: what the benchmark measures with one set of
//! instructions and another.

mod backward;
mod block;
mod correlation;
mod forward;
mod geometry;
mod gradients;
mod groups;
mod instructions;
mod maps;
mod pooling;
mod weight_gradient;

pub use block::Block;
pub(crate) use geometry::{KERNEL, POOL};
pub use gradients::Gradients;
pub use instructions::Instructions;
pub use maps::LANES;
pub use pooling::Winners;
