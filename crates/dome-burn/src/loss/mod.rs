//! Losses, computed in the log domain.

mod dome_binary_cross_entropy;

pub use dome_binary_cross_entropy::{DomeBinaryCrossEntropyLoss, DomeBinaryCrossEntropyLossConfig};
