use std::error::Error;
use std::path::PathBuf;

/// Why a figure could not be drawn.
#[derive(Debug, thiserror::Error)]
pub enum FigureError {
    /// A file could not be written.
    #[error("cannot write figure {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the file system or the encoder said.
        source: Box<dyn Error + Send + Sync>,
    },
    /// A panel's data contradict each other.
    #[error("cannot draw figure {path}: panel \"{panel}\": {problem}", path = path.display())]
    Data {
        /// The figure's path without extension.
        path: PathBuf,
        /// The panel's title.
        panel: String,
        /// What is wrong.
        problem: String,
    },
}
