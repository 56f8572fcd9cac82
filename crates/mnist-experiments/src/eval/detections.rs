use std::collections::BTreeMap;

use serde_json::json;

use super::{EvalError, Measured, Numbers, Subject};
use crate::data::Part;
use crate::ood::{DETECTORS, Detection, OutlierSet, Outputs};

/// For each detector that fits the model, what it makes of each set.
pub type Detections = BTreeMap<String, BTreeMap<String, Detection>>;

/// The values that each detector gives the test images, and the images of each set.
#[derive(Debug, Clone, Default)]
pub struct DetectedSets {
    /// By the name of the detector.
    pub values: BTreeMap<String, DetectedValues>,
}

/// The values of a detector: of the test images, and by the name of the set.
pub type DetectedValues = (Vec<f32>, BTreeMap<String, Vec<f32>>);

impl DetectedSets {
    /// With all detectors that fit the model.
    ///
    /// # Errors
    ///
    /// If the device fails.
    pub fn of(subject: &Subject, sets: &[OutlierSet]) -> Result<Self, EvalError> {
        let of_part = |part: Part| Outputs::of(subject, &part.to_string(), subject.samples(part));
        let (training, test) = (of_part(Part::Train)?, of_part(Part::Test)?);
        let mut all = Self::default();
        for detector in DETECTORS {
            let Some(values) = detector.fit(subject, &training)? else {
                continue;
            };
            let mut of_sets = BTreeMap::new();
            for set in sets {
                let outliers = values(&Outputs::of(subject, &set.name, &set.samples)?)?;
                of_sets.insert(set.name.clone(), outliers);
            }
            let name = detector.name().to_owned();
            all.values.insert(name, (values(&test)?, of_sets));
        }
        Ok(all)
    }

    /// How well they tell the sets from the test images.
    pub fn detections(&self) -> Detections {
        let of_detector = |(name, (inliers, sets)): (&String, &DetectedValues)| {
            let sets = sets.iter();
            let of_sets = sets.map(|(set, outliers): (&String, &Vec<f32>)| {
                (set.clone(), Detection::of(inliers, outliers))
            });
            (name.clone(), of_sets.collect())
        };
        self.values.iter().map(of_detector).collect()
    }
}

/// Tells the outliers of each set from the test images with all detectors.
///
/// # Errors
///
/// If the device fails.
pub fn detect(subject: &Subject, sets: &[OutlierSet]) -> Result<Detections, EvalError> {
    Ok(DetectedSets::of(subject, sets)?.detections())
}

/// What an evaluation says of some sets: for each detector the means over them of the AUROC and of the false positives at
/// 95 %; all numbers of each set are in the details.
pub(super) fn measure(subject: &Subject, sets: &[OutlierSet]) -> Result<Measured, EvalError> {
    let detections = detect(subject, sets)?;
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
