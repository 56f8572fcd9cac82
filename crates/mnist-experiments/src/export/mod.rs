//! Writes models of a finished run and what they make of the test images for other programs.

mod arrays;
mod manifest;
mod outliers;
mod weights;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::Args;
use indicatif::MultiProgress;

use crate::cli::HeadList;
use crate::data::Part;
use crate::device::DeviceSpec;
use crate::eval::{Notices, Subject};
use crate::ood::{OutlierSet, sets_of};
use crate::report::{HeadMetrics, Workplace, write_file};
use crate::run::Run;
use crate::say;

use arrays::Arrays;
use manifest::{ExportManifest, ExportedHead};
use outliers::{write_detections, write_outputs, write_sets};
pub(crate) use weights::Weights;

/// Write the models of a finished run, and what they make of its test images, for other programs: weights as
/// safetensors; images, labels, features, embeddings, scores and probabilities as npy
///
/// `export.json` in the folder says what is what, `README.md` how to read it in Python.
#[derive(Args, Debug, Clone)]
#[command(after_help = "Example:\n  mnist-experiments export runs/small")]
pub struct ExportArgs {
    /// Folder of the run
    run: PathBuf,
    /// Folder to write; an earlier export in it is replaced [default: export in the run's folder]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Heads to write [default: those of the run]
    #[arg(long, value_name = "HEAD,...")]
    heads: Vec<HeadList>,
    /// Also outliers, as `ood` knows them, what the models make of them and of the training images, and the values of
    /// all detectors; some 100 MB a head
    #[arg(long)]
    outliers: bool,
    /// What computes [default: that of the run]
    #[arg(long)]
    device: Option<DeviceSpec>,
}

impl ExportArgs {
    /// Writes it.
    ///
    /// # Errors
    ///
    /// If the run cannot be opened, its images are others now, or the folder holds something else or cannot be
    /// written.
    pub fn run(self) -> Result<()> {
        let run = Run::open(&self.run)?;
        let out = self.out.unwrap_or_else(|| run.folder().file("export"));
        check_vacant(&out)?;
        let heads = run.measured(&HeadList::all(self.heads))?;
        let data = run.data()?;
        let device = self.device.unwrap_or(run.experiment().device).open()?;
        let _alone = run.folder().hold()?;

        let workplace = Workplace::create(&out)?;
        let folder = workplace.path();
        let mut arrays = Arrays::new(folder);
        let test = data.test();
        let (split, images) = (test.split(), test.len());
        arrays.bytes(
            "images.npy",
            &[images, split.channels, split.rows, split.columns],
            &split.images,
        )?;
        arrays.bytes("labels.npy", &[images], &split.labels)?;
        arrays.bytes("classes.npy", &[images], test.targets())?;
        let outliers = match self.outliers {
            true => Some(sets_of(&data)?),
            false => None,
        };
        if let Some(sets) = &outliers {
            write_sets(&data, sets, folder, &mut arrays)?;
        }
        let mut exported = Vec::new();
        let notices = Notices::new(&MultiProgress::new());
        for metrics in heads {
            let head = metrics.head;
            let model = run.model(head, &device)?;
            let seed = run.experiment().seed;
            let subject = Subject::new(head, model, &data, device.clone(), seed, &notices);
            let written = write_head(&subject, metrics, outliers.as_deref(), folder);
            exported.push(written.with_context(|| format!("cannot export {head}"))?);
        }
        let manifest = ExportManifest::new(&run, arrays.files(), exported);
        write_text(&folder.join("README.md"), &manifest.readme())?;
        write_text(
            &folder.join("export.json"),
            &serde_json::to_string_pretty(&manifest)?,
        )?;
        workplace.finish(|_| true)?;
        say!("export   {}", out.display());
        Ok(())
    }
}

fn write_head(
    subject: &Subject,
    metrics: HeadMetrics,
    outliers: Option<&[OutlierSet]>,
    folder: &Path,
) -> Result<ExportedHead> {
    let name = subject.head().file_name();
    let own = folder.join(&name);
    fs::create_dir(&own)?;
    let weights = Weights::of(subject.model())?;
    let bytes = weights.safetensors()?;
    write_file(&own.join("weights.safetensors"), |mut file| {
        Ok(std::io::Write::write_all(&mut file, &bytes)?)
    })?;

    let test = subject.predictions(Part::Test)?;
    let mut arrays = Arrays::new(&own);
    write_outputs("", &test, &*subject.features(Part::Test)?, &mut arrays)?;
    arrays.bytes("predicted.npy", &[test.predicted.len()], &test.predicted)?;
    let detections = match outliers {
        Some(sets) => Some(write_detections(subject, sets, &own, &mut arrays)?),
        None => None,
    };
    Ok(ExportedHead {
        folder: name,
        weights: weights.shapes(),
        arrays: arrays.files(),
        detections,
        metrics,
    })
}

fn write_text(path: &Path, text: &str) -> Result<()> {
    write_file(path, |mut file| {
        Ok(std::io::Write::write_all(
            &mut file,
            format!("{text}\n").as_bytes(),
        )?)
    })?;
    Ok(())
}

/// Nothing but an export is replaced.
fn check_vacant(out: &Path) -> Result<()> {
    let Ok(mut entries) = fs::read_dir(out) else {
        return Ok(());
    };
    ensure!(
        out.join("export.json").exists() || entries.next().is_none(),
        "{} is not empty and holds no export (no export.json): choose another folder with --out",
        out.display()
    );
    Ok(())
}
