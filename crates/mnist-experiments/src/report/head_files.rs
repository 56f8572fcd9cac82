use std::collections::BTreeMap;
use std::fs;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

use burn::tensor::f16;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::folder::first_difference;
use super::{EmbeddingRow, Metrics, PlateauResults, RunError, RunFolder, write_file};
use crate::eval::Plane;
use crate::experiment::Experiment;
use crate::head::HeadConfig;
use crate::npy::write_npy;
use crate::train::Epoch;

/// For each head the reference points of its classes.
pub type ReferencePoints = BTreeMap<String, Vec<Vec<f32>>>;

/// The files of a run that compares heads.
impl RunFolder {
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
        self.file(model_file(head))
    }

    /// Reads `config.json` of a run of heads.
    ///
    /// # Errors
    ///
    /// If it is missing, damaged, or another experiment's.
    pub fn config(&self) -> Result<Experiment, RunError> {
        self.read_json("config.json")
    }

    /// Writes `manifest.json`.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn write_manifest(&self, manifest: &impl Serialize) -> Result<(), RunError> {
        self.write_json("manifest.json", manifest)
    }

    /// Reads `manifest.json`, whatever wrote it; `None` if there is none.
    ///
    /// # Errors
    ///
    /// If it is damaged.
    pub fn manifest<T: DeserializeOwned>(&self) -> Result<Option<T>, RunError> {
        match self.file("manifest.json").exists() {
            true => self.read_json("manifest.json").map(Some),
            false => Ok(None),
        }
    }

    /// Whether the folder has this manifest already, as that of a run that was stopped has.
    ///
    /// # Errors
    ///
    /// If it has another one, or one that is damaged.
    pub fn check_manifest(&self, manifest: &impl Serialize) -> Result<bool, RunError> {
        let Some(there) = self.manifest::<Value>()? else {
            return Ok(false);
        };
        let path = self.file("manifest.json");
        let here = serde_json::to_value(manifest)
            .map_err(|error| RunError::file("write", &path, error))?;
        match first_difference(&there, &here) {
            None => Ok(true),
            Some((key, there, here)) => Err(RunError::Changed {
                path: self.path().into(),
                difference: format!("{key} is {there} there, {here} now"),
            }),
        }
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
    pub fn write_epochs(&self, runs: &[(HeadConfig, &[Epoch])]) -> Result<(), RunError> {
        self.write_csv("epochs.csv", |file| {
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
        self.write_csv("embedding.csv", |file| {
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
        self.read_csv("embedding.csv", |mut record| {
            let filled = record.iter().filter(|field| !field.is_empty()).count();
            record.truncate(filled);
            record.deserialize(None)
        })
    }

    /// Writes `epochs/<head>.npy`: the embeddings after every epoch one after the other, `[epochs, images, dim]`.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn write_epoch_embeddings(
        &self,
        head: HeadConfig,
        shape: [usize; 3],
        embeddings: &[f16],
    ) -> Result<(), RunError> {
        let folder = self.file("epochs");
        fs::create_dir_all(&folder).map_err(|error| RunError::file("write", &folder, error))?;
        let path = folder.join(format!("{}.npy", head.file_name()));
        write_file(&path, |file| {
            let mut file = BufWriter::new(file);
            write_npy(&mut file, &shape, embeddings)?;
            Ok(file.flush()?)
        })
    }

    /// Writes `plane.json`, by head.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn write_planes(&self, planes: &BTreeMap<String, &Plane>) -> Result<(), RunError> {
        // Pretty-printed, one number a line, it would be six times as long.
        self.write_compact_json("plane.json", planes)
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
}

/// Path of a head's trained model, relative to the folder.
pub(crate) fn model_file(head: HeadConfig) -> String {
    format!("models/{}.bpk", head.file_name())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

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
