//! Reports: what a run's folder holds, and the tables and figures made from it.

mod distance_figure;
mod draw;
mod embedding_figure;
mod embedding_table;
mod folder;
pub mod markdown;
mod metrics;
mod plateau_results;
mod plateau_run;
mod projection_figure;
mod results;
mod run_error;
mod run_folder;
mod summary;
mod table;
mod workplace;

pub use draw::{DrawError, draw_run};
pub use embedding_table::EmbeddingRow;
pub(crate) use folder::{Folder, write_file};
pub use metrics::{HeadMetrics, Metrics};
pub use plateau_results::PlateauResults;
pub use plateau_run::PlateauRun;
pub use run_error::RunError;
pub(crate) use run_folder::model_file;
pub use run_folder::{ReferencePoints, RunFolder};
pub use summary::{Summary, SummaryError};
pub use table::terminal_table;
