//! Training: batches, the loop, its progress.

mod adversary;
mod batch;
mod curve;
pub mod data_parallel;
mod epoch;
mod error;
mod evaluate;
mod keeper;
mod progress;
mod samples;
mod state;
mod tally;
mod trainable;
mod trainer;

pub use adversary::Adversary;
pub use batch::Batch;
pub use curve::LossPoint;
pub use epoch::Epoch;
pub use error::TrainError;
pub use evaluate::evaluate;
pub use keeper::{Keeper, Moment};
pub use progress::Progress;
pub use samples::Samples;
pub use state::{Position, State, Sums};
use tally::Tally;
pub use trainable::{Outputs, Trainable};
pub use trainer::{Trained, TrainingConfig, go_on, train};
