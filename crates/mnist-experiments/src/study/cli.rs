use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result, ensure};
use clap::Args;

use super::figures;
use super::work::{Done, do_training};
use super::{Changes, Estimate, Likely, Plan, Results, Scope, missing, report};
use crate::cli::HeadList;
use crate::common_args::count;
use crate::device::{self, DeviceSpec};
use crate::queue::queue;
use crate::report::{markdown, write_file};
use crate::{note, say};

/// Train, evaluate and attack every head on both sets, with several seeds; what is known already is not done again.
///
/// Results are small files, one for each training, written after each step: what is interrupted goes on where it was.
/// Trained models go to folders of runs. At the end, and with --report at once, the page of tables is made from the
/// results.
#[derive(Args, Debug, Clone)]
#[command(after_help = "Example:\n  mnist-experiments study --quick --dry-run")]
pub struct StudyArgs {
    /// A few heads, one seed, a part of the images: about ten minutes, into a folder of its own
    #[arg(long, conflicts_with = "full")]
    quick: bool,
    /// All sizes of perturbations, L2 too, all seeds: days
    #[arg(long)]
    full: bool,
    /// Say what would be done, and how long it is likely to take
    #[arg(long, conflicts_with = "report")]
    dry_run: bool,
    /// Make the page from the results that are there
    #[arg(long)]
    report: bool,
    /// Folder of the results [default: docs/study; runs/study-quick/results with --quick]
    #[arg(long, value_name = "DIR")]
    results: Option<PathBuf>,
    /// Folder of the runs [default: runs/study; runs/study-quick with --quick]
    #[arg(long, value_name = "DIR")]
    runs: Option<PathBuf>,
    /// The page [default: the folder of the results with .md behind its name]
    #[arg(long, value_name = "FILE")]
    page: Option<PathBuf>,
    /// Markdown file to put a summary into, too
    #[arg(long, value_name = "FILE", requires = "marker")]
    into: Option<PathBuf>,
    /// The summary goes between the file's lines `<!-- NAME:begin -->` and `<!-- NAME:end -->`
    #[arg(long, value_name = "NAME", requires = "into")]
    marker: Option<String>,
    /// Parts, instead of all of the plan: mnist, fashion-mnist, mnist-adversarial-0.3, mnist-01234, ...
    #[arg(long, value_name = "PART,...", value_delimiter = ',')]
    parts: Vec<String>,
    /// Heads, instead of all of the plan
    #[arg(long, value_name = "HEAD,...")]
    heads: Vec<HeadList>,
    /// Seeds of a head, at most
    #[arg(long, value_name = "N")]
    seeds: Option<u64>,
    /// Train on N images only
    #[arg(long, value_name = "N")]
    limit_train: Option<usize>,
    /// Passes over the training images
    #[arg(long, value_name = "N")]
    epochs: Option<usize>,
    /// Test images that are attacked
    #[arg(long, value_name = "N")]
    images: Option<usize>,
    /// Trainings at the same time, which share the threads [default: as many as there are threads]
    #[arg(long, value_name = "N", value_parser = count)]
    jobs: Option<NonZeroUsize>,
    /// Threads that compute [default: RAYON_NUM_THREADS, or as many as there are cores]
    #[arg(long, value_name = "N", value_parser = count)]
    threads: Option<NonZeroUsize>,
}

impl StudyArgs {
    /// Does what is missing and makes the page.
    ///
    /// # Errors
    ///
    /// If nothing is left of the plan, a result is of another configuration, a file cannot be read or written, or a
    /// training fails otherwise than by diverging; the others are done then.
    pub fn run(self) -> Result<()> {
        if let Some(threads) = self.threads {
            device::limit_threads(threads);
        }
        let whole = self.plan(&self.settings());
        for name in &self.parts {
            let names: Vec<&str> = whole.parts.iter().map(|part| part.name.as_str()).collect();
            ensure!(
                names.contains(&name.as_str()),
                "--parts is {name}, but there are {}",
                names.join(", ")
            );
        }
        let of_parts = whole.clone().changed(&Changes {
            parts: self.parts.clone(),
            ..Changes::default()
        });
        for head in HeadList::all(self.heads.clone()) {
            let heads = of_parts
                .parts
                .iter()
                .flat_map(|part| &part.experiment.heads);
            let mut names: Vec<String> = Vec::new();
            for name in heads.map(ToString::to_string) {
                if !names.contains(&name) {
                    names.push(name);
                }
            }
            ensure!(
                names.contains(&head.to_string()),
                "--heads is {head}, but there are {}",
                names.join(", ")
            );
        }
        let plan = self.plan(&self.changes());
        plan.validate()?;
        let folder = self.folder();
        let results = Results::open(&folder);
        let known = results.read_all(&plan)?;
        if self.dry_run {
            list(&plan, &known);
            return Ok(());
        }
        let failed = match self.report {
            true => Vec::new(),
            false => {
                results.write_plan(&whole)?;
                self.work(&plan, &results)?
            }
        };
        let page = match &self.page {
            Some(page) => page.clone(),
            None => folder.with_extension("md"),
        };
        let known = results.read_all(&whole)?;
        let mut text = report::markdown(&whole, &known);
        let of_page = page.parent().unwrap_or("".as_ref());
        fs::create_dir_all(of_page)
            .with_context(|| format!("cannot write {}", of_page.display()))?;
        let figures = figures::draw(&whole, &known, &folder, &self.runs())?;
        let from_page = folder.strip_prefix(of_page).unwrap_or(&folder);
        text += &figures::markdown(&figures, &from_page.to_string_lossy());
        write_file(&page, |mut file| Ok(file.write_all(text.as_bytes())?))?;
        say!("{}", page.display());
        if let Some((file, marker)) = self.into.as_ref().zip(self.marker.as_ref()) {
            let summary = report::summary(&whole, &known);
            markdown::write_into(file, marker, &format!("{}\n", summary.trim_end()))?;
        }
        ensure!(
            failed.is_empty(),
            "{} trainings failed: {}",
            failed.len(),
            failed.join("; ")
        );
        Ok(())
    }

    fn plan(&self, changes: &Changes) -> Plan {
        let scope = match (self.quick, self.full) {
            (true, _) => Scope::Quick,
            (_, true) => Scope::Full,
            _ => Scope::Default,
        };
        scope.plan().changed(changes)
    }

    /// What to do less of.
    fn changes(&self) -> Changes {
        Changes {
            parts: self.parts.clone(),
            heads: HeadList::all(self.heads.clone()),
            seeds: self.seeds,
            ..self.settings()
        }
    }

    /// The changes of trainings and attacks. The page is of all of them: those that were not wanted now are missing.
    fn settings(&self) -> Changes {
        Changes {
            limit_train: self.limit_train,
            epochs: self.epochs,
            images: self.images,
            ..Changes::default()
        }
    }

    fn folder(&self) -> PathBuf {
        match (&self.results, self.quick) {
            (Some(folder), _) => folder.clone(),
            (None, true) => "runs/study-quick/results".into(),
            (None, false) => "docs/study".into(),
        }
    }

    fn runs(&self) -> PathBuf {
        match (&self.runs, self.quick) {
            (Some(folder), _) => folder.clone(),
            (None, true) => "runs/study-quick".into(),
            (None, false) => "runs/study".into(),
        }
    }

    /// Does all trainings; what failed.
    fn work(&self, plan: &Plan, results: &Results) -> Result<Vec<String>> {
        let runs = self.runs();
        let spec = DeviceSpec::Flex;
        let device = spec.open()?;
        let jobs = self.jobs.unwrap_or_else(|| spec.default_jobs()).get();
        let trainings = plan.trainings();
        let mut failed = Vec::new();
        let ended = AtomicUsize::new(0);
        let done = |number: usize, outcome: Result<Done>| {
            let count = ended.fetch_add(1, Ordering::Relaxed) + 1;
            let name = trainings[number].name();
            let all = trainings.len();
            match outcome {
                Ok(Done::Nothing) => {}
                Ok(Done::All) => note!("{count} of {all} done: {name}"),
                Ok(Done::Waits) => {
                    note!(
                        "{count} of {all}: the rest of {name} needs the run of softmax with this seed: call again when it is there"
                    );
                }
                Ok(Done::Elsewhere) => note!("{count} of {all}: another process does {name}"),
                Err(error) => {
                    note!("{count} of {all} failed: {error:#}");
                    failed.push(format!("{error:#}"));
                }
            }
            Ok::<(), anyhow::Error>(())
        };
        let work = |training: &_| do_training(training, results, &runs, &device);
        queue(&trainings, jobs, work, done)?;
        Ok(failed)
    }
}

/// What is missing, by training, and how long it is likely to take.
fn list(plan: &Plan, known: &BTreeMap<PathBuf, super::StudyResult>) {
    let estimate = Estimate::of(known);
    let mut all = Likely::default();
    let (mut steps_left, mut trainings_left) = (0, 0);
    let trainings = plan.trainings();
    for training in &trainings {
        let steps = missing(training, known.get(&training.path()));
        if steps.is_empty() {
            continue;
        }
        let likely = estimate.likely(training, &steps);
        all += likely;
        steps_left += steps.len();
        trainings_left += 1;
        let names: Vec<String> = steps.iter().map(ToString::to_string).collect();
        say!("{} ({likely}): {}", training.name(), names.join("; "));
    }
    say!(
        "{steps_left} steps of {trainings_left} trainings are left of {}; they are likely to take {all} of computing \
         time, less where trainings share the cores",
        trainings.len()
    );
}
