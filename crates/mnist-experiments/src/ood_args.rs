//! Tells outliers from the test images of a finished run.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use clap::Args;
use indicatif::MultiProgress;
use serde_json::json;

use crate::cli::HeadList;
use crate::data::{self, Part};
use crate::device::{self, DeviceSpec};
use crate::eval::{Detections, Notices, Subject, detect};
use crate::head::HeadConfig;
use crate::ood::{DETECTORS, OutlierSet, sets_of};
use crate::report::FittedTable;
use crate::run::Run;
use crate::{note, say};

/// Tell images of other sets from the test images of a finished run, with every detector.
///
/// The sets are the other bundled one, noise, changed test images, printed letters, classes that were left out with
/// --classes, and those of --ood. The tables have the area under the ROC curve in per cent; `evaluate RUN --only
/// outliers,letters,unknown-classes` keeps all numbers in the run's folder.
#[derive(Args, Debug, Clone)]
#[command(after_help = "Example:\n  mnist-experiments ood runs/small --heads dome")]
pub struct OodArgs {
    /// Folder of the run
    #[arg(required_unless_present = "list")]
    run: Option<PathBuf>,
    /// Heads to measure [default: those of the run]
    #[arg(long, value_name = "HEAD,...")]
    heads: Vec<HeadList>,
    /// Folders of further sets in MNIST's format, whose test images are outliers
    #[arg(long, value_name = "DIR")]
    ood: Vec<PathBuf>,
    /// What computes [default: that of the run]
    #[arg(long)]
    device: Option<DeviceSpec>,
    /// Say what detectors there are
    #[arg(long)]
    list: bool,
    /// All numbers of all sets as JSON
    #[arg(long)]
    json: bool,
}

impl OodArgs {
    /// Prints a table for each head.
    ///
    /// # Errors
    ///
    /// If the run cannot be opened, or a set cannot be read or has images of another size.
    pub fn run(self) -> Result<()> {
        let path = match &self.run {
            Some(path) if !self.list => path,
            _ => {
                for detector in DETECTORS {
                    say!("{:<22} {}", detector.name(), detector.about());
                }
                return Ok(());
            }
        };
        let run = Run::open(path)?;
        let chosen = run.measured(&HeadList::all(self.heads))?;
        let data = run.data()?;
        let test = data.test().split();
        let mut sets = sets_of(&data)?;
        for folder in &self.ood {
            let split = data::load(folder, Part::Test)?;
            ensure!(
                split.shape() == test.shape(),
                "the images of {} have {:?} channels, rows and columns, but those of the run {:?}",
                folder.display(),
                split.shape(),
                test.shape()
            );
            let name = folder.file_name().unwrap_or(folder.as_os_str());
            sets.push(OutlierSet::new(name.to_string_lossy(), split));
        }
        let device = self.device.unwrap_or(run.experiment().device).open()?;
        if let Some(caveat) = device::caveat(&device) {
            note!("note: {caveat}");
        }
        let notices = Notices::new(&MultiProgress::new());
        let mut all = Vec::new();
        for metrics in &chosen {
            let head = metrics.head;
            note!("{head}: {} sets, {} detectors", sets.len(), DETECTORS.len());
            let model = run.model(head, &device)?;
            let seed = run.experiment().seed;
            let subject = Subject::new(head, model, &data, device.clone(), seed, &notices);
            let detections = detect(&subject, &sets)?;
            match self.json {
                true => all.push(json!({ "head": head, "detectors": detections })),
                false => say!("{}", table(head, &detections)),
            }
        }
        if self.json {
            say!("{:#}", json!({ "heads": all }));
        }
        Ok(())
    }
}

/// A line a set, a column a detector, and the means.
fn table(head: HeadConfig, detections: &Detections) -> String {
    let names = DETECTORS.iter().map(|detector| detector.name());
    let names: Vec<&str> = names
        .filter(|name| detections.contains_key(*name))
        .collect();
    let sets = detections.values().next();
    let sets: Vec<&String> = sets
        .into_iter()
        .flat_map(|of_sets| of_sets.keys())
        .collect();
    let mut header = vec!["detector".to_owned()];
    header.extend(sets.iter().map(|set| (*set).clone()));
    header.push("mean".into());
    let mut table = FittedTable::new(header);
    for name in names {
        let of_sets = &detections[name];
        let values: Vec<f64> = sets.iter().map(|set| 100.0 * of_sets[*set].auroc).collect();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let cells = values
            .iter()
            .chain([&mean])
            .map(|value| format!("{value:.1}"));
        table.add([name.to_owned()].into_iter().chain(cells));
    }
    format!("{head}: AUROC, %\n{}", table.for_terminal())
}
