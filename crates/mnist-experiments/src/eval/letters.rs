use super::detections::measure;
use super::{EvalError, Evaluation, Measured, Subject};
use crate::ood::letters;

/// How well detectors tell [letters](letters()) of a printing font from the test images; the numbers are those of
/// [`Outliers`](super::Outliers), of this one set.
#[derive(Debug, Clone, Copy)]
pub struct Letters;

impl Evaluation for Letters {
    fn name(&self) -> &'static str {
        "letters"
    }

    fn about(&self) -> &'static str {
        "how well detectors tell printed capitals from the test images: AUROC, FPR95, AUPR"
    }

    /// It needs what the model makes of all training images.
    fn in_training(&self) -> bool {
        false
    }

    fn evaluate(&self, subject: &Subject) -> Result<Measured, EvalError> {
        let shape = subject.data().test().split().shape();
        measure(subject, &[letters(shape)])
    }
}
