use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::runner::Trained;
use super::{ActivationKind, ActivationsExperiment, ActivationsMetrics, LossPoint, NetworkKind};
use crate::report::RunError;

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
    path: PathBuf,
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
        let folder = Self { path: path.into() };
        if !force {
            folder.check_vacant(experiment)?;
        }
        fs::create_dir_all(path).map_err(|error| file_error("write", path, error))?;
        // Stale results beside a new configuration would lie about where they come from.
        for file in RESULTS.map(|name| folder.file(name)) {
            match fs::remove_file(&file) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(file_error("remove", &file, error));
                }
                _ => {}
            }
        }
        folder.write_json("config.json", experiment)?;
        Ok(folder)
    }

    /// The folder of a run that ended.
    pub fn open(path: &Path) -> Self {
        Self { path: path.into() }
    }

    /// Path of a file in the folder.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Reads `metrics.json`.
    ///
    /// # Errors
    ///
    /// If it is missing or damaged.
    pub fn metrics(&self) -> Result<ActivationsMetrics, RunError> {
        self.read_json("metrics.json")
    }

    pub(super) fn write_metrics(&self, metrics: &ActivationsMetrics) -> Result<(), RunError> {
        self.write_json("metrics.json", metrics)
    }

    /// Writes `epochs.csv` and `losses.csv`.
    pub(super) fn write_curves<'a>(
        &self,
        trained: impl Iterator<Item = &'a Trained> + Clone,
    ) -> Result<(), RunError> {
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
            for training in trained.clone() {
                let m = &training.metrics;
                for epoch in &training.epochs {
                    file.serialize((m.network, m.activation, m.seed, epoch))?;
                }
            }
            Ok(())
        })?;
        self.write_csv("losses.csv", |file| {
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
        let path = self.file("losses.csv");
        let read = || -> Result<Vec<LossRow>, csv::Error> {
            let mut file = csv::ReaderBuilder::new()
                .has_headers(false)
                .from_path(&path)?;
            file.records()
                .skip(1)
                .map(|record| record?.deserialize(None))
                .collect()
        };
        read().map_err(|error| file_error("read", &path, error))
    }

    fn check_vacant(&self, experiment: &ActivationsExperiment) -> Result<(), RunError> {
        let Ok(mut entries) = fs::read_dir(&self.path) else {
            return Ok(());
        };
        let config = self.file("config.json");
        let path = self.path.clone();
        if !config.exists() {
            return match entries.next() {
                Some(_) => Err(RunError::Occupied { path }),
                None => Ok(()),
            };
        }
        let there: Value = self.read_json("config.json")?;
        let here = serde_json::to_value(experiment).map_err(|e| file_error("write", &config, e))?;
        let keys = here.as_object().into_iter().flat_map(|map| map.keys());
        let differs = |key: &&String| there.get(*key) != here.get(*key);
        match keys.into_iter().find(differs) {
            None => Ok(()),
            Some(key) => {
                let there = there.get(key).map_or("nothing".into(), Value::to_string);
                let difference = format!("{key} is {there} there, {} now", here[key]);
                Err(RunError::OtherRun { path, difference })
            }
        }
    }

    fn write_csv(
        &self,
        name: &str,
        rows: impl Fn(&mut csv::Writer<fs::File>) -> Result<(), csv::Error>,
    ) -> Result<(), RunError> {
        let path = self.file(name);
        let write = || -> Result<(), csv::Error> {
            let mut file = csv::WriterBuilder::new()
                .has_headers(false)
                .from_path(&path)?;
            rows(&mut file)?;
            Ok(file.flush()?)
        };
        write().map_err(|error| file_error("write", &path, error))
    }

    fn write_json(&self, name: &str, value: &impl Serialize) -> Result<(), RunError> {
        let path = self.file(name);
        let json =
            serde_json::to_string_pretty(value).map_err(|e| file_error("write", &path, e))?;
        fs::write(&path, json + "\n").map_err(|error| file_error("write", &path, error))
    }

    fn read_json<T: DeserializeOwned>(&self, name: &str) -> Result<T, RunError> {
        let path = self.file(name);
        let text = fs::read_to_string(&path).map_err(|error| file_error("read", &path, error))?;
        serde_json::from_str(&text).map_err(|error| file_error("read", &path, error))
    }
}

fn file_error(verb: &'static str, path: &Path, reason: impl ToString) -> RunError {
    RunError::File {
        verb,
        path: path.into(),
        reason: reason.to_string(),
    }
}
