use std::fmt::Write;

use serde::{Deserialize, Serialize};

use super::markdown::failures_in_markdown;
use super::{Failure, PlateauRun};
use crate::data::EvaluateOn;
use crate::head::HeadConfig;

/// `plateau.json`: what the trainings of a
/// [plateau experiment](crate::plateau::PlateauExperiment) came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlateauResults {
    /// Name of the data set.
    pub dataset: String,
    /// What computed.
    pub device: String,
    /// Passes over the training images.
    pub epochs: usize,
    /// Number of training images.
    pub train_images: usize,
    /// What was measured on, which is called test in other keys.
    #[serde(default)]
    pub evaluated_on: EvaluateOn,
    /// Number of test images.
    pub test_images: usize,
    /// The trainings.
    pub runs: Vec<PlateauRun>,
    /// Those that failed; no key if there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failed: Vec<Failure>,
}

/// A training that reaches this accuracy has left the plateau.
const LEARNED: f64 = 0.97;

impl PlateauResults {
    /// A table in Markdown: for each head and scale how many trainings learned, the lowest and the
    /// mean accuracy, with calibration and without.
    pub fn markdown(&self) -> String {
        let mut text = format!(
            "{} images of {}, epochs: {}, {} {} images, device {}:\n\n",
            self.train_images,
            self.dataset,
            self.epochs,
            self.test_images,
            self.evaluated_on,
            self.device,
        );
        let per_cent = LEARNED * 100.0;
        for column in [
            "head".into(),
            "scale".into(),
            format!("calibrated: at least {per_cent} %"),
            "lowest, %".into(),
            "mean, %".into(),
            format!("not calibrated: at least {per_cent} %"),
            "lowest, %".into(),
            "mean, %".into(),
        ] {
            let _ = write!(text, "| {column} ");
        }
        text += "|\n|---|---|---|---|---|---|---|---|\n";
        for (head, scale) in self.groups() {
            let accuracies = |calibrate| self.accuracies(head, scale, calibrate);
            let [calibrated, not] = [true, false].map(|calibrate| cells(&accuracies(calibrate)));
            let _ = writeln!(text, "| {head} | {scale} | {calibrated} | {not} |");
        }
        text + &failures_in_markdown(&self.failed)
    }

    /// Heads and scales in the order of the trainings.
    fn groups(&self) -> Vec<(HeadConfig, f64)> {
        let mut groups = Vec::new();
        for run in &self.runs {
            if !groups.contains(&(run.head, run.scale)) {
                groups.push((run.head, run.scale));
            }
        }
        groups
    }

    fn accuracies(&self, head: HeadConfig, scale: f64, calibrate: bool) -> Vec<f64> {
        let runs = self.runs.iter();
        let of = runs.filter(|r| (r.head, r.scale, r.calibrate) == (head, scale, calibrate));
        of.map(|run| run.test_accuracy).collect()
    }
}

/// How many of the accuracies are enough, the lowest and the mean.
fn cells(accuracies: &[f64]) -> String {
    if accuracies.is_empty() {
        return " |  | ".into();
    }
    let n = accuracies.len();
    let learned = accuracies.iter().filter(|&&a| a >= LEARNED).count();
    let lowest = accuracies.iter().copied().fold(f64::INFINITY, f64::min);
    let mean = accuracies.iter().sum::<f64>() / n as f64;
    format!(
        "{learned} of {n} | {:.2} | {:.2}",
        lowest * 100.0,
        mean * 100.0
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::task::Task;

    #[test]
    fn trainings_are_counted_by_head_and_scale() {
        let run = |scale, calibrate, seed, test_accuracy| PlateauRun {
            task: Task::EvenOdd,
            head: "dome".parse().unwrap(),
            scale,
            calibrate,
            seed,
            test_accuracy,
            train_loss: 0.1,
        };
        let results = PlateauResults {
            dataset: "mnist".into(),
            device: "flex".into(),
            epochs: 1,
            train_images: 60_000,
            evaluated_on: EvaluateOn::Test,
            test_images: 10_000,
            runs: vec![
                run(1.0, true, 0, 0.98),
                run(1.0, true, 1, 0.99),
                run(1.0, false, 0, 0.97),
                run(30.0, true, 0, 0.975),
                run(1.0, false, 1, 0.4926),
            ],
            failed: vec![Failure {
                training: "dome at 100".into(),
                reason: "it diverged".into(),
            }],
        };
        let text = results.markdown();
        let rows: Vec<&str> = text.lines().skip(2).collect();
        assert_eq!(
            rows,
            [
                "| head | scale | calibrated: at least 97 % | lowest, % | mean, % \
                 | not calibrated: at least 97 % | lowest, % | mean, % |",
                "|---|---|---|---|---|---|---|---|",
                "| dome | 1 | 2 of 2 | 98.00 | 98.50 | 1 of 2 | 49.26 | 73.13 |",
                "| dome | 30 | 1 of 1 | 97.50 | 97.50 |  |  |  |",
                "",
                "Failed: dome at 100 (it diverged).",
            ]
        );
    }
}
