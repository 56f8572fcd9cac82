//! Losses, computed in the log domain.

mod class_indices;
mod dome_binary_cross_entropy;
mod multi_dome;
mod multi_dome_brier;
mod multi_dome_nll;
mod validate;

pub use dome_binary_cross_entropy::{DomeBinaryCrossEntropyLoss, DomeBinaryCrossEntropyLossConfig};
pub use multi_dome::{MultiDomeLoss, MultiDomeLossConfig};
pub use multi_dome_brier::{MultiDomeBrierLoss, MultiDomeBrierLossConfig};
pub use multi_dome_nll::{MultiDomeNllLoss, MultiDomeNllLossConfig};
