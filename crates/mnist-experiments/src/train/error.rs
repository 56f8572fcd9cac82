/// Why a training ended early.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// The loss is not a number any more.
    #[error(
        "the training of {head} diverged: the loss is {loss} in epoch {epoch}; \
         a smaller learning rate may help"
    )]
    Diverged {
        /// What was trained.
        head: String,
        /// The running mean of the loss.
        loss: f64,
        /// From 1.
        epoch: usize,
    },
    /// The scheduler refused the learning rate.
    #[error("the learning rate does not work: {0}")]
    LearningRate(String),
    /// The device could not be read.
    #[error("reading from the device failed: {0}")]
    Device(String),
}

impl TrainError {
    pub(crate) fn unless_finite(loss: f64, name: &str, epoch: usize) -> Result<(), Self> {
        match loss.is_finite() {
            true => Ok(()),
            false => Err(Self::Diverged {
                head: name.into(),
                loss,
                epoch,
            }),
        }
    }
}
