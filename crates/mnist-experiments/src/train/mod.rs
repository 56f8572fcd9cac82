//! Training: batches, the loop, its progress.

mod batch;
pub mod data_parallel;
mod epoch;
mod error;
mod progress;
mod samples;
mod tally;
mod trainer;

pub use batch::Batch;
pub use epoch::Epoch;
pub use error::TrainError;
pub use progress::Progress;
pub use samples::Samples;
pub(crate) use tally::Tally;
pub use trainer::{TrainingConfig, train};
