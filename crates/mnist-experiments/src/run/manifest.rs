use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::data::{EvaluateOn, Split};
use crate::experiment::Experiment;
use crate::experiment_data::ExperimentData;
use crate::head::HeadConfig;
use crate::model::Normalization;
use crate::report::model_file;

/// `manifest.json`: what it takes beside the experiment to make the run's models again, and to know its data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Which files and keys a run has.
    pub layout: u32,
    /// Of this program and of Burn.
    pub versions: BTreeMap<String, String>,
    /// What was trained and measured on.
    pub data: DataManifest,
    /// Height and width of an image in pixels.
    pub image_size: [usize; 2],
    /// Its channels: 1 of grey images, 3 of colour ones.
    #[serde(default = "one")]
    pub channels: usize,
    /// Names of the classes.
    pub classes: Vec<String>,
    /// Statistics of the training pixels, which are the first layer of all models.
    pub normalization: Normalization,
    /// The models.
    pub heads: Vec<HeadManifest>,
}

/// A set of images, known by its content.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DataManifest {
    /// The name of the bundled set with the same content, or of the folder.
    pub name: String,
    /// MD5s of the raw bytes of the set's files, the whole of them, by `train-images` and the like.
    #[serde(default)]
    pub files: BTreeMap<String, String>,
    /// The images that were trained on.
    pub training: PartManifest,
    /// What was measured on.
    #[serde(default)]
    pub evaluated_on: EvaluateOn,
    /// The images that were measured on.
    pub test: PartManifest,
}

/// Some images with their labels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PartManifest {
    /// How many.
    pub images: usize,
    /// The [checksum](Split::checksum) of their content.
    pub checksum: String,
}

/// A trained model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HeadManifest {
    /// Its head, as tables name it.
    pub head: HeadConfig,
    /// Size of its embedding.
    pub embedding_dim: usize,
    /// Its file in the folder.
    pub model: String,
}

impl Manifest {
    /// The layout that this version writes and reads.
    pub const LAYOUT: u32 = 1;

    /// Of a run of an experiment on its data.
    pub fn new(experiment: &Experiment, data: &ExperimentData) -> Self {
        let training = data.training().split();
        let head = |&head: &HeadConfig| HeadManifest {
            head,
            embedding_dim: head.embedding_dim(experiment.embedding_dim),
            model: model_file(head),
        };
        let versions = [
            ("mnist-experiments", env!("CARGO_PKG_VERSION")),
            ("burn", burn_version()),
        ];
        Self {
            layout: Self::LAYOUT,
            versions: versions
                .map(|(name, version)| (name.into(), version.into()))
                .into(),
            data: DataManifest {
                name: data.name().into(),
                files: data.files().clone(),
                training: PartManifest::of(training),
                evaluated_on: data.evaluated_on(),
                test: PartManifest::of(data.test().split()),
            },
            image_size: [training.rows, training.columns],
            channels: training.channels,
            classes: data.class_names().to_vec(),
            normalization: data.normalization(),
            heads: experiment.heads.iter().map(head).collect(),
        }
    }
}

impl PartManifest {
    /// Of these images.
    pub fn of(split: &Split) -> Self {
        Self {
            images: split.len(),
            checksum: split.checksum(),
        }
    }
}

/// Of runs before there were others.
fn one() -> usize {
    1
}

/// The version of Burn that this program was built with.
fn burn_version() -> &'static str {
    let lock = include_str!("../../../../Cargo.lock");
    let after = lock.split_once("name = \"burn\"\nversion = \"");
    let version = after.and_then(|(_, rest)| rest.split_once('"'));
    version.map_or("unknown", |(version, _)| version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_burn() {
        assert!(burn_version().starts_with("0."), "{}", burn_version());
    }
}
