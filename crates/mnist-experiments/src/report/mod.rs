//! Reports: what a run's folder holds, and the tables and figures made from it.

mod distance_figure;
mod draw;
mod embedding_figure;
mod embedding_table;
mod evaluation_files;
mod evaluation_table;
mod failure;
mod folder;
mod head_files;
pub mod markdown;
mod metrics;
mod plateau_results;
mod plateau_run;
mod projection_figure;
mod results;
mod run_error;
mod run_origin;
mod summary;
mod table;
mod workplace;

pub use draw::{DrawError, draw_run};
pub use embedding_table::EmbeddingRow;
pub use evaluation_table::evaluation_table;
pub use failure::Failure;
pub use folder::RunFolder;
pub(crate) use folder::write_file;
pub use head_files::ReferencePoints;
pub(crate) use head_files::model_file;
pub use metrics::{HeadMetrics, Metrics};
pub use plateau_results::PlateauResults;
pub use plateau_run::PlateauRun;
pub use run_error::RunError;
pub use summary::{Summary, SummaryError};
pub use table::terminal_table;
pub(crate) use workplace::Workplace;
