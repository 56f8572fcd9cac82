use std::io::Write;
use std::path::PathBuf;

use anyhow::{Result, ensure};
use clap::Args;

use super::page::{Extent, Page};
use crate::device::{self, DeviceSpec};
use crate::report::{RunFolder, draw_run, terminal_table, write_file};
use crate::run::Run;
use crate::{note, say};

/// Write one HTML file of finished runs, to look at their embeddings, images, networks and results in a browser
///
/// The file needs no network connection and no further files. Runs that share a page were measured on the same images.
#[derive(Args, Debug, Clone)]
#[command(after_help = "Example:\n  mnist-experiments report runs/small")]
pub struct ReportArgs {
    /// Folders of the runs
    #[arg(required = true, value_name = "RUN")]
    runs: Vec<PathBuf>,
    /// File to write [default: report.html in the run's folder; of several runs, report.html here]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Test images in the page, at most; labels keep their shares
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    images: usize,
    /// Images of each set of outliers in the page, 0 for none
    #[arg(long, value_name = "N", default_value_t = 100)]
    outliers: usize,
    /// What computes [default: what computed in the runs]
    #[arg(long)]
    device: Option<DeviceSpec>,
    /// Draw the SVG and PNG figures of the runs again, from the files in their folders, in place of the page
    #[arg(long, conflicts_with_all = ["out", "images", "outliers", "device"])]
    figures: bool,
}

impl ReportArgs {
    /// Prints the runs' tables and writes the page.
    ///
    /// # Errors
    ///
    /// If a run cannot be opened, runs are not of the same images, or the file cannot be written.
    pub fn run(self) -> Result<()> {
        ensure!(self.images > 0, "--images is 0, but must be at least 1");
        for run in &self.runs {
            let folder = RunFolder::open_complete(run)?;
            say!("{}", terminal_table(&folder.metrics()?));
            if self.figures {
                let figures = draw_run(&folder)?;
                ensure!(
                    !figures.is_empty(),
                    "{} has no embedding that can be drawn",
                    run.display()
                );
                for file in figures.as_flattened() {
                    say!("{}", file.display());
                }
            }
        }
        if self.figures {
            return Ok(());
        }
        let runs = self.runs.iter().map(|run| Run::open(run));
        let runs = runs.collect::<Result<Vec<Run>, _>>()?;
        let extent = Extent {
            images: self.images,
            outliers: self.outliers,
            device: self.device,
        };
        for device in self.device.map(DeviceSpec::open).transpose()?.iter() {
            if let Some(caveat) = device::caveat(device) {
                note!("note: {caveat}");
            }
        }
        let page = Page::of(&runs, extent)?.html()?;
        let out = self.out.unwrap_or_else(|| match &runs[..] {
            [run] => run.folder().file("report.html"),
            _ => "report.html".into(),
        });
        write_file(&out, |mut file| Ok(file.write_all(page.as_bytes())?))?;
        let megabytes = page.len() as f64 / 1e6;
        say!("page     {} ({megabytes:.1} MB)", out.display());
        Ok(())
    }
}
