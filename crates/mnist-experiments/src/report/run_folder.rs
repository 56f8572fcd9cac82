use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{EmbeddingRow, Metrics, PlateauResults};
use crate::eval::Plane;
use crate::head::HeadKind;
use crate::train::Epoch;

/// The folder of a run: its configuration, written before it starts, and its results.
///
/// | file | what |
/// |---|---|
/// | `config.json` | the experiment |
/// | `metrics.json` | [`Metrics`] |
/// | `epochs.csv` | one line a head and epoch |
/// | `embedding.csv` | one line a head and test image, see [`EmbeddingRow`] |
/// | `plane.json` | each head's probabilities over its 2-D embedding, see [`Plane`] |
/// | `reference_points.json` | where heads place the classes, if any do |
/// | `models/<head>.bpk` | the trained models, Burn's burnpack format |
/// | `embedding.svg`, `embedding.png` | the 2-D embeddings |
/// | `projection.svg`, `projection.png` | larger ones of more than two classes, projected to a plane |
/// | `distances.svg`, `distances.png` | the distances of their centroids |
///
/// That of a plateau experiment has `config.json` and `plateau.json`, [`PlateauResults`].
#[derive(Debug, Clone)]
pub struct RunFolder {
    path: PathBuf,
}

/// For each head the reference points of its classes.
pub type ReferencePoints = BTreeMap<String, Vec<Vec<f32>>>;

/// What is wrong with a run's folder; every message names the file.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The folder holds another run.
    #[error(
        "{} holds a run with another configuration ({difference}): choose another folder with \
         --out, or replace the run with --force",
        path.display()
    )]
    OtherRun {
        /// The folder.
        path: PathBuf,
        /// What differs.
        difference: String,
    },
    /// The folder holds something, but no run.
    #[error(
        "{} is not empty and holds no run (no config.json): choose another folder with --out, or \
         add a run to it with --force",
        path.display()
    )]
    Occupied {
        /// The folder.
        path: PathBuf,
    },
    /// A file cannot be read or written.
    #[error("cannot {verb} {}: {reason}", path.display())]
    File {
        /// `read`, `write` or `remove`.
        verb: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

impl RunFolder {
    /// Prepares `path` for a run and writes its configuration. An earlier run of the same
    /// configuration is replaced; anything else only with `force`.
    ///
    /// # Errors
    ///
    /// If the folder holds something else, or cannot be written.
    pub fn create(path: &Path, config: &impl Serialize, force: bool) -> Result<Self, RunError> {
        let folder = Self { path: path.into() };
        if !force {
            folder.check_vacant(config)?;
        }
        let write_error = |error| file_error("write", path, error);
        fs::create_dir_all(path).map_err(write_error)?;
        // Stale results beside a new configuration would lie about where they come from.
        for name in RESULTS {
            folder.remove(&folder.file(name))?;
        }
        for head in HeadKind::ALL {
            folder.remove(&folder.model_file(head))?;
        }
        folder.write_json("config.json", config)?;
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

    /// Makes the folder of the models.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn create_models(&self) -> Result<(), RunError> {
        let models = self.file("models");
        fs::create_dir_all(&models).map_err(|error| file_error("write", &models, error))
    }

    /// Path of a head's trained model.
    pub fn model_file(&self, head: HeadKind) -> PathBuf {
        self.file("models").join(format!("{}.bpk", head.name()))
    }

    /// Writes `metrics.json`.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn write_metrics(&self, metrics: &Metrics) -> Result<(), RunError> {
        self.write_json("metrics.json", metrics)
    }

    /// Reads `metrics.json`.
    ///
    /// # Errors
    ///
    /// If it is missing or damaged.
    pub fn metrics(&self) -> Result<Metrics, RunError> {
        self.read_json("metrics.json")
    }

    /// Writes `plateau.json`.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn write_plateau(&self, results: &PlateauResults) -> Result<(), RunError> {
        self.write_json("plateau.json", results)
    }

    /// Reads `plateau.json`; `None` in the folder of another experiment.
    ///
    /// # Errors
    ///
    /// If it is damaged.
    pub fn plateau(&self) -> Result<Option<PlateauResults>, RunError> {
        match self.file("plateau.json").exists() {
            true => self.read_json("plateau.json").map(Some),
            false => Ok(None),
        }
    }

    /// Writes `epochs.csv`.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn write_epochs(&self, runs: &[(HeadKind, Vec<Epoch>)]) -> Result<(), RunError> {
        let path = self.file("epochs.csv");
        let write = || -> Result<(), csv::Error> {
            let mut file = csv::Writer::from_path(&path)?;
            let header = [
                "head",
                "epoch",
                "train_loss",
                "train_accuracy",
                "seconds",
                "images_per_second",
            ];
            file.write_record(header)?;
            for (head, epochs) in runs {
                for e in epochs {
                    file.serialize((
                        head,
                        e.epoch,
                        e.train_loss,
                        e.train_accuracy,
                        e.seconds,
                        e.images_per_second,
                    ))?;
                }
            }
            Ok(file.flush()?)
        };
        write().map_err(|error| file_error("write", &path, error))
    }

    /// Writes `embedding.csv`: as many coordinates as the largest embedding has, empty in the lines
    /// of smaller ones.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn write_embeddings(&self, rows: &[EmbeddingRow]) -> Result<(), RunError> {
        let path = self.file("embedding.csv");
        let dim = rows
            .iter()
            .map(|row| row.embedding.len())
            .max()
            .unwrap_or(0);
        let write = || -> Result<(), csv::Error> {
            let mut file = csv::WriterBuilder::new()
                .has_headers(false)
                .from_path(&path)?;
            file.write_record(EmbeddingRow::header(dim))?;
            for row in rows {
                let empty = vec![None::<f32>; dim - row.embedding.len()];
                file.serialize((row, empty))?;
            }
            Ok(file.flush()?)
        };
        write().map_err(|error| file_error("write", &path, error))
    }

    /// Reads `embedding.csv`.
    ///
    /// # Errors
    ///
    /// If it is missing or damaged.
    pub fn embeddings(&self) -> Result<Vec<EmbeddingRow>, RunError> {
        let path = self.file("embedding.csv");
        let read = || -> Result<Vec<EmbeddingRow>, csv::Error> {
            let mut file = csv::ReaderBuilder::new()
                .has_headers(false)
                .from_path(&path)?;
            file.records()
                .skip(1)
                .map(|record| {
                    let mut record = record?;
                    let filled = record.iter().filter(|field| !field.is_empty()).count();
                    record.truncate(filled);
                    record.deserialize(None)
                })
                .collect()
        };
        read().map_err(|error| file_error("read", &path, error))
    }

    /// Writes `plane.json`, by head.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn write_planes(&self, planes: &BTreeMap<String, Plane>) -> Result<(), RunError> {
        let path = self.file("plane.json");
        // Not pretty-printed: one number a line would make it six times as long.
        let json = serde_json::to_string(planes).map_err(|e| file_error("write", &path, e))?;
        fs::write(&path, json + "\n").map_err(|error| file_error("write", &path, error))
    }

    /// Reads `plane.json`.
    ///
    /// # Errors
    ///
    /// If it is missing or damaged.
    pub fn planes(&self) -> Result<BTreeMap<String, Plane>, RunError> {
        self.read_json("plane.json")
    }

    /// Writes `reference_points.json`, by head; no file if there are none.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn write_reference_points(&self, points: &ReferencePoints) -> Result<(), RunError> {
        match points.is_empty() {
            true => Ok(()),
            false => self.write_json("reference_points.json", points),
        }
    }

    /// Reads `reference_points.json`; nothing if there is no such file.
    ///
    /// # Errors
    ///
    /// If it is damaged.
    pub fn reference_points(&self) -> Result<ReferencePoints, RunError> {
        match self.file("reference_points.json").exists() {
            true => self.read_json("reference_points.json"),
            false => Ok(ReferencePoints::new()),
        }
    }

    fn check_vacant(&self, here: &impl Serialize) -> Result<(), RunError> {
        let Ok(mut entries) = fs::read_dir(&self.path) else {
            return Ok(());
        };
        let config = self.file("config.json");
        if !config.exists() {
            return match entries.next() {
                Some(_) => Err(RunError::Occupied {
                    path: self.path.clone(),
                }),
                None => Ok(()),
            };
        }
        let there: Value = self.read_json("config.json")?;
        let here = serde_json::to_value(here).map_err(|e| file_error("write", &config, e))?;
        match difference(&there, &here) {
            Some(difference) => Err(RunError::OtherRun {
                path: self.path.clone(),
                difference,
            }),
            None => Ok(()),
        }
    }

    fn remove(&self, path: &Path) -> Result<(), RunError> {
        match fs::remove_file(path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(file_error("remove", path, error))
            }
            _ => Ok(()),
        }
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

/// What a run writes besides `config.json` and the models.
const RESULTS: [&str; 12] = [
    "metrics.json",
    "epochs.csv",
    "embedding.csv",
    "plane.json",
    "reference_points.json",
    "embedding.svg",
    "embedding.png",
    "projection.svg",
    "projection.png",
    "distances.svg",
    "distances.png",
    "plateau.json",
];

fn file_error(verb: &'static str, path: &Path, reason: impl ToString) -> RunError {
    RunError::File {
        verb,
        path: path.into(),
        reason: reason.to_string(),
    }
}

/// The first key whose value differs between two configurations.
fn difference(there: &Value, here: &Value) -> Option<String> {
    let (Value::Object(a), Value::Object(b)) = (there, here) else {
        return (there != here).then(|| "its config.json is not an experiment".into());
    };
    let key = a
        .keys()
        .chain(b.keys())
        .find(|key| a.get(*key) != b.get(*key))?;
    let show = |map: &serde_json::Map<String, Value>| match map.get(key) {
        Some(value) => value.to_string(),
        None => "nothing".into(),
    };
    Some(format!("{key} is {} there, {} now", show(a), show(b)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Experiment;
    use crate::task::Task;

    #[test]
    fn an_existing_run_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("run");
        let first = Experiment::new(Task::EvenOdd);
        let folder = RunFolder::create(&path, &first, false).unwrap();
        fs::write(folder.file("metrics.json"), "old").unwrap();

        let other = Experiment {
            epochs: 9,
            ..first.clone()
        };
        let error = RunFolder::create(&path, &other, false)
            .unwrap_err()
            .to_string();
        assert!(error.contains("epochs is 5 there, 9 now"), "{error}");
        assert!(error.contains("--force"), "{error}");
        assert_eq!(
            fs::read_to_string(folder.file("metrics.json")).unwrap(),
            "old"
        );

        // The same configuration again, and another by force, replace it.
        RunFolder::create(&path, &first, false).unwrap();
        assert!(!folder.file("metrics.json").exists());
        RunFolder::create(&path, &other, true).unwrap();
        let config: Experiment = folder.read_json("config.json").unwrap();
        assert_eq!(config, other);
    }

    #[test]
    fn a_folder_with_other_files_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("notes.txt"), "mine").unwrap();
        let experiment = Experiment::new(Task::EvenOdd);
        let error = RunFolder::create(dir.path(), &experiment, false)
            .unwrap_err()
            .to_string();
        assert!(error.contains("is not empty and holds no run"), "{error}");
        RunFolder::create(dir.path(), &experiment, true).unwrap();
        assert!(dir.path().join("notes.txt").exists());
    }

    #[test]
    fn embeddings_round_trip() {
        let dir = tempfile::tempdir().unwrap();
        let folder = RunFolder::open(dir.path());
        let row = EmbeddingRow {
            head: "dome".into(),
            index: 3,
            label: 7,
            class: 1,
            predicted: 0,
            probability: 0.25,
            embedding: vec![1.5, -2.25, 1e-7],
        };
        let smaller = EmbeddingRow {
            embedding: vec![-0.5],
            ..row.clone()
        };
        let rows = [row, smaller];
        folder.write_embeddings(&rows).unwrap();
        let text = fs::read_to_string(folder.file("embedding.csv")).unwrap();
        assert!(text.starts_with("head,index,label,class,predicted,probability,x0,x1,x2\n"));
        assert!(text.ends_with("dome,3,7,1,0,0.25,-0.5,,\n"), "{text}");
        assert_eq!(folder.embeddings().unwrap(), rows);
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = RunFolder::open(Path::new("no-such-run"))
            .metrics()
            .unwrap_err()
            .to_string();
        assert!(error.contains("cannot read no-such-run"), "{error}");
        assert!(error.contains("metrics.json"), "{error}");
    }
}
