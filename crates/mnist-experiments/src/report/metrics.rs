use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Failure;
use crate::data::EvaluateOn;
use crate::eval::Compactness;
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
    /// Learned parameters of the activation, by their names in the paper.
    #[serde(deserialize_with = "all_or_nan")]
    pub parameters: BTreeMap<String, f64>,
    /// Wall-clock time of the training.
    #[serde(deserialize_with = "or_nan")]
    pub train_seconds: f64,
    /// Its throughput.
    #[serde(deserialize_with = "or_nan")]
    pub train_images_per_second: f64,
}
