use burn::tensor::TensorReadError;

use super::{Measured, Subject};
use crate::attack::AttackError;
use crate::data::DataError;
use crate::experiment::Experiment;

/// A way to measure a trained model: one file, and one line in the list of `eval/mod.rs`.
pub trait Evaluation: Sync {
    /// The name on the command line and in files.
    fn name(&self) -> &'static str;

    /// What it measures, in one line of a help text.
    fn about(&self) -> &'static str;

    /// Whether a training run does it: it takes little beside the training, and needs the test images only.
    fn in_training(&self) -> bool {
        true
    }

    /// Whether there is anything to measure after this experiment.
    fn applies(&self, _experiment: &Experiment) -> bool {
        true
    }

    /// Measures. The keys of the numbers are the same for all models.
    ///
    /// # Errors
    ///
    /// If it cannot be done.
    fn evaluate(&self, subject: &Subject) -> Result<Measured, EvalError>;
}

/// Why a model cannot be evaluated.
#[derive(Debug, thiserror::Error)]
pub enum EvalError {
    /// The device could not be read.
    #[error("reading from the device failed: {0}")]
    Device(#[from] TensorReadError),
    /// A gradient could not be computed.
    #[error(transparent)]
    Attack(#[from] AttackError),
    /// A set of outliers cannot be read.
    #[error(transparent)]
    Data(#[from] DataError),
}

/// One that measured: its name, and what.
pub type Outcome = (&'static str, Measured);

/// Does those of the evaluations that a training run does.
///
/// # Errors
///
/// If one fails.
pub fn evaluate_in_training(
    all: &[&dyn Evaluation],
    subject: &Subject,
) -> Result<Vec<Outcome>, EvalError> {
    let chosen = all.iter().filter(|evaluation| evaluation.in_training());
    chosen
        .map(|evaluation| Ok((evaluation.name(), evaluation.evaluate(subject)?)))
        .collect()
}
