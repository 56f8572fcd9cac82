use std::path::{Path, PathBuf};

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
    /// The folder's configuration cannot be read.
    #[error(
        "{} is damaged ({reason}): choose another folder with --out, or replace the run with --force",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The run goes on, or did not end.
    #[error(
        "the run in {} goes on, or did not end: its results are not all there; the command that began it goes on \
         with --resume",
        path.display()
    )]
    Unfinished {
        /// The folder.
        path: PathBuf,
    },
    /// The data or the version are others than those of the run that was stopped.
    #[error(
        "{} was stopped, but cannot be gone on with: {difference}; --force starts anew",
        path.display()
    )]
    Changed {
        /// The folder.
        path: PathBuf,
        /// What differs.
        difference: String,
    },
    /// Another run is at work for the folder, or something is added to its results.
    #[error(
        "another run or evaluation (process {process}) is at work for {}: wait for it, or choose another folder with --out",
        path.display()
    )]
    AtWork {
        /// The folder.
        path: PathBuf,
        /// The process's number.
        process: String,
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

impl RunError {
    pub(crate) fn file(verb: &'static str, path: &Path, reason: impl ToString) -> Self {
        Self::File {
            verb,
            path: path.into(),
            reason: reason.to_string(),
        }
    }
}
