use serde::{Deserialize, Serialize};

/// Sums over images, of single precision.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Sums {
    /// How many images.
    pub images: usize,
    /// The sum of their losses.
    pub loss: f64,
    /// How many of them are classified correctly.
    pub correct: f64,
}
