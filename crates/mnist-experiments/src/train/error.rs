/// Why a training ended early.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// The loss is not a number any more.
    #[error(
        "the training of {head} diverged: the loss is {loss} in epoch {epoch}, step {step}; \
         a smaller learning rate may help"
    )]
    Diverged {
        /// What was trained.
        head: String,
        /// The running mean of the loss.
        loss: f64,
        /// From 1.
        epoch: usize,
        /// The first step of the epoch whose loss is none, from 1.
        step: usize,
    },
    /// Somebody asked it to stop.
    #[error("the training of {head} was stopped in epoch {epoch}, after step {step}")]
    Stopped {
        /// What was trained.
        head: String,
        /// From 1.
        epoch: usize,
        /// Of the epoch, from 1.
        step: usize,
    },
    /// A state cannot be gone on with.
    #[error("the training of {head} cannot be gone on with: {reason}")]
    State {
        /// What was trained.
        head: String,
        /// Why.
        reason: String,
    },
    /// The scheduler refused the learning rate.
    #[error("the learning rate does not work: {0}")]
    LearningRate(String),
    /// The device could not be read.
    #[error("reading from the device failed: {0}")]
    Device(String),
}
