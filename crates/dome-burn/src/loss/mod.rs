//! Losses, computed in the log domain.

mod dome_binary_cross_entropy;
mod labels;
mod multi_dome;
mod validate;

pub use dome_binary_cross_entropy::{DomeBinaryCrossEntropyLoss, DomeBinaryCrossEntropyLossConfig};
pub use multi_dome::{MultiDomeLoss, MultiDomeLossConfig};

pub use crate::op::MultiDomeLossKind;
