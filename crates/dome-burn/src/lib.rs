#![warn(missing_docs)]
#![doc = include_str!("../README.md")]

pub mod activation;
mod error;
pub mod functional;
pub mod head;
pub mod loss;
mod numbers;
#[doc(hidden)]
pub mod op;
mod reference_points;

pub use activation::{
    Activation, ActivationConfig, Dome, DomeConfig, MultiDome, MultiDomeConfig, PDome, PDomeConfig,
};
pub use error::InvalidConfig;
pub use head::{DomeHead, DomeHeadConfig, MultiDomeHead, MultiDomeHeadConfig, Projection};
pub use loss::{
    DomeBinaryCrossEntropyLoss, DomeBinaryCrossEntropyLossConfig, MultiDomeLoss,
    MultiDomeLossConfig, MultiDomeLossKind,
};
pub use op::SIGMA_FLOOR;
pub use reference_points::{ReferencePoints, ReferencePointsConfig, simplex};
