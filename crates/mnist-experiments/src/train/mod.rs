//! Training: batches, the loop, its progress.

mod adversary;
mod batch;
mod curve;
pub mod data_parallel;
mod epoch;
mod error;
mod evaluate;
mod keeper;
mod moment;
mod position;
mod progress;
mod samples;
mod state;
mod sums;
mod tally;
mod trainable;
mod trainer;

pub use adversary::Adversary;
pub use batch::Batch;
pub use curve::LossPoint;
pub use epoch::Epoch;
pub use error::TrainError;
pub use evaluate::evaluate;
pub use keeper::Keeper;
pub use moment::Moment;
pub use position::Position;
pub use progress::Progress;
pub use samples::Samples;
pub use state::State;
pub use sums::Sums;
use tally::Tally;
pub use trainable::{Outputs, Trainable};
pub use trainer::{Trained, TrainingConfig, go_on, train};
