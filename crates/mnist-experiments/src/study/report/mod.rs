//! The page of the study: tables of what is known, with what is missing marked as such.

mod column;
mod comparison;
mod part;
mod section;
mod summary;
mod table;
mod text;
mod unknown_classes;
mod warnings;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::PathBuf;

use super::{Plan, StudyResult, missing};
use part::Part;

/// The page, from the results of a plan by their [paths](super::Training::path). The same results make the same page.
pub fn markdown(plan: &Plan, results: &BTreeMap<PathBuf, StudyResult>) -> String {
    let mut page = text::INTRODUCTION.to_owned();
    page += &known(plan, results);
    page += text::HOW_TO_READ;
    page += &text::detectors();
    let parts = plan.parts.iter().map(|part| Part::new(part, results));
    let (some, all): (Vec<Part>, Vec<Part>) =
        parts.partition(|part| part.part.experiment.classes.is_some());
    for part in &all {
        page += &section::markdown(part);
    }
    page + &unknown_classes::markdown(&some)
}

/// The numbers that most people ask for, of the parts whose heads learn all classes.
pub fn summary(plan: &Plan, results: &BTreeMap<PathBuf, StudyResult>) -> String {
    let parts = plan.parts.iter().map(|part| Part::new(part, results));
    let all: Vec<Part> = parts
        .filter(|part| part.part.experiment.classes.is_none())
        .collect();
    summary::of(&all)
}

/// How much of the plan is known, from what, and how long it took.
fn known(plan: &Plan, results: &BTreeMap<PathBuf, StudyResult>) -> String {
    let trainings = plan.trainings();
    let whole = trainings
        .iter()
        .filter(|training| {
            let result = results.get(&training.path());
            result.is_some() && missing(training, result).is_empty()
        })
        .count();
    let seconds = results.values().flat_map(|result| result.seconds.values());
    let versions = results.values().flat_map(|result| &result.versions);
    let versions: BTreeSet<String> = versions
        .map(|(name, version)| format!("{name} {version}"))
        .collect();
    let mut text = format!(
        "Known are {} of {} trainings, {whole} with all evaluations and attacks; they took {:.1} hours.",
        results.len(),
        trainings.len(),
        seconds.sum::<f64>() / 3600.0,
    );
    if !versions.is_empty() {
        let versions: Vec<String> = versions.into_iter().collect();
        let _ = write!(text, " Versions: {}.", versions.join(", "));
    }
    text + "\n"
}
