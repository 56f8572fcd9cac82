use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde::Serialize;

use super::{Plan, StudyResult, Training};
use crate::report::{first_difference, write_file};

/// The folder of results, with a file for each training: `<part>/<head>/<seed>.json`. Beside them `plan.json` is what was
/// asked for last.
#[derive(Debug, Clone)]
pub struct Results {
    folder: PathBuf,
}

impl Results {
    /// In a folder, which need not be there yet.
    pub fn open(folder: &Path) -> Self {
        Self {
            folder: folder.into(),
        }
    }

    /// The file of a training.
    pub fn file(&self, training: &Training) -> PathBuf {
        self.folder.join(training.path()).with_extension("json")
    }

    /// What is known of a training.
    ///
    /// # Errors
    ///
    /// If the file is damaged, or of another training.
    pub fn read(&self, training: &Training) -> Result<Option<StudyResult>> {
        let file = self.file(training);
        if !file.exists() {
            return Ok(None);
        }
        let shown = file.display();
        let text = fs::read_to_string(&file).with_context(|| format!("cannot read {shown}"))?;
        let result: StudyResult = serde_json::from_str(&text).with_context(|| {
            format!("{shown} is damaged: restore it, or remove it to have it computed again")
        })?;
        if result.experiment != training.experiment {
            let value = |experiment| serde_json::to_value(experiment).unwrap_or_default();
            let difference =
                first_difference(&value(&result.experiment), &value(&training.experiment));
            let (key, there, here) = difference.unwrap_or_default();
            anyhow::bail!(
                "{shown} is of another training ({key} is {there} there, {here} now): choose another folder with \
                 --results, or remove the file"
            );
        }
        Ok(Some(result))
    }

    /// What is known of all trainings of a plan, by their files; nothing of those that nothing is known of.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub fn read_all(&self, plan: &Plan) -> Result<BTreeMap<PathBuf, StudyResult>> {
        let mut all = BTreeMap::new();
        for training in plan.trainings() {
            if let Some(result) = self.read(&training)? {
                all.insert(training.path(), result);
            }
        }
        Ok(all)
    }

    /// Writes what is known of a training; the file is complete at any time.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn write(&self, training: &Training, result: &StudyResult) -> Result<()> {
        write(&self.file(training), result)
    }

    /// Writes what is asked for.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn write_plan(&self, plan: &Plan) -> Result<()> {
        write(&self.folder.join("plan.json"), plan)
    }
}

fn write(file: &Path, value: &impl Serialize) -> Result<()> {
    let json = serde_json::to_string_pretty(value)?;
    let folder = file.parent();
    ensure!(folder.is_some(), "{} is no file", file.display());
    if let Some(folder) = folder {
        fs::create_dir_all(folder).with_context(|| format!("cannot write {}", folder.display()))?;
    }
    write_file(file, |mut file| {
        Ok(file.write_all((json + "\n").as_bytes())?)
    })?;
    Ok(())
}
