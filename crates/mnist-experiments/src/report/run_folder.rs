use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{EmbeddingRow, Folder, Metrics, PlateauResults, RunError};
use crate::eval::Plane;
use crate::experiment::Experiment;
use crate::head::HeadConfig;
use crate::train::Epoch;

/// The folder of a run: its configuration, written before it starts, and its results.
///
/// | file | what |
/// |---|---|
/// | `config.json` | the experiment |
/// | `manifest.json` | what it takes to [open it again](crate::run::Run): a [`Manifest`](crate::run::Manifest) |
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
    folder: Folder,
}

/// For each head the reference points of its classes.
pub type ReferencePoints = BTreeMap<String, Vec<Vec<f32>>>;

impl RunFolder {
    /// Prepares a run whose results shall be in `path`, and writes its configuration. An earlier run of the same
    /// configuration is replaced when this one is [complete](Self::finish); anything else only with `force`.
    ///
    /// # Errors
    ///
    /// If the folder holds something else, another run is at work for it, or it cannot be written.
    pub fn create(
        path: &Path,
        config: &(impl Serialize + DeserializeOwned),
        force: bool,
    ) -> Result<Self, RunError> {
        let folder = Folder::create(path, config, force)?;
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

    /// Makes the folder of the models.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn create_models(&self) -> Result<(), RunError> {
        let models = self.file("models");
        fs::create_dir_all(&models).map_err(|error| RunError::file("write", &models, error))
    }

    /// Path of a head's trained model.
    pub fn model_file(&self, head: HeadConfig) -> PathBuf {
        self.folder.file(model_file(head))
    }

    /// Reads `config.json` of a run of heads.
    ///
    /// # Errors
    ///
    /// If it is missing, damaged, or another experiment's.
    pub fn config(&self) -> Result<Experiment, RunError> {
        self.folder.read_json("config.json")
    }

    /// Writes `manifest.json`.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn write_manifest(&self, manifest: &impl Serialize) -> Result<(), RunError> {
        self.folder.write_json("manifest.json", manifest)
    }

    /// Reads `manifest.json`, whatever wrote it; `None` if there is none.
    ///
    /// # Errors
    ///
    /// If it is damaged.
    pub fn manifest<T: DeserializeOwned>(&self) -> Result<Option<T>, RunError> {
        match self.file("manifest.json").exists() {
            true => self.folder.read_json("manifest.json").map(Some),
            false => Ok(None),
        }
    }

    /// Writes `metrics.json`.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn write_metrics(&self, metrics: &Metrics) -> Result<(), RunError> {
        self.folder.write_json("metrics.json", metrics)
    }

    /// Reads `metrics.json`.
    ///
    /// # Errors
    ///
    /// If it is missing or damaged.
    pub fn metrics(&self) -> Result<Metrics, RunError> {
        self.folder.read_json("metrics.json")
    }

    /// Writes `plateau.json`.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn write_plateau(&self, results: &PlateauResults) -> Result<(), RunError> {
        self.folder.write_json("plateau.json", results)
    }

    /// Reads `plateau.json`; `None` in the folder of another experiment.
    ///
    /// # Errors
    ///
    /// If it is damaged.
    pub fn plateau(&self) -> Result<Option<PlateauResults>, RunError> {
        match self.file("plateau.json").exists() {
            true => self.folder.read_json("plateau.json").map(Some),
            false => Ok(None),
        }
    }

    /// Writes `epochs.csv`.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn write_epochs(&self, runs: &[(HeadConfig, &[Epoch])]) -> Result<(), RunError> {
        self.folder.write_csv("epochs.csv", |file| {
            file.write_record([
                "head",
                "epoch",
                "train_loss",
                "train_accuracy",
                "seconds",
                "images_per_second",
            ])?;
            for (head, epochs) in runs {
                for epoch in *epochs {
                    file.serialize((head, epoch))?;
                }
            }
            Ok(())
        })
    }

    /// Writes `embedding.csv`: as many coordinates as the largest embedding has, empty in the lines
    /// of smaller ones.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn write_embeddings<'a>(
        &self,
        rows: impl Iterator<Item = &'a EmbeddingRow> + Clone,
    ) -> Result<(), RunError> {
        let sizes = rows.clone().map(|row| row.embedding.len());
        let dim = sizes.max().unwrap_or(0);
        self.folder.write_csv("embedding.csv", |file| {
            file.write_record(EmbeddingRow::header(dim))?;
            for row in rows {
                let empty = vec![None::<f32>; dim - row.embedding.len()];
                file.serialize((row, empty))?;
            }
            Ok(())
        })
    }

    /// Reads `embedding.csv`.
    ///
    /// # Errors
    ///
    /// If it is missing or damaged.
    pub fn embeddings(&self) -> Result<Vec<EmbeddingRow>, RunError> {
        self.folder.read_csv("embedding.csv", |mut record| {
            let filled = record.iter().filter(|field| !field.is_empty()).count();
            record.truncate(filled);
            record.deserialize(None)
        })
    }

    /// Writes `plane.json`, by head.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn write_planes(&self, planes: &BTreeMap<String, &Plane>) -> Result<(), RunError> {
        // Pretty-printed, one number a line, it would be six times as long.
        self.folder.write_compact_json("plane.json", planes)
    }

    /// Reads `plane.json`.
    ///
    /// # Errors
    ///
    /// If it is missing or damaged.
    pub fn planes(&self) -> Result<BTreeMap<String, Plane>, RunError> {
        self.folder.read_json("plane.json")
    }

    /// Writes `reference_points.json`, by head; no file if there are none.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn write_reference_points(&self, points: &ReferencePoints) -> Result<(), RunError> {
        match points.is_empty() {
            true => Ok(()),
            false => self.folder.write_json("reference_points.json", points),
        }
    }

    /// Reads `reference_points.json`; nothing if there is no such file.
    ///
    /// # Errors
    ///
    /// If it is damaged.
    pub fn reference_points(&self) -> Result<ReferencePoints, RunError> {
        match self.file("reference_points.json").exists() {
            true => self.folder.read_json("reference_points.json"),
            false => Ok(ReferencePoints::new()),
        }
    }
}

/// Path of a head's trained model, relative to the folder.
pub(crate) fn model_file(head: HeadConfig) -> String {
    format!("models/{}.bpk", head.file_name())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::task::Task;

    #[test]
    fn an_existing_run_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("run");
        let first = Experiment::new(Task::EvenOdd);
        let run = RunFolder::create(&path, &first, false).unwrap();
        fs::write(run.file("metrics.json"), "old").unwrap();
        run.finish().unwrap();
        let folder = RunFolder::open(&path);

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

        // The same configuration again, and another by force, replace it once they are complete.
        let again = RunFolder::create(&path, &first, false).unwrap();
        assert!(folder.file("metrics.json").exists());
        assert!(RunFolder::open_complete(again.path()).is_err());
        again.finish().unwrap();
        RunFolder::open_complete(&path).unwrap();
        assert!(!folder.file("metrics.json").exists());
        RunFolder::create(&path, &other, true)
            .and_then(|run| run.finish())
            .unwrap();
        let config: Experiment = folder.folder.read_json("config.json").unwrap();
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
        RunFolder::create(dir.path(), &experiment, true)
            .and_then(|run| run.finish())
            .unwrap();
        assert!(dir.path().join("notes.txt").exists());
    }

    #[test]
    fn a_damaged_configuration_is_named() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("config.json"), "").unwrap();
        let experiment = Experiment::new(Task::EvenOdd);
        let error = RunFolder::create(dir.path(), &experiment, false)
            .unwrap_err()
            .to_string();
        assert!(error.contains("config.json is damaged"), "{error}");
        assert!(error.contains("--force"), "{error}");
        RunFolder::create(dir.path(), &experiment, true).unwrap();
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
        folder.write_embeddings(rows.iter()).unwrap();
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
