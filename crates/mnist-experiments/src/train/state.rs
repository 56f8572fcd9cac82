use serde::{Deserialize, Serialize};

use super::{Epoch, LossPoint};

/// Where a training is: all that it takes to go on as if it had never stopped. What is drawn at random depends on the
/// seed and the number of the step alone.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// How far it is.
    pub position: Position,
    /// The model's record, the running state of its head in it.
    pub model: Vec<u8>,
    /// The optimizer's record.
    pub optimizer: Vec<u8>,
}

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
