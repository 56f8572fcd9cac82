use super::{ActivationKind, ActivationsMetrics, NetworkKind, TrainedNetwork};
use crate::report::{RunError, RunFolder};
use crate::train::LossPoint;

/// A line of `losses.csv`.
pub(super) type LossRow = (NetworkKind, ActivationKind, u64, LossPoint);

/// The files of a comparison of activations.
impl RunFolder {
    /// Reads `metrics.json` of a comparison of activations.
    ///
    /// # Errors
    ///
    /// If it is missing or damaged.
    pub fn activations_metrics(&self) -> Result<ActivationsMetrics, RunError> {
        self.read_json("metrics.json")
    }

    pub(super) fn write_activations_metrics(
        &self,
        metrics: &ActivationsMetrics,
    ) -> Result<(), RunError> {
        self.write_json("metrics.json", metrics)
    }

    /// Writes `epochs.csv` and `losses.csv`.
    pub(super) fn write_curves(&self, trained: &[&TrainedNetwork]) -> Result<(), RunError> {
        self.write_csv("epochs.csv", |file| {
            file.write_record([
                "network",
                "activation",
                "seed",
                "epoch",
                "train_loss",
                "train_accuracy",
                "seconds",
                "images_per_second",
            ])?;
            for training in trained {
                let m = &training.metrics;
                for epoch in &training.epochs {
                    file.serialize((m.network, m.activation, m.seed, epoch))?;
                }
            }
            Ok(())
        })?;
        self.write_csv("losses.csv", |file| {
            file.write_record(["network", "activation", "seed", "images", "loss"])?;
            for training in trained {
                let m = &training.metrics;
                for point in &training.curve {
                    file.serialize((m.network, m.activation, m.seed, point))?;
                }
            }
            Ok(())
        })
    }

    /// Reads `losses.csv`.
    pub(super) fn losses(&self) -> Result<Vec<LossRow>, RunError> {
        self.read_csv("losses.csv", |record| record.deserialize(None))
    }
}
