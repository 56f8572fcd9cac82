use std::path::{Path, PathBuf};

use super::trained::Trained;
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

impl ActivationsFolder {
    /// Prepares a run whose results shall be in `path`, and writes its configuration. An earlier run of the same
    /// configuration is replaced when this one is [complete](Self::finish); anything else only with `force`.
    ///
    /// # Errors
    ///
    /// If the folder holds something else, another run is at work for it, or it cannot be written.
    pub fn create(
        path: &Path,
        experiment: &ActivationsExperiment,
        force: bool,
    ) -> Result<Self, RunError> {
        let folder = Folder::create(path, experiment, force)?;
        Ok(Self { folder })
    }

    /// The folder of a run, complete or not.
    pub fn open(path: &Path) -> Self {
        let folder = Folder::open(path);
        Self { folder }
    }

    /// The folder of a run that is complete.
    ///
    /// # Errors
    ///
    /// If it goes on, or did not end.
    pub fn open_complete(path: &Path) -> Result<Self, RunError> {
        let folder = Folder::open_complete(path)?;
        Ok(Self { folder })
    }

    /// Puts the complete run into its place. Until then it is in a folder beside it, `NAME.unfinished`, and what
    /// was in its place stays.
    ///
    /// # Errors
    ///
    /// If that cannot be done.
    pub fn finish(&self) -> Result<(), RunError> {
        self.folder.finish()
    }

    /// Where its files are now.
    pub fn path(&self) -> &Path {
        self.folder.path()
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
