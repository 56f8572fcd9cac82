//! Training: batches, the loop, its progress.

mod batch;
pub mod data_parallel;
mod epoch;
mod progress;
mod samples;
mod tally;
mod trainer;

pub use batch::Batch;
pub use epoch::Epoch;
pub use progress::Progress;
pub use samples::Samples;
pub(crate) use tally::Tally;
pub use trainer::{TrainError, TrainingConfig, train};
