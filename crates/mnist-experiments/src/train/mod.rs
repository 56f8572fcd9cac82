//! Training: batches, the loop, its progress.

mod batch;
mod epoch;
mod progress;
mod samples;
mod trainer;

pub use batch::Batch;
pub use epoch::Epoch;
pub use progress::Progress;
pub use samples::Samples;
pub use trainer::{TrainError, TrainingConfig, train};
