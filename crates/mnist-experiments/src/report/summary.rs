use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;

use serde_json::{Map, Value, json};

use super::markdown::{mean_and_deviation, moments};
use super::run_origin::RunOrigin;
use super::{HeadMetrics, Metrics, RunError, RunFolder};
use crate::eval::EVALUATIONS;
use crate::head::HeadConfig;

/// Runs that differ in their seed only, as a Markdown table of means and standard deviations.
#[derive(Debug)]
pub struct Summary {
    runs: Vec<Metrics>,
}

/// Why runs cannot be summarised.
#[derive(Debug, thiserror::Error)]
pub enum SummaryError {
    /// A folder is not a run's.
    #[error(transparent)]
    Run(#[from] RunError),
    /// Means over different experiments, or over one run twice, mean nothing.
    #[error(
        "no mean of {} and {}: {why}; give runs that differ in their seed only",
        first.display(),
        other.display()
    )]
    Mixed {
        /// An earlier run.
        first: PathBuf,
        /// The one that does not go with it.
        other: PathBuf,
        /// Why.
        why: String,
    },
}

impl Summary {
    /// Reads the runs.
    ///
    /// # Errors
    ///
    /// If a folder is not a run's, or the runs differ in more than their seed.
    pub fn read(folders: &[PathBuf]) -> Result<Self, SummaryError> {
        let mut runs: Vec<(Metrics, RunOrigin)> = Vec::new();
        for folder in folders {
            let of_folder = RunFolder::open_complete(folder)?;
            let run = (of_folder.metrics()?, RunOrigin::read(&of_folder)?);
            for (earlier, first) in runs.iter().zip(folders) {
                let why = difference(&earlier.0, &run.0).map(String::from);
                if let Some(why) = why.or_else(|| earlier.1.difference(&run.1)) {
                    let (first, other) = (first.clone(), folder.clone());
                    return Err(SummaryError::Mixed { first, other, why });
                }
            }
            runs.push(run);
        }
        let runs = runs.into_iter().map(|(metrics, _)| metrics).collect();
        Ok(Self { runs })
    }

    /// The table.
    pub fn markdown(&self) -> String {
        let Some(first) = self.runs.first() else {
            return String::new();
        };
        let seeds: Vec<String> = self.runs.iter().map(|run| run.seed.to_string()).collect();
        let spread = match self.runs.len() {
            1 => "",
            _ => " (mean ± standard deviation)",
        };
        let mut text = format!(
            "{} images of {}, {} epochs, {} {} images, device {}, seed {}{spread}:\n\n",
            first.train_images,
            first.dataset,
            first.epochs,
            first.test_images,
            first.evaluated_on,
            first.device,
            seeds.join(", "),
        );
        // Where all heads have the same embedding, its size is not worth a column.
        let sizes = first.heads.iter().map(|head| head.embedding_dim);
        let differ = sizes.clone().min() != sizes.max();
        let accuracy = format!("{} accuracy, %", first.evaluated_on);
        let mut columns = vec!["head"];
        columns.extend(differ.then_some("embedding"));
        columns.extend([
            &accuracy,
            "radius p99",
            "compactness ratio",
            "silhouette",
            "mu",
            "sigma",
        ]);
        let _ = writeln!(text, "| {} |", columns.join(" | "));
        let _ = writeln!(text, "|{}", "---|".repeat(columns.len()));
        for HeadMetrics {
            head,
            embedding_dim,
            ..
        } in &first.heads
        {
            let column = |value: &dyn Fn(&HeadMetrics) -> Option<f64>, digits: usize| {
                self.column(*head, value, digits)
            };
            let parameter = |name: &'static str| {
                column(&move |h: &HeadMetrics| h.parameters.get(name).copied(), 3)
            };
            let mut cells = vec![head.to_string()];
            cells.extend(differ.then(|| format!("{embedding_dim}-D")));
            cells.extend([
                column(&|h| Some(h.test_accuracy * 100.0), 2),
                column(&|h| Some(h.compactness.embedding_radius_p99), 2),
                column(&|h| Some(h.compactness.compactness_ratio), 2),
                column(&|h| Some(h.silhouette), 3),
                parameter("mu"),
                parameter("sigma"),
            ]);
            let _ = writeln!(text, "| {} |", cells.join(" | "));
        }
        text
    }

    /// The same for machines: mean and standard deviation of each number of each head.
    pub fn json(&self) -> Value {
        let Some(first) = self.runs.first() else {
            return Value::Null;
        };
        let seeds: Vec<u64> = self.runs.iter().map(|run| run.seed).collect();
        let heads = first.heads.iter().map(|head| {
            let mut of_key: BTreeMap<String, Vec<f64>> = BTreeMap::new();
            let of_head = |run: &Metrics| run.heads.iter().find(|h| h.head == head.head).cloned();
            for metrics in self.runs.iter().filter_map(of_head) {
                let evaluations = EVALUATIONS.iter().map(|e| e.name());
                for evaluation in evaluations {
                    for (key, number) in metrics.numbers(evaluation).0 {
                        of_key.entry(key).or_default().push(number);
                    }
                }
                for (name, value) in &metrics.parameters {
                    of_key.entry(name.clone()).or_default().push(*value);
                }
            }
            let numbers = of_key.into_iter().map(|(key, values)| {
                let (mean, deviation) = moments(&values);
                (key, json!({ "mean": mean, "deviation": deviation }))
            });
            json!({
                "head": head.head,
                "embedding_dim": head.embedding_dim,
                "numbers": numbers.collect::<Map<_, _>>(),
            })
        });
        json!({
            "experiment": first.experiment,
            "dataset": first.dataset,
            "device": first.device,
            "epochs": first.epochs,
            "train_images": first.train_images,
            "evaluated_on": first.evaluated_on,
            "test_images": first.test_images,
            "seeds": seeds,
            "heads": heads.collect::<Vec<_>>(),
        })
    }

    fn column(
        &self,
        head: HeadConfig,
        value: &dyn Fn(&HeadMetrics) -> Option<f64>,
        digits: usize,
    ) -> String {
        let heads = self
            .runs
            .iter()
            .flat_map(|run| &run.heads)
            .filter(|h| h.head == head);
        let values: Vec<f64> = heads.filter_map(value).collect();
        match values.is_empty() {
            true => String::new(),
            false => mean_and_deviation(&values, digits),
        }
    }
}

fn difference(a: &Metrics, b: &Metrics) -> Option<&'static str> {
    let heads = |run: &Metrics| {
        run.heads
            .iter()
            .map(|h| (h.head, h.embedding_dim))
            .collect::<Vec<_>>()
    };
    [
        (a.experiment != b.experiment, "the experiments differ"),
        (a.device != b.device, "the devices differ"),
        (a.epochs != b.epochs, "the numbers of epochs differ"),
        (
            a.train_images != b.train_images,
            "the numbers of training images differ",
        ),
        (
            a.evaluated_on != b.evaluated_on,
            "one was measured on test images, one on validation images",
        ),
        (
            a.test_images != b.test_images,
            "the numbers of test images differ",
        ),
        (heads(a) != heads(b), "the heads differ"),
        (a.seed == b.seed, "the seed is the same"),
    ]
    .into_iter()
    .find_map(|(applies, why)| applies.then_some(why))
}
