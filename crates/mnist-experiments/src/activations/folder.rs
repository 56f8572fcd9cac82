use std::path::{Path, PathBuf};

use super::runner::Trained;
use super::{ActivationKind, ActivationsExperiment, ActivationsMetrics, LossPoint, NetworkKind};
use crate::report::{Folder, RunError};

/// The folder of a comparison of activations: its configuration, written before it starts, and its
/// results.
///
/// | file | what |
/// |---|---|
/// | `config.json` | the [`ActivationsExperiment`] |
/// | `metrics.json` | [`ActivationsMetrics`] |
/// | `epochs.csv` | one line a training and epoch |
/// | `losses.csv` | one line a training and [`LossPoint`] |
/// | `losses.svg`, `losses.png` | the figure |
#[derive(Debug, Clone)]
pub struct ActivationsFolder {
    folder: Folder,
}

/// A line of `losses.csv`.
pub(super) type LossRow = (NetworkKind, ActivationKind, u64, LossPoint);

/// What a run writes besides `config.json`.
const RESULTS: [&str; 5] = [
    "metrics.json",
    "epochs.csv",
    "losses.csv",
    "losses.svg",
    "losses.png",
];

impl ActivationsFolder {
    /// Prepares `path` for a run and writes its configuration. An earlier run of the same
    /// configuration is replaced; anything else only with `force`.
    ///
    /// # Errors
    ///
    /// If the folder holds something else, or cannot be written.
    pub fn create(
        path: &Path,
        experiment: &ActivationsExperiment,
        force: bool,
    ) -> Result<Self, RunError> {
        let results = RESULTS.map(PathBuf::from);
        let folder = Folder::create(path, experiment, results, force)?;
        Ok(Self { folder })
    }

    /// The folder of a run that ended.
    pub fn open(path: &Path) -> Self {
        let folder = Folder::open(path);
        Self { folder }
    }

    /// Path of a file in the folder.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.file(name)
    }

    /// Reads `metrics.json`.
    ///
    /// # Errors
    ///
    /// If it is missing or damaged.
    pub fn metrics(&self) -> Result<ActivationsMetrics, RunError> {
        self.folder.read_json("metrics.json")
    }

    pub(super) fn write_metrics(&self, metrics: &ActivationsMetrics) -> Result<(), RunError> {
        self.folder.write_json("metrics.json", metrics)
    }

    /// Writes `epochs.csv` and `losses.csv`.
    pub(super) fn write_curves<'a>(
        &self,
        trained: impl Iterator<Item = &'a Trained> + Clone,
    ) -> Result<(), RunError> {
        self.folder.write_csv("epochs.csv", |file| {
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
            for training in trained.clone() {
                let m = &training.metrics;
                for epoch in &training.epochs {
                    file.serialize((m.network, m.activation, m.seed, epoch))?;
                }
            }
            Ok(())
        })?;
        self.folder.write_csv("losses.csv", |file| {
            file.write_record(["network", "activation", "seed", "images", "loss"])?;
            for training in trained.clone() {
                let m = &training.metrics;
                for point in &training.losses {
                    file.serialize((m.network, m.activation, m.seed, point))?;
                }
            }
            Ok(())
        })
    }

    /// Reads `losses.csv`.
    pub(super) fn losses(&self) -> Result<Vec<LossRow>, RunError> {
        self.folder
            .read_csv("losses.csv", |record| record.deserialize(None))
    }
}
