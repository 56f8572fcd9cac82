use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use super::{Tally, TrainError};

/// A point of a loss curve.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LossPoint {
    /// Images that the training has seen.
    pub images: usize,
    /// Mean loss of those since the last point, each before its step.
    pub loss: f64,
}

/// The course of the loss, finer than epochs.
pub(super) struct LossCurve {
    pub points: Vec<LossPoint>,
    /// Since the last point.
    pub recent: Tally,
}

impl LossCurve {
    pub fn new(device: &Device) -> Self {
        Self {
            points: Vec::new(),
            recent: Tally::new(device),
        }
    }

    /// Ends a point, and adds its sums to the epoch's.
    pub fn end_point(&mut self, total: &mut Tally, device: &Device) -> Result<(), TrainError> {
        let (loss, _) = self.recent.means()?;
        let before = self.points.last().map_or(0, |point| point.images);
        let images = before + self.recent.images;
        self.points.push(LossPoint { images, loss });
        total.merge(&self.recent);
        self.recent = Tally::new(device);
        Ok(())
    }
}
