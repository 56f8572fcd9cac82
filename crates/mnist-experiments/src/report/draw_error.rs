use super::RunError;
use crate::plot::FigureError;

/// Why a run's figures cannot be drawn.
#[derive(Debug, thiserror::Error)]
pub enum DrawError {
    /// A result is missing.
    #[error(transparent)]
    Run(#[from] RunError),
    /// A figure cannot be written.
    #[error(transparent)]
    Figure(#[from] FigureError),
}
