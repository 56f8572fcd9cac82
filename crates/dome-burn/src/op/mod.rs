//! The operations underneath the modules, by family, and in a family by who computes.
//!
//! Public for this repository only: its tests and benchmarks measure the fused operations against the composed
//! ones.

// Burn 0.22 deprecates the whole NdArray backend in favour of Flex.
#![cfg_attr(feature = "ndarray", allow(deprecated))]

#[cfg(feature = "_fused")]
mod autodiff;
mod broadcast;
pub mod elementwise;
#[cfg(feature = "_cube")]
mod gpu;
mod gradient;
#[cfg(feature = "_cpu")]
mod host;
#[cfg(feature = "_fused")]
mod kernels;
mod one_minus_exp;
mod sigma;
pub mod simplex;

pub(crate) use broadcast::{cast, check_channels, compute_dtype, dequantized, host_values};
pub use elementwise::is_fused;
pub use sigma::SIGMA_FLOOR;
pub use simplex::{ClassLoss, MultiDomeLossKind};
