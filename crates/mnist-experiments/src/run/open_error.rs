use std::path::PathBuf;

use crate::data::{DataError, Part};
use crate::report::RunError;
use crate::task::UnknownClass;

/// Why a run cannot be opened, or not all of it.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A file is missing or damaged, or the run did not end.
    #[error(transparent)]
    Folder(#[from] RunError),
    /// The folder says nothing of its models.
    #[error(
        "{} has no manifest.json: it holds no run with models, or one of a version that did not write it; \
         train it again",
        path.display()
    )]
    NoManifest {
        /// The folder.
        path: PathBuf,
    },
    /// The run was written by another version.
    #[error(
        "{} has the layout {found}, but this version reads {known}: use the version that wrote it ({writer}), or \
         train it again",
        path.display()
    )]
    Layout {
        /// The folder.
        path: PathBuf,
        /// Its layout.
        found: u32,
        /// The one that can be read.
        known: u32,
        /// The version that wrote it.
        writer: String,
    },
    /// The set cannot be read.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A label is no class of the task.
    #[error(transparent)]
    Class(#[from] UnknownClass),
    /// The set is not the one of the run any more.
    #[error(
        "the {part} images of {set} are not those of the run: {expected} was the checksum of their content, \
         {found} it is now"
    )]
    OtherData {
        /// Which images.
        part: Part,
        /// The set.
        set: String,
        /// That of the run.
        expected: String,
        /// That of the set.
        found: String,
    },
    /// The run has no such head.
    #[error("{} has no head {head}; it has {there}", path.display())]
    NoHead {
        /// The folder.
        path: PathBuf,
        /// What was asked for.
        head: String,
        /// Those that it has.
        there: String,
    },
    /// A model cannot be read.
    #[error("cannot read the model {}: {reason}", path.display())]
    Model {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}
