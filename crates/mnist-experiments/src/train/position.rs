use serde::{Deserialize, Serialize};

use super::{Epoch, LossPoint, Sums};

/// How far a training is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Position {
    /// Steps taken.
    pub steps: usize,
    /// The epochs that ended.
    pub epochs: Vec<Epoch>,
    /// Sums over the images of the epoch so far.
    pub tally: Sums,
    /// The course of the loss and the sums since its last point, if it is kept.
    pub curve: Option<(Vec<LossPoint>, Sums)>,
    /// Seconds that the epoch took so far.
    pub seconds: f64,
}
