use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::eval::Compactness;
use crate::head::HeadKind;
use crate::task::Task;

/// `metrics.json`: what a run measured. The keys are stable, scripts may rely on them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    /// Name of the experiment.
    pub experiment: String,
    /// Name of the data set: the bundled set's, or the folder's.
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
    /// Number of test images.
    pub test_images: usize,
    /// One entry a head.
    pub heads: Vec<HeadMetrics>,
}

/// What a run measured of one head; on the test set unless it says `train`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HeadMetrics {
    /// Name of the head.
    pub head: HeadKind,
    /// Size of the embedding.
    pub embedding_dim: usize,
    /// Share of images classified correctly.
    pub test_accuracy: f64,
    /// Mean loss of the last epoch; not comparable between heads.
    pub train_loss: f64,
    /// Compactness and separation.
    #[serde(flatten)]
    pub compactness: Compactness,
    /// Learned parameters of the activation, by their names in the paper.
    pub parameters: BTreeMap<String, f64>,
    /// Wall-clock time of the training.
    pub train_seconds: f64,
    /// Its throughput.
    pub train_images_per_second: f64,
}
