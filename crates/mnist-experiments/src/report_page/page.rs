use std::path::Path;

use anyhow::{Context, Result};
use indicatif::MultiProgress;
use serde::Serialize;

use super::adversarial::AttackedImages;
use super::blobs::Blobs;
use super::comparable::check_comparable;
use super::html;
use super::images::Images;
use super::network::{Network, Shown};
use super::outlier_images::{OutlierImages, first_outliers};
use crate::data::title;
use crate::device::DeviceSpec;
use crate::eval::{Notices, Subject};
use crate::model::Normalization;
use crate::note;
use crate::report::Metrics;
use crate::run::Run;
use crate::task::Task;

/// What a page is made from.
#[derive(Debug)]
pub(super) struct Page {
    content: Content,
    blobs: Blobs,
}

/// How much of the runs a page has.
#[derive(Debug, Clone, Copy)]
pub(super) struct Extent {
    /// Test images, at most.
    pub images: usize,
    /// Images of each set of outliers.
    pub outliers: usize,
    /// What computes, if not what computed in the runs.
    pub device: Option<DeviceSpec>,
}

#[derive(Debug, Serialize)]
struct Content {
    /// Which keys there are.
    layout: u32,
    title: String,
    program: String,
    dataset: String,
    task: Task,
    evaluated_on: String,
    classes: Vec<String>,
    images: Images,
    outliers: Vec<OutlierImages>,
    /// If a run was attacked.
    attacked: Option<AttackedImages>,
    runs: Vec<RunContent>,
    networks: Vec<Network>,
}

#[derive(Debug, Serialize)]
struct RunContent {
    name: String,
    normalization: Normalization,
    #[serde(flatten)]
    metrics: Metrics,
}

/// Images that are shown under attack.
const ATTACKED: usize = 10;

impl Page {
    /// Of runs that were measured on the same images.
    ///
    /// # Errors
    ///
    /// If the runs were measured on different images or classes, a file is damaged, or the device fails.
    pub fn of(runs: &[Run], extent: Extent) -> Result<Self> {
        check_comparable(runs)?;
        let first = runs.first().context("a page needs a run")?;
        let data = first.data()?;
        let mut blobs = Blobs::default();
        let images = Images::new(data.test(), extent.images, &mut blobs);
        let sets = first_outliers(data.test().split(), extent.outliers)?;
        let outliers = sets.iter().map(|set| OutlierImages::new(set, &mut blobs));
        let outliers = outliers.collect();

        let mut attacked = None;
        for run in runs {
            if attacked.is_none() && !run.folder().attacks()?.is_empty() {
                attacked = Some(AttackedImages::new(data.test(), ATTACKED, &mut blobs));
            }
        }

        let notices = Notices::new(&MultiProgress::new());
        let (mut networks, mut contents) = (Vec::new(), Vec::new());
        for (place, run) in runs.iter().enumerate() {
            let metrics = run.folder().metrics()?;
            let device = extent.device.unwrap_or(run.experiment().device).open()?;
            for of_head in &metrics.heads {
                let head = of_head.head;
                note!("page: {head} of {}", run.folder().path().display());
                let seed = run.experiment().seed;
                let model = run.model(head, &device)?;
                let subject = Subject::new(head, model, &data, device.clone(), seed, &notices);
                let shown = Shown {
                    indices: images.indices(),
                    outliers: &sets,
                    attacked: attacked.as_ref(),
                };
                let of_run = (place, run);
                let network = Network::new(&subject, of_run, of_head.clone(), shown, &mut blobs);
                networks.push(network.with_context(|| format!("cannot put {head} into a page"))?);
            }
            contents.push(RunContent {
                name: name(run.folder().path()),
                normalization: run.manifest().normalization,
                metrics,
            });
        }
        let manifest = first.manifest();
        let names: Vec<&str> = contents.iter().map(|run| run.name.as_str()).collect();
        let content = Content {
            layout: 1,
            title: format!("{}: {}", title(data.name()), names.join(", ")),
            program: format!("mnist-experiments {}", env!("CARGO_PKG_VERSION")),
            dataset: title(data.name()).to_owned(),
            task: first.experiment().task,
            evaluated_on: data.evaluated_on().to_string(),
            classes: manifest.classes.clone(),
            images,
            outliers,
            attacked,
            runs: contents,
            networks,
        };
        Ok(Self { content, blobs })
    }

    /// The file.
    ///
    /// # Errors
    ///
    /// If the content is nothing that JSON knows.
    pub fn html(&self) -> Result<String> {
        let content = serde_json::to_string(&self.content)?;
        Ok(html::page(
            &self.content.title,
            &content,
            self.blobs.texts(),
        ))
    }
}

/// The last part of a run's path.
fn name(path: &Path) -> String {
    let whole = path.canonicalize().unwrap_or_else(|_| path.into());
    let last = whole.file_name().unwrap_or(whole.as_os_str());
    last.to_string_lossy().into_owned()
}
