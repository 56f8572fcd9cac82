//! DOME, PDOME, the loss of DOME and its log-odds: what is computed of each element by itself.

#[cfg(feature = "_fused")]
mod backend;
#[cfg(feature = "_fused")]
mod backward;
pub mod composed;
#[cfg(feature = "_cpu")]
mod cpu;
#[cfg(feature = "_cube")]
mod cube;
#[cfg(feature = "_fused")]
mod formula;
#[cfg(feature = "_fused")]
mod fused;
mod operation;
mod select;

pub(crate) use operation::Operation;
pub(crate) use select::elementwise;
pub use select::is_fused;
