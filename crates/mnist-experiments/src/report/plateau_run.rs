use std::fmt;

use serde::{Deserialize, Serialize};

use crate::head::HeadConfig;
use crate::measured::or_nan;
use crate::task::Task;

/// One training of a plateau experiment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlateauRun {
    /// What was learned.
    pub task: Task,
    /// The head.
    pub head: HeadConfig,
    /// Factor of the embedding layer's initial weights and biases.
    pub scale: f64,
    /// Whether mu and sigma were fitted to the first batch.
    pub calibrate: bool,
    /// Seed of weights and batches.
    pub seed: u64,
    /// Share of test images classified correctly.
    #[serde(deserialize_with = "or_nan")]
    pub test_accuracy: f64,
    /// Mean loss of the last epoch.
    #[serde(deserialize_with = "or_nan")]
    pub train_loss: f64,
}

impl fmt::Display for PlateauRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let calibrated = if self.calibrate { "" } else { "not " };
        write!(
            f,
            "{}  scale {}  {calibrated}calibrated  seed {}  loss {:.4}  test accuracy {:.2} %",
            self.head,
            self.scale,
            self.seed,
            self.train_loss,
            self.test_accuracy * 100.0,
        )
    }
}
