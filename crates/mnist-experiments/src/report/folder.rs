use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use burn_pack::AtomicFile;
use csv::{ReaderBuilder, StringRecord, Writer, WriterBuilder};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::RunError;
use super::workplace::{Workplace, is_held, is_unfinished, unfinished_of};

type AnyError = Box<dyn std::error::Error + Send + Sync>;

/// The folder of a run of any kind: it belongs to one configuration, its `config.json`, which is written before the
/// run starts, and has its results.
///
/// Of a run that compares heads:
///
/// | file | what |
/// |---|---|
/// | `config.json` | the [`Experiment`](crate::experiment::Experiment) |
/// | `manifest.json` | what it takes to [open it again](crate::run::Run): a [`Manifest`](crate::run::Manifest) |
/// | `metrics.json` | [`Metrics`](super::Metrics) |
/// | `epochs.csv` | one line a head and epoch |
/// | `embedding.csv` | one line a head and test image, see [`EmbeddingRow`](super::EmbeddingRow) |
/// | `epochs/<head>.npy` | with `--keep-epochs`: the embedding after every epoch, `[epochs, images, dim]`, half precision |
/// | `evaluations/<head>.<evaluation>.json` | curves and the like of an [evaluation](crate::eval::Evaluation) |
/// | `attacks.json` | a list of [`AttackResult`](super::AttackResult), if models were attacked |
/// | `checkpoints/<head>.<steps>.checkpoint` | of a run that is not complete: the states of its trainings; else of those that failed |
/// | `distances.json` | how far images of a class are from it, if [`predict`](crate::predict) was asked |
/// | `export/` | what `export` wrote, unless it was told where |
/// | `plane.json` | each head's probabilities over its 2-D embedding, see [`Plane`](crate::eval::Plane) |
/// | `reference_points.json` | where heads place the classes, if any do |
/// | `models/<head>.bpk` | the trained models, Burn's burnpack format |
/// | `embedding.svg`, `embedding.png` | the 2-D embeddings |
/// | `projection.svg`, `projection.png` | larger ones of more than two classes, projected to a plane |
/// | `distances.svg`, `distances.png` | the distances of their centroids |
/// | `report.html` | the page that `report` made, unless it was told where |
///
/// Of a plateau experiment: `config.json`, `plateau.json` with [`PlateauResults`](super::PlateauResults). Of a comparison of
/// activations:
///
/// | file | what |
/// |---|---|
/// | `config.json` | the [`ActivationsExperiment`](crate::activations::ActivationsExperiment) |
/// | `metrics.json` | [`ActivationsMetrics`](crate::activations::ActivationsMetrics) |
/// | `epochs.csv` | one line a training and epoch |
/// | `losses.csv` | one line a training and [`LossPoint`](crate::train::LossPoint) |
/// | `losses.svg`, `losses.png` | the figure |
#[derive(Debug, Clone)]
pub struct RunFolder {
    path: PathBuf,
    /// Of a run that goes on.
    workplace: Option<Arc<Workplace>>,
}

impl RunFolder {
    /// Prepares a run whose results shall be in `path`, and writes its configuration. An earlier run of the same
    /// configuration is replaced when this one is [complete](Self::finish); anything else only with `force`.
    ///
    /// # Errors
    ///
    /// If the folder holds something else, another run is at work for it, or it cannot be written.
    pub fn create<C: Serialize + DeserializeOwned>(
        path: &Path,
        config: &C,
        force: bool,
    ) -> Result<Self, RunError> {
        if !force {
            Self::open(path).check_vacant(config)?;
        }
        let folder = Self::at_work(Workplace::create(path)?);
        folder.write_json("config.json", config)?;
        Ok(folder)
    }

    /// Goes on with a run of the same configuration whose results shall be in `path` and that was stopped: what it has
    /// is its checkpoints and its manifest. None if there is no such run, or it has no checkpoint.
    ///
    /// # Errors
    ///
    /// If the folder holds something else, another run is at work for it, the configuration is another one, or it
    /// cannot be written.
    pub fn go_on<C: Serialize + DeserializeOwned>(
        path: &Path,
        config: &C,
    ) -> Result<Option<Self>, RunError> {
        Self::open(path).check_vacant(config)?;
        if !Self::is_stopped(path) {
            return Ok(None);
        }
        Self::check_stopped(path, config)?;
        // Both are as they were, and may not be cut off by whatever ends this process.
        let stay = [CHECKPOINTS, "config.json", "manifest.json"];
        Ok(Some(Self::at_work(Workplace::go_on(path, &stay)?)))
    }

    /// Whether a run whose results shall be in `path` was stopped and can be gone on with.
    pub fn is_stopped(path: &Path) -> bool {
        let Ok(folder) = unfinished_of(path) else {
            return false;
        };
        let entries = fs::read_dir(folder.join(CHECKPOINTS));
        entries.is_ok_and(|mut entries| entries.next().is_some()) && !is_held(&folder)
    }

    /// An error if a run whose results shall be in `path` was stopped, of another configuration.
    ///
    /// # Errors
    ///
    /// If so.
    pub fn check_stopped<C: Serialize + DeserializeOwned>(
        path: &Path,
        config: &C,
    ) -> Result<(), RunError> {
        Self::open(&unfinished_of(path)?).check_vacant(config)
    }

    fn at_work(workplace: Workplace) -> Self {
        Self {
            path: workplace.path().into(),
            workplace: Some(Arc::new(workplace)),
        }
    }

    /// Removes the checkpoints, but those of the `failed` trainings, which are known by the names of their files.
    ///
    /// # Errors
    ///
    /// If that cannot be done.
    pub(crate) fn remove_checkpoints(&self, failed: &[String]) -> Result<(), RunError> {
        let folder = self.file(CHECKPOINTS);
        let Ok(entries) = fs::read_dir(&folder) else {
            return Ok(());
        };
        let mut stay = false;
        for entry in entries.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let is_of = |head: &String| name.starts_with(&format!("{head}."));
            match failed.iter().any(is_of) {
                true => stay = true,
                false => fs::remove_file(entry.path())
                    .map_err(|error| RunError::file("remove", &entry.path(), error))?,
            }
        }
        match stay {
            true => Ok(()),
            false => {
                fs::remove_dir(&folder).map_err(|error| RunError::file("remove", &folder, error))
            }
        }
    }

    /// The folder of a run, complete or not.
    pub fn open(path: &Path) -> Self {
        Self {
            path: path.into(),
            workplace: None,
        }
    }

    /// Puts the complete run into its place. Until then it is in a folder beside it, `NAME.unfinished`, and what
    /// was in its place stays.
    ///
    /// # Errors
    ///
    /// If that cannot be done.
    pub fn finish(&self) -> Result<(), RunError> {
        match &self.workplace {
            Some(workplace) => workplace.finish(|name| FILES.iter().any(|file| name == *file)),
            None => Ok(()),
        }
    }

    /// Where its files are now.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder of a run that is complete.
    ///
    /// # Errors
    ///
    /// If it goes on, or did not end.
    pub fn open_complete(path: &Path) -> Result<Self, RunError> {
        match is_unfinished(path) {
            true => Err(RunError::Unfinished { path: path.into() }),
            false => Ok(Self::open(path)),
        }
    }

    /// Path of a file in the folder.
    pub fn file(&self, name: impl AsRef<Path>) -> PathBuf {
        self.path.join(name)
    }

    pub(crate) fn write_json(&self, name: &str, value: &impl Serialize) -> Result<(), RunError> {
        self.write_text(name, serde_json::to_string_pretty(value))
    }

    /// Without line breaks, for long lists of numbers.
    pub(crate) fn write_compact_json(
        &self,
        name: &str,
        value: &impl Serialize,
    ) -> Result<(), RunError> {
        self.write_text(name, serde_json::to_string(value))
    }

    pub(crate) fn read_json<T: DeserializeOwned>(&self, name: &str) -> Result<T, RunError> {
        let path = self.file(name);
        let text = fs::read_to_string(&path).map_err(|e| RunError::file("read", &path, e))?;
        serde_json::from_str(&text).map_err(|error| RunError::file("read", &path, error))
    }

    /// Writes a CSV file; `rows` writes all of it, its header too.
    pub(crate) fn write_csv(
        &self,
        name: &str,
        rows: impl FnOnce(&mut Writer<&File>) -> Result<(), csv::Error>,
    ) -> Result<(), RunError> {
        let path = self.file(name);
        self.write(&path, |file| {
            let mut file = WriterBuilder::new().has_headers(false).from_writer(file);
            rows(&mut file)?;
            Ok(file.flush()?)
        })
    }

    /// Reads the lines of a CSV file below its header.
    pub(crate) fn read_csv<T>(
        &self,
        name: &str,
        row: impl Fn(StringRecord) -> Result<T, csv::Error>,
    ) -> Result<Vec<T>, RunError> {
        let path = self.file(name);
        let read = || -> Result<Vec<T>, csv::Error> {
            let mut file = ReaderBuilder::new().has_headers(false).from_path(&path)?;
            file.records().skip(1).map(|record| row(record?)).collect()
        };
        read().map_err(|error| RunError::file("read", &path, error))
    }

    fn write_text(&self, name: &str, json: serde_json::Result<String>) -> Result<(), RunError> {
        let path = self.file(name);
        let json = json.map_err(|error| RunError::file("write", &path, error))?;
        self.write(&path, |mut file| {
            Ok(file.write_all((json + "\n").as_bytes())?)
        })
    }

    /// Of a run that goes on directly: all of it takes its place at once.
    fn write(
        &self,
        path: &Path,
        write: impl FnOnce(&File) -> Result<(), AnyError>,
    ) -> Result<(), RunError> {
        if self.workplace.is_none() {
            return write_file(path, write);
        }
        let written = File::create(path)
            .map_err(AnyError::from)
            .and_then(|file| write(&file));
        written.map_err(|error| RunError::file("write", path, error))
    }

    fn check_vacant<C: Serialize + DeserializeOwned>(&self, here: &C) -> Result<(), RunError> {
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
        let there: Value = self.read_json("config.json").map_err(|error| match error {
            RunError::File { path, reason, .. } => RunError::Damaged { path, reason },
            other => other,
        })?;
        // As this version writes it: one of a former version may be the same in other words.
        let there = match C::deserialize(&there).map(serde_json::to_value) {
            Ok(Ok(there)) => there,
            _ => there,
        };
        let here =
            serde_json::to_value(here).map_err(|error| RunError::file("write", &config, error))?;
        match difference(&there, &here) {
            Some(difference) => Err(RunError::OtherRun {
                path: self.path.clone(),
                difference,
            }),
            None => Ok(()),
        }
    }
}

/// Writes a file that is complete or not there; what was there stays until then.
///
/// # Errors
///
/// If it cannot be written.
pub(crate) fn write_file(
    path: &Path,
    write: impl FnOnce(&File) -> Result<(), AnyError>,
) -> Result<(), RunError> {
    let complete = || {
        let (scratch, file) = AtomicFile::create(path)?;
        write(&file)?;
        file.sync_all()?;
        drop(file);
        Ok(scratch.commit()?)
    };
    complete().map_err(|error: AnyError| RunError::file("write", path, error))
}

/// The folder of the checkpoints of a run that is not complete, or of trainings that failed.
pub(crate) const CHECKPOINTS: &str = "checkpoints";

/// What runs of all kinds write.
const FILES: [&str; 27] = [
    CHECKPOINTS,
    "distances.json",
    "attacks.json",
    "config.json",
    "manifest.json",
    "metrics.json",
    "epochs",
    "epochs.csv",
    "embedding.csv",
    "plane.json",
    "reference_points.json",
    "models",
    "evaluations",
    "adding",
    "export",
    "export.unfinished",
    "embedding.svg",
    "embedding.png",
    "projection.svg",
    "projection.png",
    "distances.svg",
    "distances.png",
    "plateau.json",
    "losses.csv",
    "losses.svg",
    "losses.png",
    "report.html",
];

/// The first key whose value differs between two configurations.
fn difference(there: &Value, here: &Value) -> Option<String> {
    if !there.is_object() {
        return Some("its config.json is not an experiment".into());
    }
    let (key, there, here) = first_difference(there, here)?;
    Some(format!("{key} is {there} there, {here} now"))
}

/// The first key whose value differs between two objects, and the values.
pub(crate) fn first_difference(a: &Value, b: &Value) -> Option<(String, String, String)> {
    let keys = [a, b].into_iter().filter_map(Value::as_object);
    let key = keys
        .flat_map(|object| object.keys())
        .find(|key| a.get(key) != b.get(key))?;
    let show = |value: Option<&Value>| value.map_or("nothing".into(), Value::to_string);
    Some((key.clone(), show(a.get(key)), show(b.get(key))))
}
