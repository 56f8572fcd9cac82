#![warn(missing_docs)]
#![doc = include_str!("../README.md")]

pub mod activation;
mod error;
pub mod functional;
pub mod loss;
mod op;

pub use activation::{Activation, ActivationConfig, Dome, DomeConfig, PDome, PDomeConfig};
pub use error::InvalidConfig;
pub use loss::{DomeBinaryCrossEntropyLoss, DomeBinaryCrossEntropyLossConfig};
pub use op::SIGMA_FLOOR;
