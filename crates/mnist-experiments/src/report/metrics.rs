use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Failure;
use crate::data::EvaluateOn;
use crate::eval::{Compactness, Numbers};
use crate::head::HeadConfig;
use crate::measured::{all_or_nan, or_nan};
use crate::task::Task;

/// `metrics.json`: what a run measured. The keys are stable, scripts may rely on them.
/// Numbers that do not exist, such as distances of classes where there is one, are NaN, and `null` in
/// the file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    /// Name of the experiment.
    pub experiment: String,
    /// Name of the data set: that of the bundled set with the same content, or the folder's.
    pub dataset: String,
    /// What was learned: `even_odd` or `digits`.
    pub task: Task,
    /// What computed.
    pub device: String,
    /// Seed of weights and batches.
    pub seed: u64,
    /// Passes over the training images.
    pub epochs: usize,
    /// Number of training images.
    pub train_images: usize,
    /// What was measured on: `test`, or `validation`, which is called test in the other keys then.
    #[serde(default)]
    pub evaluated_on: EvaluateOn,
    /// Number of test images.
    pub test_images: usize,
    /// One entry a head.
    pub heads: Vec<HeadMetrics>,
    /// The heads whose training failed; no key if there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failed: Vec<Failure>,
}

/// What a run measured of one head; on the test set unless it says `train`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HeadMetrics {
    /// Name of the head.
    pub head: HeadConfig,
    /// Size of the embedding.
    pub embedding_dim: usize,
    /// Share of images classified correctly.
    #[serde(deserialize_with = "or_nan")]
    pub test_accuracy: f64,
    /// Mean loss of the last epoch; not comparable between heads.
    #[serde(deserialize_with = "or_nan")]
    pub train_loss: f64,
    /// Compactness and separation.
    #[serde(flatten)]
    pub compactness: Compactness,
    /// Mean [silhouette](crate::eval::Silhouette), in [-1, 1]; larger is better.
    #[serde(deserialize_with = "or_nan")]
    pub silhouette: f64,
    /// Learned parameters of the activation, by their names in the paper.
    #[serde(deserialize_with = "all_or_nan")]
    pub parameters: BTreeMap<String, f64>,
    /// Wall-clock time of the training.
    #[serde(deserialize_with = "or_nan")]
    pub train_seconds: f64,
    /// Its throughput.
    #[serde(deserialize_with = "or_nan")]
    pub train_images_per_second: f64,
    /// What all other [evaluations](crate::eval::EVALUATIONS) measured, by their names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub evaluations: BTreeMap<String, Numbers>,
}

impl HeadMetrics {
    /// Whether an evaluation's numbers are there.
    pub fn has(&self, evaluation: &str) -> bool {
        OF_HEAD.contains(&evaluation) || self.evaluations.contains_key(evaluation)
    }

    /// The numbers of an evaluation, those that are keys of the head itself among them; empty if it was not done.
    pub fn numbers(&self, evaluation: &str) -> Numbers {
        let mut numbers = self
            .evaluations
            .get(evaluation)
            .cloned()
            .unwrap_or_default();
        for (key, number) in self.clone().of_head(evaluation) {
            numbers.0.insert(key.into(), *number);
        }
        numbers
    }

    /// Adds the numbers of an evaluation, in place of those that it had.
    pub fn add(&mut self, evaluation: &str, mut numbers: Numbers) {
        for (key, number) in self.of_head(evaluation) {
            *number = numbers.0.remove(key).unwrap_or(f64::NAN);
        }
        match numbers.0.is_empty() {
            true => self.evaluations.remove(evaluation),
            false => self.evaluations.insert(evaluation.into(), numbers),
        };
    }

    /// An evaluation's numbers that are keys of the head itself.
    fn of_head(&mut self, evaluation: &str) -> Vec<(&'static str, &mut f64)> {
        match evaluation {
            "accuracy" => vec![("test_accuracy", &mut self.test_accuracy)],
            "silhouette" => vec![("silhouette", &mut self.silhouette)],
            "compactness" => self.compactness.numbers_mut().into(),
            _ => Vec::new(),
        }
    }
}

/// Evaluations whose numbers are keys of the head itself, as they were before there were others.
const OF_HEAD: [&str; 3] = ["accuracy", "compactness", "silhouette"];

#[cfg(test)]
mod tests {
    use super::*;

    /// As versions before there were evaluations wrote it.
    const OLD: &str = r#"{"head": "dome", "embedding_dim": 2, "test_accuracy": 0.99, "train_loss": null,
        "intra_class_distance": 0.5, "min_centroid_distance": 3.0, "compactness_ratio": 6.0,
        "embedding_radius_p99": 2.0, "embedding_radius_max": 2.5, "silhouette": 0.75,
        "parameters": {"mu": 1.0}, "train_seconds": 1.0, "train_images_per_second": 2.0}"#;

    #[test]
    fn old_files_are_read_and_written_as_they_were() {
        let head: HeadMetrics = serde_json::from_str(OLD).unwrap();
        assert!(head.has("silhouette") && !head.has("calibration"));
        let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        let written = serde_json::to_string(&head).unwrap();
        assert_eq!(value(&written), value(OLD));
        assert!(written.find("silhouette") < written.find("parameters"));
    }

    #[test]
    fn evaluations_are_added_by_name() {
        let mut head: HeadMetrics = serde_json::from_str(OLD).unwrap();
        assert_eq!(head.numbers("accuracy"), [("test_accuracy", 0.99)].into());
        assert_eq!(head.numbers("calibration"), Numbers::default());
        assert_eq!(head.numbers("compactness").0["embedding_radius_max"], 2.5);

        let ece = Numbers::from([("ece", 0.125)]);
        head.add("calibration", ece.clone());
        let sampled = Numbers::from([("silhouette", 0.5), ("sampled_images", 20.0)]);
        head.add("silhouette", sampled.clone());
        assert_eq!(head.silhouette, 0.5);
        let text = serde_json::to_string(&head).unwrap();
        let read: HeadMetrics = serde_json::from_str(&text).unwrap();
        assert_eq!(read.numbers("calibration"), ece);
        assert_eq!(read.numbers("silhouette"), sampled);

        head.add("silhouette", [("silhouette", 0.25)].into());
        assert_eq!(head.numbers("silhouette"), [("silhouette", 0.25)].into());
    }
}
