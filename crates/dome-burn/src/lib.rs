#![warn(missing_docs)]
#![doc = include_str!("../README.md")]

pub mod activation;
mod error;
pub mod functional;
pub mod loss;
#[doc(hidden)]
pub mod op;

pub use activation::{Dome, DomeConfig, PDome, PDomeConfig};
pub use error::InvalidConfig;
pub use loss::{DomeBinaryCrossEntropyLoss, DomeBinaryCrossEntropyLossConfig};
pub use op::SIGMA_FLOOR;
