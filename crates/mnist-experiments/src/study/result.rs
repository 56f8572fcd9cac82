use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Curves, Outcomes, Question};
use crate::eval::Numbers;
use crate::experiment::Experiment;
use crate::report::HeadMetrics;
use crate::run::{DataManifest, Manifest};

/// What is known of a training: a file of the results.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StudyResult {
    /// The part of the study.
    pub part: String,
    /// What was trained: one head, with its seed.
    pub experiment: Experiment,
    /// Of this program and of Burn.
    pub versions: BTreeMap<String, String>,
    /// The images, with their checksums.
    pub data: DataManifest,
    /// Why there is no model, if the training failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// What was measured of the model, as in a run's `metrics.json`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metrics: Option<HeadMetrics>,
    /// Of each test image, in the order of the set, whether it is classified correctly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub right: Option<Outcomes>,
    /// For each detector what it makes of each set of outliers: `auroc` and `fpr95`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub outliers: BTreeMap<String, BTreeMap<String, Numbers>>,
    /// What figures are drawn from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub curves: Option<Curves>,
    /// What the attacks leave.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<Answer>,
    /// Wall-clock time of each [step](super::Step), by its name.
    pub seconds: BTreeMap<String, f64>,
}

/// What an attack leaves of a model's accuracy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// What was asked.
    #[serde(flatten)]
    pub question: Question,
    /// Share of the images classified correctly without an attack.
    pub clean: f64,
    /// Share of those at which the gradient of the cross-entropy is 0: there attacks by gradients see nothing.
    pub zero_gradients: f64,
    /// Of each image whether it is classified correctly under this attack and those before it.
    pub left: Outcomes,
}

impl StudyResult {
    /// Of a training that nothing is known of yet.
    pub fn new(part: &str, experiment: &Experiment, manifest: Manifest) -> Self {
        Self {
            part: part.into(),
            experiment: experiment.clone(),
            versions: manifest.versions,
            data: manifest.data,
            failure: None,
            metrics: None,
            right: None,
            outliers: BTreeMap::new(),
            curves: None,
            answers: Vec::new(),
            seconds: BTreeMap::new(),
        }
    }

    /// The answer to a question.
    pub fn answer(&self, question: &Question) -> Option<&Answer> {
        self.answers.iter().find(|of| of.question == *question)
    }

    /// A number of an evaluation; NaN where the evaluation was done and has none.
    pub fn number(&self, evaluation: &str, key: &str) -> Option<f64> {
        let metrics = self.metrics.as_ref()?;
        if !metrics.has(evaluation) {
            return None;
        }
        let numbers = metrics.numbers(evaluation);
        Some(numbers.0.get(key).copied().unwrap_or(f64::NAN))
    }
}
