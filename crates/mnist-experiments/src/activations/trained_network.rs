use super::TrainingMetrics;
use crate::train::{Epoch, LossPoint};

/// What is kept of a network that was trained.
pub(super) struct TrainedNetwork {
    pub metrics: TrainingMetrics,
    pub epochs: Vec<Epoch>,
    pub curve: Vec<LossPoint>,
}
