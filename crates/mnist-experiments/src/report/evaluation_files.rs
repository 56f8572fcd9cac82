use std::fs;
use std::io::Write;

use super::workplace::Addition;
use super::{RunError, RunFolder, write_file};
use crate::eval::Measured;
use crate::head::HeadConfig;

impl RunFolder {
    /// Writes what an evaluation measured of a head beside numbers, to `evaluations/<head>.<evaluation>.json`; no file if
    /// there is nothing.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn write_details(
        &self,
        head: HeadConfig,
        evaluation: &str,
        measured: &Measured,
    ) -> Result<(), RunError> {
        let Some(details) = &measured.details else {
            return Ok(());
        };
        let folder = self.file("evaluations");
        fs::create_dir_all(&folder).map_err(|error| RunError::file("write", &folder, error))?;
        let path = folder.join(format!("{}.{evaluation}.json", head.file_name()));
        write_file(&path, |mut file| Ok(writeln!(file, "{details}")?))
    }

    /// Holds the folder of a complete run while results are added to it: nobody else adds meanwhile, and no new run
    /// takes its place.
    ///
    /// # Errors
    ///
    /// If another process is at work for it, or it cannot be written.
    pub(crate) fn hold(&self) -> Result<Addition, RunError> {
        Addition::begin(self.path())
    }
}
