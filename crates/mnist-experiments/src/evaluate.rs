//! Measures models of a finished run in further ways, without training them again.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use clap::Args;
use indicatif::MultiProgress;
use serde_json::{Map, Value, json};

use crate::cli::HeadList;
use crate::common_args::count;
use crate::device::{self, DeviceSpec};
use crate::eval::{EVALUATIONS, Evaluation, Notices, Subject};
use crate::report::{HeadMetrics, evaluation_table};
use crate::run::Run;
use crate::{note, say};

/// Measure the models of a finished run in further ways: what is missing is computed and added to its metrics.json
///
/// Curves and the like go to `evaluations/` in its folder. Nothing is trained; the images are read from where they
/// were, and checked to be the same.
#[derive(Args, Debug, Clone)]
#[command(
    after_help = "Example:\n  mnist-experiments evaluate runs/small --only calibration,nearest-centroid"
)]
pub struct EvaluateArgs {
    /// Folder of the run
    #[arg(required_unless_present = "list")]
    run: Option<PathBuf>,
    /// Evaluations to do [default: all]
    #[arg(long, value_name = "NAME,...", value_delimiter = ',', value_parser = name)]
    only: Vec<&'static str>,
    /// Heads to measure [default: those of the run]
    #[arg(long, value_name = "HEAD,...")]
    heads: Vec<HeadList>,
    /// Measure again what is there
    #[arg(long)]
    again: bool,
    /// What computes [default: that of the run]
    #[arg(long)]
    device: Option<DeviceSpec>,
    /// Threads that compute [default: RAYON_NUM_THREADS, or as many as there are cores]
    #[arg(long, value_name = "N", value_parser = count)]
    threads: Option<NonZeroUsize>,
    /// Say what evaluations there are
    #[arg(long)]
    list: bool,
    /// The numbers as JSON
    #[arg(long)]
    json: bool,
}

/// The name of an evaluation, if there is one of that name.
fn name(text: &str) -> Result<&'static str, String> {
    let all: Vec<&str> = EVALUATIONS
        .iter()
        .map(|evaluation| evaluation.name())
        .collect();
    match all.iter().find(|name| **name == text) {
        Some(name) => Ok(name),
        None => Err(format!("there are {}", all.join(", "))),
    }
}

impl EvaluateArgs {
    /// Does what is asked for and prints its table.
    ///
    /// # Errors
    ///
    /// If the run cannot be opened, its images are others now, another process is at work for it, or it cannot be
    /// written.
    pub fn run(self) -> Result<()> {
        let path = match &self.run {
            Some(path) if !self.list => path,
            _ => {
                for evaluation in EVALUATIONS {
                    say!("{:<26} {}", evaluation.name(), evaluation.about());
                }
                return Ok(());
            }
        };
        if let Some(threads) = self.threads {
            device::limit_threads(threads);
        }
        let run = Run::open(path)?;
        let folder = run.folder();
        let _alone = folder.hold()?;
        let mut metrics = folder.metrics()?;
        let chosen = run.measured(&HeadList::all(self.heads))?;
        let place = |head: &HeadMetrics| metrics.heads.iter().position(|of| of.head == head.head);
        let heads: Vec<usize> = chosen.iter().filter_map(place).collect();
        let evaluations: Vec<&dyn Evaluation> = EVALUATIONS
            .iter()
            .copied()
            .filter(|evaluation| self.only.is_empty() || self.only.contains(&evaluation.name()))
            .filter(|evaluation| evaluation.applies(run.experiment()))
            .collect();
        ensure!(
            !evaluations.is_empty(),
            "--only has nothing that can be measured of this run: {} is for runs with --classes",
            self.only.join(", ")
        );
        let is_missing = |head: &HeadMetrics, evaluation: &&&dyn Evaluation| {
            self.again || !head.has(evaluation.name())
        };
        let missing = |head: &HeadMetrics| -> Vec<&dyn Evaluation> {
            let missing = evaluations
                .iter()
                .filter(|evaluation| is_missing(head, evaluation));
            missing.copied().collect()
        };

        if heads
            .iter()
            .any(|&i| !missing(&metrics.heads[i]).is_empty())
        {
            let data = run.data()?;
            let device = self.device.unwrap_or(run.experiment().device).open()?;
            if let Some(caveat) = device::caveat(&device) {
                note!("note: {caveat}");
            }
            let notices = Notices::new(&MultiProgress::new());
            for &i in &heads {
                let missing = missing(&metrics.heads[i]);
                if missing.is_empty() {
                    continue;
                }
                let head = metrics.heads[i].head;
                let model = run.model(head, &device)?;
                let seed = run.experiment().seed;
                let subject = Subject::new(head, model, &data, device.clone(), seed, &notices);
                for evaluation in missing {
                    let measured = evaluation
                        .evaluate(&subject)
                        .with_context(|| format!("{} of {head}", evaluation.name()))?;
                    folder.write_details(head, evaluation.name(), &measured)?;
                    metrics.heads[i].add(evaluation.name(), measured.numbers);
                    folder.write_metrics(&metrics)?;
                }
            }
        }
        let heads: Vec<&HeadMetrics> = heads.iter().map(|&i| &metrics.heads[i]).collect();
        match self.json {
            true => say!("{:#}", of_heads(&heads, &evaluations)),
            false => say!("{}", evaluation_table(&heads, &evaluations)),
        }
        Ok(())
    }
}

/// For machines: the numbers of each evaluation of each head.
fn of_heads(heads: &[&HeadMetrics], evaluations: &[&dyn Evaluation]) -> Value {
    let of_head = |head: &&HeadMetrics| {
        let names = evaluations.iter().map(|evaluation| evaluation.name());
        let each = names.map(|name| (name.to_owned(), json!(head.numbers(name))));
        json!({ "head": head.head, "evaluations": each.collect::<Map<_, _>>() })
    };
    json!({ "heads": heads.iter().map(of_head).collect::<Vec<_>>() })
}
