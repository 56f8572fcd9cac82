use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{ActivationKind, NetworkKind, Range};
use crate::data::EvaluateOn;
use crate::measured::or_nan;
use crate::report::Failure;

/// `metrics.json` of the comparison of activations. The keys are stable, scripts may rely on them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ActivationsMetrics {
    /// Name of the experiment.
    pub experiment: String,
    /// Name of the data set: the bundled set's, or the folder's.
    pub dataset: String,
    /// What computed.
    pub device: String,
    /// Passes over the training images.
    pub epochs: usize,
    /// Number of training images.
    pub train_images: usize,
    /// What was measured on, which is called test below.
    #[serde(default)]
    pub evaluated_on: EvaluateOn,
    /// Number of test images.
    pub test_images: usize,
    /// One entry a network, activation and seed.
    pub trainings: Vec<TrainingMetrics>,
    /// Those that failed; no key if there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failed: Vec<Failure>,
}

/// What was measured of one trained network; on the test set unless it says `train`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrainingMetrics {
    /// The network.
    pub network: NetworkKind,
    /// Its activation.
    pub activation: ActivationKind,
    /// Seed of weights and batches.
    pub seed: u64,
    /// Gain of the weights.
    pub gain: f64,
    /// Number of learnable numbers in the network, those of its activations included.
    pub weights: usize,
    /// Share of images classified correctly.
    #[serde(deserialize_with = "or_nan")]
    pub test_accuracy: f64,
    /// Mean cross-entropy.
    #[serde(deserialize_with = "or_nan")]
    pub test_loss: f64,
    /// Mean cross-entropy over the last epoch, each image before its step.
    #[serde(deserialize_with = "or_nan")]
    pub train_loss: f64,
    /// Mean wall-clock time of an epoch; trainings side by side share the processor.
    #[serde(deserialize_with = "or_nan")]
    pub seconds_per_epoch: f64,
    /// Learned parameters of the activations by name, from the first layer to the last.
    pub learned: BTreeMap<String, Vec<Range>>,
}

impl ActivationsMetrics {
    /// The networks, in the order of the trainings.
    pub fn networks(&self) -> Vec<NetworkKind> {
        distinct(self.trainings.iter().map(|training| training.network))
    }

    /// The seeds, likewise.
    pub fn seeds(&self) -> Vec<u64> {
        distinct(self.trainings.iter().map(|training| training.seed))
    }

    /// The activations of a network, each with its trainings.
    pub fn of_network(&self, network: NetworkKind) -> Vec<(ActivationKind, Vec<&TrainingMetrics>)> {
        let of_network = || self.trainings.iter().filter(|t| t.network == network);
        distinct(of_network().map(|training| training.activation))
            .into_iter()
            .map(|activation| {
                let own = of_network().filter(|t| t.activation == activation);
                (activation, own.collect())
            })
            .collect()
    }
}

/// Each item once, in the order of its first appearance.
fn distinct<T: PartialEq>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut once = Vec::new();
    for item in items {
        if !once.contains(&item) {
            once.push(item);
        }
    }
    once
}
