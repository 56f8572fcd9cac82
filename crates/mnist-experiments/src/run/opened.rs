use std::collections::BTreeMap;
use std::path::Path;

use burn::module::Module;
use burn::store::ModuleRecord;
use burn::tensor::Device;
use serde::Deserialize;

use super::{Manifest, OpenError, PartManifest};
use crate::data::Part;
use crate::experiment::Experiment;
use crate::experiment_data::ExperimentData;
use crate::head::HeadConfig;
use crate::model::{Classifier, ClassifierConfig, EncoderConfig};
use crate::report::{HeadMetrics, RunFolder};

/// A finished run, opened again: evaluations, attacks and exports start here, and nothing is trained twice.
///
/// ```no_run
/// # use burn::tensor::Device;
/// # use mnist_experiments::{eval::Predictions, run::Run};
/// # fn main() -> anyhow::Result<()> {
/// let run = Run::open("runs/mnist_binary".as_ref())?;
/// let device = Device::flex();
/// let model = run.model("dome".parse()?, &device)?;
/// let predictions = Predictions::of(&model, run.data()?.test(), &device)?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Run {
    folder: RunFolder,
    experiment: Experiment,
    manifest: Manifest,
}

/// What the manifests of all layouts have.
#[derive(Deserialize)]
struct Written {
    layout: u32,
    #[serde(default)]
    versions: BTreeMap<String, String>,
}

impl Run {
    /// Opens the folder of a run that is complete.
    ///
    /// # Errors
    ///
    /// If it is no run of heads, is not complete, was written by a version with another layout, or is damaged.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        let folder = RunFolder::open_complete(path)?;
        let Some(written) = folder.manifest::<Written>()? else {
            return Err(OpenError::NoManifest { path: path.into() });
        };
        if written.layout != Manifest::LAYOUT {
            let writer = written.versions.get("mnist-experiments").cloned();
            return Err(OpenError::Layout {
                path: path.into(),
                found: written.layout,
                known: Manifest::LAYOUT,
                writer: writer.unwrap_or("unknown".into()),
            });
        }
        let manifest = folder.manifest()?;
        Ok(Self {
            experiment: folder.config()?,
            manifest: manifest.ok_or_else(|| OpenError::NoManifest { path: path.into() })?,
            folder,
        })
    }

    /// What was run.
    pub fn experiment(&self) -> &Experiment {
        &self.experiment
    }

    /// What the run says of itself.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Its folder.
    pub fn folder(&self) -> &RunFolder {
        &self.folder
    }

    /// The images of the run, read from where they were, and checked to be the same.
    ///
    /// # Errors
    ///
    /// If they cannot be read, or are others.
    pub fn data(&self) -> Result<ExperimentData, OpenError> {
        let set = self.experiment.data.load(&self.experiment.selection())?;
        let data = ExperimentData::new(set, self.experiment.task)?;
        let of = &self.manifest.data;
        for (part, expected, samples) in [
            (Part::Train, &of.training, data.training()),
            (Part::Test, &of.test, data.test()),
        ] {
            let found = PartManifest::of(samples.split());
            if found != *expected {
                return Err(OpenError::OtherData {
                    part,
                    set: of.name.clone(),
                    expected: expected.checksum.clone(),
                    found: found.checksum,
                });
            }
        }
        Ok(data)
    }

    /// The trained model of a head, which predicts what was measured: on the device of the run to the bit.
    ///
    /// # Errors
    ///
    /// If the run has no such head, or its model cannot be read.
    pub fn model(&self, head: HeadConfig, device: &Device) -> Result<Classifier, OpenError> {
        let heads = &self.manifest.heads;
        let Some(of_head) = heads.iter().find(|other| other.head == head) else {
            return Err(self.no_head(head));
        };
        let untrained = ClassifierConfig {
            encoder: EncoderConfig::new(self.manifest.image_size, of_head.embedding_dim)
                .with_image_channels(self.manifest.channels)
                .with_channels(self.experiment.channels),
            normalization: self.manifest.normalization,
            head,
            classes: self.manifest.classes.len(),
        }
        .init(0, device);
        let path = self.folder.file(&of_head.model);
        let unreadable = |reason: String| OpenError::Model {
            path: path.clone(),
            reason,
        };
        let record = ModuleRecord::load(&path).map_err(|error| unreadable(error.to_string()))?;
        let loaded = untrained.try_load_record(record);
        Ok(loaded
            .map_err(|error| unreadable(error.to_string()))?
            .valid())
    }

    /// What was measured of these heads; of all if there are none.
    ///
    /// # Errors
    ///
    /// If `metrics.json` cannot be read, or has no such head.
    pub fn measured(&self, heads: &[HeadConfig]) -> Result<Vec<HeadMetrics>, OpenError> {
        let all = self.folder.metrics()?.heads;
        if heads.is_empty() {
            return Ok(all);
        }
        let of_head = |head: &HeadConfig| {
            let found = all.iter().find(|metrics| metrics.head == *head);
            found.cloned().ok_or_else(|| self.no_head(*head))
        };
        heads.iter().map(of_head).collect()
    }

    /// That the run has no such head.
    fn no_head(&self, head: HeadConfig) -> OpenError {
        let heads = self.manifest.heads.iter();
        let there: Vec<String> = heads.map(|other| other.head.to_string()).collect();
        OpenError::NoHead {
            path: self.folder.path().into(),
            head: head.to_string(),
            there: there.join(", "),
        }
    }
}
