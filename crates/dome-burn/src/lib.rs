#![warn(missing_docs)]
#![doc = include_str!("../README.md")]

pub mod activation;
mod error;
pub mod functional;
pub mod head;
pub mod loss;
#[doc(hidden)]
pub mod op;
mod reference_points;
pub mod simplex;

pub use activation::{
    Activation, ActivationConfig, Dome, DomeConfig, MultiDome, MultiDomeConfig, PDome, PDomeConfig,
};
pub use error::InvalidConfig;
pub use head::{DomeHead, DomeHeadConfig, MultiDomeHead, MultiDomeHeadConfig};
pub use loss::{
    DomeBinaryCrossEntropyLoss, DomeBinaryCrossEntropyLossConfig, MultiDomeBrierLoss,
    MultiDomeBrierLossConfig, MultiDomeLoss, MultiDomeLossConfig, MultiDomeNllLoss,
    MultiDomeNllLossConfig,
};
pub use op::SIGMA_FLOOR;
pub use reference_points::{ReferencePoints, ReferencePointsConfig};
