use super::detections::measure;
use super::{EvalError, Evaluation, Measured, Subject};
use crate::experiment::Experiment;
use crate::ood::unknown_classes;

/// How well detectors tell the classes that were not learned from those that were, in the test images; the numbers are
/// those of [`Outliers`](super::Outliers), of this one set.
#[derive(Debug, Clone, Copy)]
pub struct UnknownClasses;

impl Evaluation for UnknownClasses {
    fn name(&self) -> &'static str {
        "unknown-classes"
    }

    fn about(&self) -> &'static str {
        "how well detectors tell classes that were left out with --classes from the others: AUROC, FPR95, AUPR"
    }

    /// It needs what the model makes of all training images.
    fn in_training(&self) -> bool {
        false
    }

    fn applies(&self, experiment: &Experiment) -> bool {
        experiment.classes.is_some()
    }

    fn evaluate(&self, subject: &Subject) -> Result<Measured, EvalError> {
        match unknown_classes(subject.data()) {
            Some(set) => measure(subject, &[set]),
            None => Ok([].into()),
        }
    }
}
