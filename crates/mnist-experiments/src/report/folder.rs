use std::fs;
use std::path::{Path, PathBuf};

use csv::{ReaderBuilder, StringRecord, Writer, WriterBuilder};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::RunError;

/// A folder that belongs to one configuration, its `config.json`.
#[derive(Debug, Clone)]
pub(crate) struct Folder {
    path: PathBuf,
}

impl Folder {
    /// Prepares `path` for a run and writes its configuration. An earlier run of the same
    /// configuration is replaced; anything else only with `force`. `results` are the files that a
    /// run may leave, relative to the folder.
    ///
    /// # Errors
    ///
    /// If the folder holds something else, or cannot be written.
    pub fn create(
        path: &Path,
        config: &impl Serialize,
        results: impl IntoIterator<Item = PathBuf>,
        force: bool,
    ) -> Result<Self, RunError> {
        let folder = Self::open(path);
        if !force {
            folder.check_vacant(config)?;
        }
        fs::create_dir_all(path).map_err(|error| RunError::file("write", path, error))?;
        // Stale results beside a new configuration would lie about where they come from.
        for result in results {
            folder.remove(&folder.file(result))?;
        }
        folder.write_json("config.json", config)?;
        Ok(folder)
    }

    /// The folder of a run that ended.
    pub fn open(path: &Path) -> Self {
        Self { path: path.into() }
    }

    /// Path of a file in the folder.
    pub fn file(&self, name: impl AsRef<Path>) -> PathBuf {
        self.path.join(name)
    }

    pub fn write_json(&self, name: &str, value: &impl Serialize) -> Result<(), RunError> {
        self.write_text(name, serde_json::to_string_pretty(value))
    }

    /// Without line breaks, for long lists of numbers.
    pub fn write_compact_json(&self, name: &str, value: &impl Serialize) -> Result<(), RunError> {
        self.write_text(name, serde_json::to_string(value))
    }

    pub fn read_json<T: DeserializeOwned>(&self, name: &str) -> Result<T, RunError> {
        let path = self.file(name);
        let text = fs::read_to_string(&path).map_err(|e| RunError::file("read", &path, e))?;
        serde_json::from_str(&text).map_err(|error| RunError::file("read", &path, error))
    }

    /// Writes a CSV file; `rows` writes all of it, its header too.
    pub fn write_csv(
        &self,
        name: &str,
        rows: impl FnOnce(&mut Writer<fs::File>) -> Result<(), csv::Error>,
    ) -> Result<(), RunError> {
        let path = self.file(name);
        let write = || -> Result<(), csv::Error> {
            let mut file = WriterBuilder::new().has_headers(false).from_path(&path)?;
            rows(&mut file)?;
            Ok(file.flush()?)
        };
        write().map_err(|error| RunError::file("write", &path, error))
    }

    /// Reads the lines of a CSV file below its header.
    pub fn read_csv<T>(
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
        fs::write(&path, json + "\n").map_err(|error| RunError::file("write", &path, error))
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

    fn remove(&self, path: &Path) -> Result<(), RunError> {
        match fs::remove_file(path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(RunError::file("remove", path, error))
            }
            _ => Ok(()),
        }
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
