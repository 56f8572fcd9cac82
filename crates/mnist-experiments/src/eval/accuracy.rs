use super::{EvalError, Evaluation, Measured, Subject};
use crate::data::Part;

/// The share of test images whose class has the largest score.
#[derive(Debug, Clone, Copy)]
pub struct Accuracy;

impl Evaluation for Accuracy {
    fn name(&self) -> &'static str {
        "accuracy"
    }

    fn about(&self) -> &'static str {
        "share of test images that are classified right"
    }

    fn evaluate(&self, subject: &Subject) -> Result<Measured, EvalError> {
        let accuracy = subject.predictions(Part::Test)?.accuracy;
        Ok([("test_accuracy", accuracy)].into())
    }
}
