//! Figures of the study, beside its results.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::{FixedDetector, Plan, StudyPart, StudyResult};
use crate::attack::{AttackKind, Norm};
use crate::head::HeadConfig;
use crate::plot::{Curve, CurvePanel, draw_curves};
use crate::report::{RunFolder, draw_side_by_side};

/// A file with what it shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// The name of the file in the folder of the results.
    pub file: String,
    /// What it shows.
    pub caption: String,
}

/// The head that is in every panel.
const BASELINE: &str = "softmax";

/// Other heads in a panel.
const IN_A_PANEL: usize = 5;

/// Draws what is known: reliability, receiver operating characteristics, accuracy by the size of perturbations, and, of
/// the runs that are there, embeddings; seed 0. They go to the folder of the results as SVG.
///
/// # Errors
///
/// If a file cannot be read or written.
pub fn draw(
    plan: &Plan,
    results: &BTreeMap<PathBuf, StudyResult>,
    folder: &Path,
    runs: &Path,
) -> Result<Vec<Figure>> {
    fs::create_dir_all(folder).with_context(|| format!("cannot write {}", folder.display()))?;
    let mut figures = Vec::new();
    for part in &plan.parts {
        let draw_one = |kind: &str,
                        caption: String,
                        draw: &dyn Fn(&Path) -> Result<[PathBuf; 2]>| {
            let stem = folder.join(format!("{}-{kind}", part.name));
            let [_, png] = draw(&stem)?;
            // The page shows the other one.
            fs::remove_file(&png).with_context(|| format!("cannot remove {}", png.display()))?;
            let file = format!("{}-{kind}.svg", part.name);
            Ok::<Figure, anyhow::Error>(Figure { file, caption })
        };
        let known: Vec<(HeadConfig, &StudyResult)> = part
            .rows()
            .filter_map(|(head, _)| Some((head, results.get(&part.training(head, 0).path())?)))
            .collect();
        for kind in [Kind::Reliability, Kind::Roc, Kind::Eps] {
            let curves: Vec<(HeadConfig, Curve)> = known
                .iter()
                .filter_map(|(head, result)| Some((*head, kind.curve(*head, result)?)))
                .collect();
            if curves.is_empty() {
                continue;
            }
            let panels = panels(kind, &curves);
            let caption = format!("{}: {}", part.title, kind.title());
            let columns = panels.len().min(3);
            figures.push(draw_one(kind.name(), caption.clone(), &|stem| {
                Ok(draw_curves(&caption, &panels, columns, stem)?)
            })?);
        }
        let folders = run_folders(part, runs);
        let caption = format!("{}: embeddings of test images", part.title);
        let file = format!("{}-embeddings.svg", part.name);
        match folders.is_empty() {
            false => figures.push(draw_one("embeddings", caption.clone(), &|stem| {
                Ok(draw_side_by_side(&caption, &folders, stem)?)
            })?),
            // Without the runs, the figure that was drawn of them stays.
            true if folder.join(&file).exists() => figures.push(Figure { file, caption }),
            true => {}
        }
    }
    Ok(figures)
}

/// The finished runs of seed 0 that are there, of natural training on all classes.
fn run_folders(part: &StudyPart, runs: &Path) -> Vec<RunFolder> {
    if part.experiment.adversary.is_some() || part.experiment.classes.is_some() {
        return Vec::new();
    }
    let folder = |(head, _)| {
        let path = runs.join(part.training(head, 0).path());
        let there = path.join("embedding.csv").exists();
        there
            .then(|| RunFolder::open_complete(&path).ok())
            .flatten()
    };
    part.rows().filter_map(folder).collect()
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Reliability,
    Roc,
    Eps,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Reliability => "reliability",
            Self::Roc => "roc",
            Self::Eps => "eps",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Reliability => "how often predictions are right, by their confidence",
            Self::Roc => {
                "images of the other set among test images, by the fixed detector of each head"
            }
            Self::Eps => "accuracy under PGD-40 by the size of perturbations (L-inf)",
        }
    }

    fn labels(self) -> [&'static str; 2] {
        match self {
            Self::Reliability => ["confidence", "share of right predictions"],
            Self::Roc => [
                "share of test images taken for outliers",
                "share of outliers found",
            ],
            Self::Eps => ["eps", "accuracy"],
        }
    }

    /// The curve of a model; nothing if what it takes is not known.
    fn curve(self, head: HeadConfig, result: &StudyResult) -> Option<Curve> {
        let points = match self {
            Self::Reliability => result.curves.as_ref()?.reliability.pairs(),
            Self::Roc => result.curves.as_ref()?.roc.pairs(),
            Self::Eps => by_eps(result),
        };
        let label = match self {
            Self::Roc => format!("{head}, {}", FixedDetector::of(head).detector),
            _ => head.to_string(),
        };
        (points.len() > 1).then(|| Curve {
            label,
            points,
            dashed: head.to_string() == BASELINE,
        })
    }
}

/// What PGD leaves, from 0 on.
fn by_eps(result: &StudyResult) -> Vec<(f64, f64)> {
    let answers = result.answers.iter();
    let chosen = answers.filter(|answer| {
        let question = &answer.question;
        let alone = question.is_plain() && question.after.is_empty();
        alone && question.attack == AttackKind::Pgd && question.norm == Norm::Linf
    });
    let mut points: Vec<(f64, f64)> = chosen
        .flat_map(|answer| {
            let eps = (f64::from(answer.question.eps) * 1e6).round() / 1e6;
            [(0.0, answer.clean), (eps, answer.left.share())]
        })
        .collect();
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    points.dedup_by_key(|point| point.0);
    points
}

/// A few heads in each, softmax in all.
fn panels(kind: Kind, curves: &[(HeadConfig, Curve)]) -> Vec<CurvePanel> {
    let is_baseline = |of: &&(HeadConfig, Curve)| of.1.dashed;
    let baseline: Vec<Curve> = curves
        .iter()
        .filter(is_baseline)
        .map(|of| of.1.clone())
        .collect();
    let others: Vec<&(HeadConfig, Curve)> = curves.iter().filter(|of| !of.1.dashed).collect();
    let groups = match others.is_empty() {
        true => vec![&others[..]],
        false => others.chunks(IN_A_PANEL).collect(),
    };
    let [x_label, y_label] = kind.labels().map(String::from);
    let panel = |group: &[&(HeadConfig, Curve)]| CurvePanel {
        title: String::new(),
        x_label: x_label.clone(),
        y_label: y_label.clone(),
        curves: baseline
            .iter()
            .cloned()
            .chain(group.iter().map(|of| of.1.clone()))
            .collect(),
        y_range: Some((0.0, 1.02)),
    };
    groups.into_iter().map(panel).collect()
}

/// The section of the page with the figures, whose folder is this one seen from the page.
pub fn markdown(figures: &[Figure], folder: &str) -> String {
    if figures.is_empty() {
        return String::new();
    }
    let mut text = "\n## Figures\n\nOf the models with seed 0.\n".to_owned();
    for Figure { file, caption } in figures {
        let _ = write!(text, "\n![{caption}]({folder}/{file})\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(name: &str) -> HeadConfig {
        name.parse().unwrap()
    }

    #[test]
    fn softmax_is_in_every_panel() {
        let names = [
            "arcface", "softmax", "mmc", "cosface", "etf", "cac", "koleo", "mhe",
        ];
        let curve = |name: &str| Curve {
            label: name.into(),
            points: vec![(0.0, 1.0), (0.1, 0.5)],
            dashed: name == BASELINE,
        };
        let curves: Vec<_> = names.iter().map(|name| (head(name), curve(name))).collect();
        let all = panels(Kind::Eps, &curves);
        let labels: Vec<Vec<&str>> = all
            .iter()
            .map(|panel| panel.curves.iter().map(|curve| &*curve.label).collect())
            .collect();
        assert_eq!(labels.len(), 2);
        assert_eq!(
            labels[0],
            ["softmax", "arcface", "mmc", "cosface", "etf", "cac"]
        );
        assert_eq!(labels[1], ["softmax", "koleo", "mhe"]);
        assert_eq!(panels(Kind::Roc, &curves[1..2]).len(), 1);
    }
}
