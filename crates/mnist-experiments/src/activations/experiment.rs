use serde::{Deserialize, Serialize};

use super::{ActivationKind, NetworkKind};
use crate::data::{DataSource, EvaluateOn, Selection};
use crate::device::DeviceSpec;
use crate::experiment::{InvalidExperiment, check_list, check_training};

/// The comparison of activations between layers. Every activation gets the same networks, seeds,
/// batches, optimizer and learning rate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActivationsExperiment {
    /// Where the images come from.
    #[serde(default)]
    pub data: DataSource,
    /// What computes.
    pub device: DeviceSpec,
    /// The networks, in this order.
    pub networks: Vec<NetworkKind>,
    /// The activations, compared in this order.
    pub activations: Vec<ActivationKind>,
    /// Passes over the training images.
    pub epochs: usize,
    /// Images a step; the last step of an epoch takes what is left.
    pub batch_size: usize,
    /// Adam's learning rate at the first step; it falls to 0 along a cosine.
    pub learning_rate: f64,
    /// Seeds of the initial weights and of the order of the images; one training each.
    pub seeds: Vec<u64>,
    /// Train on this number of images only, drawn with the seed 0; labels keep their shares.
    pub limit_train: Option<usize>,
    /// What the trained networks are measured on.
    #[serde(default)]
    pub evaluate_on: EvaluateOn,
}

impl Default for ActivationsExperiment {
    fn default() -> Self {
        Self {
            data: DataSource::default(),
            device: DeviceSpec::Flex,
            networks: NetworkKind::DEFAULT.to_vec(),
            activations: ActivationKind::ALL.to_vec(),
            epochs: 2,
            batch_size: 64,
            learning_rate: 1e-3,
            seeds: vec![0],
            limit_train: None,
            evaluate_on: EvaluateOn::default(),
        }
    }
}

impl ActivationsExperiment {
    /// The experiment's name, in `metrics.json` and of its folder.
    pub const NAME: &str = "mnist_activations";

    /// Checks what can be checked before the data are read.
    ///
    /// # Errors
    ///
    /// If a number is out of range, or a list is empty or has something twice.
    pub fn validate(&self) -> Result<(), InvalidExperiment> {
        check_training(
            self.epochs,
            self.batch_size,
            self.learning_rate,
            self.limit_train,
        )?;
        check_list("--networks", &self.networks, |n| n.name().into())?;
        check_list("--activations", &self.activations, |a| a.name().into())?;
        check_list("--seeds", &self.seeds, u64::to_string)
    }

    /// The images that it takes of a set.
    pub fn selection(&self) -> Selection {
        Selection {
            limit_train: self.limit_train,
            seed: 0,
            evaluate_on: self.evaluate_on,
            known: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_bad_value_is_named() {
        type Change = fn(&mut ActivationsExperiment);
        let cases: [(Change, &str); 8] = [
            (|e| e.epochs = 0, "--epochs is 0, but must be at least 1"),
            (|e| e.batch_size = 0, "--batch-size is 0"),
            (|e| e.limit_train = Some(0), "--limit-train is 0"),
            (|e| e.learning_rate = f64::NAN, "--learning-rate is NaN"),
            (|e| e.learning_rate = 2.0, "above 0 and at most 1"),
            (|e| e.networks.clear(), "--networks is empty"),
            (|e| e.activations.push(ActivationKind::Relu), "relu twice"),
            (
                |e| e.seeds = vec![3, 4, 3],
                "--seeds is a list with 3 twice",
            ),
        ];
        assert_eq!(ActivationsExperiment::default().validate(), Ok(()));
        for (change, message) in cases {
            let mut experiment = ActivationsExperiment::default();
            change(&mut experiment);
            let error = experiment.validate().unwrap_err().to_string();
            assert!(error.contains(message), "{error}");
        }
    }

    #[test]
    fn json_round_trip() {
        let experiment = ActivationsExperiment {
            seeds: vec![5, 6],
            ..Default::default()
        };
        let json = serde_json::to_string(&experiment).unwrap();
        let again: ActivationsExperiment = serde_json::from_str(&json).unwrap();
        assert_eq!(again, experiment);
    }
}
