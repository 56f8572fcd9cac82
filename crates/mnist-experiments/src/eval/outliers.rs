use std::collections::BTreeMap;

use serde_json::json;

use super::{EvalError, Evaluation, Measured, Numbers, Subject};
use crate::data::Part;
use crate::ood::{DETECTORS, Detection, OutlierSet, Outputs, known_sets};

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
        let detections = detect(subject, &known_sets(subject.data().test().split())?)?;
        let mut numbers = BTreeMap::new();
        for (detector, of_sets) in &detections {
            let mean = |value: &dyn Fn(&Detection) -> f64| {
                of_sets.values().map(value).sum::<f64>() / of_sets.len() as f64
            };
            numbers.insert(format!("auroc {detector}"), mean(&|d| d.auroc));
            numbers.insert(format!("fpr95 {detector}"), mean(&|d| d.fpr95));
        }
        Ok(Measured {
            numbers: Numbers(numbers),
            details: Some(json!(detections)),
        })
    }
}

/// For each detector that fits the model, what it makes of each set.
pub type Detections = BTreeMap<String, BTreeMap<String, Detection>>;

/// Tells the outliers of each set from the test images with all detectors.
///
/// # Errors
///
/// If the device fails.
pub fn detect(subject: &Subject, sets: &[OutlierSet]) -> Result<Detections, EvalError> {
    let of_part = |part: Part| Outputs::of(subject, &part.to_string(), subject.samples(part));
    let (training, test) = (of_part(Part::Train)?, of_part(Part::Test)?);
    let mut detections = Detections::new();
    for detector in DETECTORS {
        let Some(values) = detector.fit(subject, &training)? else {
            continue;
        };
        let inliers = values(&test)?;
        let mut of_sets = BTreeMap::new();
        for set in sets {
            let outliers = values(&Outputs::of(subject, &set.name, &set.samples)?)?;
            of_sets.insert(set.name.clone(), Detection::of(&inliers, &outliers));
        }
        detections.insert(detector.name().to_owned(), of_sets);
    }
    Ok(detections)
}
