//! One declared value describes a run.

use serde::{Deserialize, Serialize};

use crate::data::{DataSource, EvaluateOn, KnownClasses, Selection};
use crate::device::DeviceSpec;
use crate::head::{self, HeadConfig};
use crate::task::Task;
use crate::train::Adversary;

/// A comparison of heads on a task: the same encoder, seed and batches for every head.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Experiment {
    /// What is learned.
    pub task: Task,
    /// Where the images come from.
    #[serde(default)]
    pub data: DataSource,
    /// What computes.
    pub device: DeviceSpec,
    /// The heads, compared in this order.
    #[serde(serialize_with = "head::tables")]
    pub heads: Vec<HeadConfig>,
    /// Size of the embedding, except for heads in the plane.
    pub embedding_dim: usize,
    /// Passes over the training images.
    pub epochs: usize,
    /// Images a step; the last step of an epoch takes what is left. With the default no gradient of
    /// a bias sums more than 65,535 numbers, at which some software GPU drivers cut a sum.
    pub batch_size: usize,
    /// Adam's learning rate at the first step; it falls to 0 along a cosine.
    pub learning_rate: f64,
    /// Seed of the initial weights and of the order of the images.
    pub seed: u64,
    /// Train on this number of images only, drawn with the seed; labels keep their shares.
    pub limit_train: Option<usize>,
    /// Whether the DOME heads fit mu and sigma to the first batch before the first step.
    pub calibrate: bool,
    /// What the trained models are measured on.
    #[serde(default)]
    pub evaluate_on: EvaluateOn,
    /// Output channels of the encoder's two convolutions.
    #[serde(default = "default_channels")]
    pub channels: [usize; 2],
    /// Who perturbs the training images, if anybody does.
    #[serde(default)]
    pub adversary: Option<Adversary>,
    /// Whether the embedding of the test images is kept after every epoch.
    #[serde(default)]
    pub keep_epochs: bool,
    /// The labels that are learned, if not all: the images of the others are outliers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub classes: Option<KnownClasses>,
}

/// Those of every run before they could be chosen.
fn default_channels() -> [usize; 2] {
    [8, 16]
}

/// Of a convolution. More would need gigabytes.
const MOST_CHANNELS: usize = 4096;

impl Experiment {
    /// The default experiment on a task, with all heads that can learn it.
    pub fn new(task: Task) -> Self {
        Self {
            task,
            data: DataSource::default(),
            device: DeviceSpec::Flex,
            heads: task.heads(),
            embedding_dim: task.embedding_dim(),
            epochs: task.epochs(),
            batch_size: 64,
            learning_rate: 1e-3,
            seed: 0,
            limit_train: None,
            calibrate: true,
            evaluate_on: EvaluateOn::default(),
            channels: default_channels(),
            adversary: None,
            keep_epochs: false,
            classes: None,
        }
    }
}

/// Of an embedding. Weights and table of a larger one would need gigabytes.
const MOST_DIMENSIONS: usize = 65_536;

/// A value that no experiment can run with.
#[derive(Debug, thiserror::Error, PartialEq)]
#[error("{option} is {value}, but must be {requirement}")]
pub struct InvalidExperiment {
    option: &'static str,
    value: String,
    requirement: String,
}

impl Experiment {
    /// Checks what can be checked before the data are read.
    ///
    /// # Errors
    ///
    /// If a number is out of range, or a head is missing, named twice or not made for the task.
    pub fn validate(&self) -> Result<(), InvalidExperiment> {
        check(
            (1..=MOST_DIMENSIONS).contains(&self.embedding_dim),
            "--embedding-dim",
            self.embedding_dim,
            format!("at least 1 and at most {MOST_DIMENSIONS}"),
        )?;
        check_training(
            self.epochs,
            self.batch_size,
            self.learning_rate,
            self.limit_train,
        )?;
        for channels in self.channels {
            check(
                (1..=MOST_CHANNELS).contains(&channels),
                "--channels",
                channels,
                format!("at least 1 and at most {MOST_CHANNELS}"),
            )?;
        }
        if let Some(adversary) = self.adversary {
            check(
                adversary.eps > 0.0 && adversary.eps <= 1.0,
                "--adversarial",
                adversary.eps,
                "above 0 and at most 1",
            )?;
        }
        if let Some(known) = &self.classes {
            let classes = self.task.classes();
            check(
                self.task == Task::Digits
                    && known
                        .labels()
                        .iter()
                        .all(|&label| usize::from(label) < classes),
                "--classes",
                known,
                format!("labels of the digits, 0 to {}", Task::Digits.classes() - 1),
            )?;
        }
        check_list("--heads", &self.heads, HeadConfig::to_string)?;
        for head in &self.heads {
            let classes = self.class_count();
            check(
                head.classes().contains(&classes),
                "--heads",
                head,
                format!(
                    "of the heads for {}: {}",
                    self.task,
                    HeadConfig::names(classes)
                ),
            )?;
            let needed = head.min_embedding_dim(classes);
            check(
                head.embedding_dim(self.embedding_dim) >= needed,
                "--embedding-dim",
                self.embedding_dim,
                format!("at least {needed}, or leave out the head {head}, which needs that many"),
            )?;
        }
        Ok(())
    }

    /// Number of classes.
    pub fn class_count(&self) -> usize {
        let known = self.classes.as_ref().map(|known| known.labels().len());
        known.unwrap_or(self.task.classes())
    }

    /// The images that it takes of a set.
    pub fn selection(&self) -> Selection {
        Selection {
            limit_train: self.limit_train,
            seed: self.seed,
            evaluate_on: self.evaluate_on,
            known: self.classes.clone(),
        }
    }
}

/// An error that names the option unless its value is valid.
pub(crate) fn check(
    valid: bool,
    option: &'static str,
    value: impl ToString,
    requirement: impl Into<String>,
) -> Result<(), InvalidExperiment> {
    match valid {
        true => Ok(()),
        false => Err(InvalidExperiment {
            option,
            value: value.to_string(),
            requirement: requirement.into(),
        }),
    }
}

/// Checks what every training has.
pub(crate) fn check_training(
    epochs: usize,
    batch_size: usize,
    learning_rate: f64,
    limit_train: Option<usize>,
) -> Result<(), InvalidExperiment> {
    for (option, value) in [
        ("--epochs", epochs),
        ("--batch-size", batch_size),
        ("--limit-train", limit_train.unwrap_or(1)),
    ] {
        check(value > 0, option, value, "at least 1")?;
    }
    check(
        learning_rate > 0.0 && learning_rate <= 1.0,
        "--learning-rate",
        learning_rate,
        "above 0 and at most 1",
    )
}

/// Checks that a list is not empty and has nothing twice.
pub(crate) fn check_list<T: PartialEq>(
    option: &'static str,
    list: &[T],
    name: impl Fn(&T) -> String,
) -> Result<(), InvalidExperiment> {
    check(!list.is_empty(), option, "empty", "one or more")?;
    for (i, item) in list.iter().enumerate() {
        let twice = format!("a list with {} twice", name(item));
        check(
            !list[..i].contains(item),
            option,
            twice,
            "without repetition",
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_bad_value_is_named() {
        let default = || Experiment::new(Task::EvenOdd);
        assert_eq!(default().validate(), Ok(()));
        for (bad, message) in [
            (
                Experiment {
                    epochs: 0,
                    ..default()
                },
                "--epochs is 0, but must be at least 1",
            ),
            (
                Experiment {
                    batch_size: 0,
                    ..default()
                },
                "--batch-size is 0",
            ),
            (
                Experiment {
                    embedding_dim: 0,
                    ..default()
                },
                "--embedding-dim is 0",
            ),
            (
                Experiment {
                    limit_train: Some(0),
                    ..default()
                },
                "--limit-train is 0",
            ),
            (
                Experiment {
                    learning_rate: f64::NAN,
                    ..default()
                },
                "--learning-rate is NaN",
            ),
            (
                Experiment {
                    learning_rate: 2.0,
                    ..default()
                },
                "above 0 and at most 1",
            ),
            (
                Experiment {
                    heads: vec![],
                    ..default()
                },
                "--heads is empty",
            ),
            (
                Experiment {
                    heads: vec!["dome".parse().unwrap(); 2],
                    ..default()
                },
                "dome twice",
            ),
            (
                Experiment {
                    heads: vec!["sigmoid".parse().unwrap()],
                    ..Experiment::new(Task::Digits)
                },
                "--heads is sigmoid, but must be of the heads for digits: softmax, softmax-2d",
            ),
            (
                Experiment {
                    embedding_dim: 8,
                    ..Experiment::new(Task::Digits)
                },
                "--embedding-dim is 8, but must be at least 9, or leave out the head multi-dome-nll",
            ),
        ] {
            let error = bad.validate().unwrap_err().to_string();
            assert!(error.contains(message), "{error}");
        }
    }

    #[test]
    fn json_round_trip() {
        let experiment = Experiment {
            limit_train: Some(7),
            // Whose nearest neighbour a reader in a hurry finds.
            learning_rate: 0.00023713737056616554,
            ..Experiment::new(Task::Digits)
        };
        let json = serde_json::to_string(&experiment).unwrap();
        assert_eq!(
            serde_json::from_str::<Experiment>(&json).unwrap(),
            experiment
        );
    }

    /// Of a version that knew neither sets by name nor a validation part.
    #[test]
    fn an_old_configuration_reads_as_it_was_meant() {
        let experiment = Experiment::new(Task::EvenOdd);
        let mut json = serde_json::to_value(&experiment).unwrap();
        assert_eq!(json["data"], "mnist");
        let fields = json.as_object_mut().unwrap();
        fields.insert("data".into(), serde_json::Value::Null);
        fields.remove("evaluate_on").unwrap();
        assert_eq!(
            serde_json::from_value::<Experiment>(json).unwrap(),
            experiment
        );
    }
}
