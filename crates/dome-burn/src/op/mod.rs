//! The operations underneath the modules.
//!
//! Public for this repository only: its tests and benchmarks measure the fused operations against
//! [`mod@reference`] and [`multi_dome`], and its experiments record an operation of theirs.

// Burn 0.22 deprecates the whole NdArray backend in favour of Flex.
#![cfg_attr(feature = "ndarray", allow(deprecated))]

#[cfg(feature = "_fused")]
mod autodiff;
mod broadcast;
mod class_loss;
#[cfg(feature = "_cpu")]
mod cpu;
#[cfg(feature = "_cube")]
mod cube;
#[cfg(feature = "_fused")]
mod extension;
#[cfg(feature = "_fused")]
mod fused;
mod gradient;
pub mod multi_dome;
#[cfg(feature = "_fused")]
mod multi_dome_autodiff;
#[cfg(feature = "_fused")]
mod multi_dome_extension;
pub mod reference;
pub(crate) mod running_sum;
mod select;
mod sigma;

#[cfg(feature = "_fused")]
pub use autodiff::{constants, record_with, register, retrieve, tracked};
pub(crate) use broadcast::{cast, check_channels, compute_dtype, dequantized, host_values};
pub(crate) use select::{
    Operation, elementwise, multi_dome_loss, multi_dome_order, multi_dome_scores,
};
pub use class_loss::{ClassLoss, MultiDomeLossKind};
pub use select::is_fused;
pub use sigma::SIGMA_FLOOR;
