use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What one pass over the training images came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    /// From 1.
    pub epoch: usize,
    /// Mean loss of the images, each measured before the step that it took part in.
    pub train_loss: f64,
    /// Share of them classified correctly, likewise.
    pub train_accuracy: f64,
    /// Wall-clock time.
    pub seconds: f64,
    /// Throughput.
    pub images_per_second: f64,
}

impl Epoch {
    /// An epoch over so many images, of this mean loss and accuracy.
    pub(crate) fn new(
        epoch: usize,
        images: usize,
        (train_loss, train_accuracy): (f64, f64),
        time: Duration,
    ) -> Self {
        let seconds = time.as_secs_f64();
        Self {
            epoch,
            train_loss,
            train_accuracy,
            seconds,
            images_per_second: images as f64 / seconds,
        }
    }
}
