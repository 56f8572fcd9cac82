use super::{LossPoint, TrainingMetrics};
use crate::train::Epoch;

/// A training that ended.
pub(super) struct Trained {
    pub metrics: TrainingMetrics,
    pub epochs: Vec<Epoch>,
    pub losses: Vec<LossPoint>,
}
