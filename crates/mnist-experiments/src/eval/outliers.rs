use super::detections::measure;
use super::{EvalError, Evaluation, Measured, Subject};
use crate::ood::known_sets;

/// How well detectors tell images of other sets from the test images: for each [detector](crate::ood::DETECTORS) the mean
/// over the sets of the AUROC and of the false positives at 95 %; all numbers of all sets are in the details.
///
/// The sets are the other bundled one, and those [made from the test images](crate::ood::made_sets).
#[derive(Debug, Clone, Copy)]
pub struct Outliers;

impl Evaluation for Outliers {
    fn name(&self) -> &'static str {
        "outliers"
    }

    fn about(&self) -> &'static str {
        "how well detectors tell images of other sets from the test images: AUROC, FPR95, AUPR"
    }

    /// It needs what the model makes of all training images and of many other sets.
    fn in_training(&self) -> bool {
        false
    }

    fn evaluate(&self, subject: &Subject) -> Result<Measured, EvalError> {
        measure(subject, &known_sets(subject.data().test().split())?)
    }
}
