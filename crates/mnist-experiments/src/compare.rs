//! Tables over runs.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use serde_json::json;

use crate::report::{RunFolder, Summary, markdown};
use crate::say;

/// Table in Markdown of runs that differ in their seed, means and standard deviations, or of one plateau experiment
///
/// Runs on other images, with other heads or settings are refused: their means would mean nothing.
#[derive(Args, Debug, Clone)]
#[command(after_help = "Example:\n  mnist-experiments compare runs/seeds/0 runs/seeds/1")]
pub struct CompareArgs {
    /// Folders of the runs
    #[arg(required = true, value_name = "RUN")]
    runs: Vec<PathBuf>,
    /// Markdown file to put the table into, instead of printing it
    #[arg(long, value_name = "FILE", requires = "marker")]
    into: Option<PathBuf>,
    /// The table goes between the file's lines `<!-- NAME:begin -->` and `<!-- NAME:end -->`
    #[arg(long, value_name = "NAME", requires = "into")]
    marker: Option<String>,
    /// All numbers of all heads, as JSON
    #[arg(long, conflicts_with = "into")]
    json: bool,
}

impl CompareArgs {
    /// Prints or writes the table.
    ///
    /// # Errors
    ///
    /// If a folder is not a run's, the runs differ in more than their seed, or the file cannot be written.
    pub fn run(self) -> Result<()> {
        if let [run] = self.runs.as_slice()
            && let Some(results) = RunFolder::open_complete(run)?.plateau()?
        {
            return match self.json {
                true => print(&format!("{:#}", json!(results))),
                false => self.put(&results.markdown()),
            };
        }
        let summary = Summary::read(&self.runs)?;
        match self.json {
            true => print(&format!("{:#}", summary.json())),
            false => self.put(&summary.markdown()),
        }
    }

    fn put(&self, table: &str) -> Result<()> {
        match (&self.into, &self.marker) {
            (Some(file), Some(marker)) => Ok(markdown::write_into(file, marker, table)?),
            _ => print(table),
        }
    }
}

fn print(text: &str) -> Result<()> {
    say!("{text}");
    Ok(())
}
