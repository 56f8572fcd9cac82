use std::fmt::Write;

use super::{ActivationsMetrics, NetworkKind, Range, TrainingMetrics};
use crate::measured::decimal;
use crate::report::FittedTable;
use crate::report::markdown::{failures_in_markdown, mean_and_deviation};

const HEADER: [&str; 8] = [
    "activation",
    "test accuracy, %",
    "test loss",
    "train loss",
    "weights",
    "gain",
    "s/epoch",
    "learned: mean (range)",
];

/// With what was measured on in place of the test images.
fn header(metrics: &ActivationsMetrics) -> [String; HEADER.len()] {
    HEADER.map(|column| column.replace("test", metrics.evaluated_on.name()))
}

/// One table a network, for the terminal.
pub fn terminal_tables(metrics: &ActivationsMetrics) -> String {
    let mut text = String::new();
    for network in metrics.networks() {
        let mut table = FittedTable::new(header(metrics));
        rows(metrics, network)
            .into_iter()
            .for_each(|row| table.add(row));
        let table = table.for_terminal();
        let _ = writeln!(text, "{}\n{table}\n", network.title());
    }
    for failure in &metrics.failed {
        let _ = writeln!(text, "failed: {}", failure.training);
    }
    text
}

/// The same in Markdown, below a line that says what ran.
pub fn markdown_tables(metrics: &ActivationsMetrics) -> String {
    let seeds: Vec<String> = metrics.seeds().iter().map(u64::to_string).collect();
    let spread = match seeds.len() {
        1 => "",
        _ => " (mean ± standard deviation)",
    };
    let mut text = format!(
        "{} images of {}, {} epochs, {} {} images, device {}, seed {}{spread}:\n",
        metrics.train_images,
        metrics.dataset,
        metrics.epochs,
        metrics.test_images,
        metrics.evaluated_on,
        metrics.device,
        seeds.join(", "),
    );
    for network in metrics.networks() {
        let mut header = header(metrics);
        header[0] = network.title().into();
        let _ = write!(
            text,
            "\n| {} |\n|{}\n",
            header.join(" | "),
            "---|".repeat(header.len())
        );
        for row in rows(metrics, network) {
            let _ = writeln!(text, "| {} |", row.join(" | "));
        }
    }
    text + &failures_in_markdown(&metrics.failed)
}

fn rows(metrics: &ActivationsMetrics, network: NetworkKind) -> Vec<[String; HEADER.len()]> {
    let row = |(activation, trainings): (super::ActivationKind, Vec<&TrainingMetrics>)| {
        let over_seeds = |value: &dyn Fn(&TrainingMetrics) -> f64, digits: usize| {
            let values: Vec<f64> = trainings.iter().map(|t| value(t)).collect();
            mean_and_deviation(&values, digits)
        };
        let [first, ..] = trainings[..] else {
            unreachable!("an activation of the metrics has a training");
        };
        [
            activation.title().into(),
            over_seeds(&|t| t.test_accuracy * 100.0, 2),
            over_seeds(&|t| t.test_loss, 4),
            over_seeds(&|t| t.train_loss, 4),
            first.weights.to_string(),
            format!("{:.3}", first.gain),
            over_seeds(&|t| t.seconds_per_epoch, 1),
            learned(&trainings),
        ]
    };
    metrics.of_network(network).into_iter().map(row).collect()
}

/// Each parameter's mean over layers and seeds, and its extremes.
fn learned(trainings: &[&TrainingMetrics]) -> String {
    let Some(first) = trainings.first() else {
        return String::new();
    };
    // In the paper's order.
    let names = ["mu", "sigma", "pi", "slope"].into_iter();
    let text: Vec<String> = names
        .filter(|name| first.learned.contains_key(*name))
        .map(|name| {
            let ranges: Vec<&Range> = trainings
                .iter()
                .filter_map(|training| training.learned.get(name))
                .flatten()
                .collect();
            let mean = ranges.iter().map(|r| r.mean).sum::<f64>() / ranges.len() as f64;
            let min = ranges.iter().map(|r| r.min).fold(f64::INFINITY, f64::min);
            let max = ranges
                .iter()
                .map(|r| r.max)
                .fold(f64::NEG_INFINITY, f64::max);
            let [mean, min, max] = [mean, min, max].map(|value| decimal(value, 2));
            format!("{name} {mean} ({min} to {max})")
        })
        .collect();
    text.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::activations::{ActivationKind, ActivationsExperiment};
    use crate::data::EvaluateOn;

    fn metrics() -> ActivationsMetrics {
        let training = |seed, test_accuracy, mean| TrainingMetrics {
            network: NetworkKind::Cnn,
            activation: ActivationKind::PDome,
            seed,
            gain: 2.0,
            weights: 1234,
            test_accuracy,
            test_loss: 0.5,
            train_loss: 0.25,
            seconds_per_epoch: 3.0,
            learned: [("pi", mean), ("mu", 2.0)]
                .map(|(name, mean)| {
                    let (min, max) = (mean - 0.5, mean + 0.5);
                    (name.into(), vec![Range { mean, min, max }])
                })
                .into(),
        };
        ActivationsMetrics {
            experiment: ActivationsExperiment::NAME.into(),
            dataset: "mnist".into(),
            device: "flex".into(),
            evaluated_on: EvaluateOn::Test,
            epochs: 2,
            train_images: 60,
            test_images: 10,
            trainings: vec![training(0, 0.9, 1.0), training(1, 0.8, 3.0)],
            failed: Vec::new(),
        }
    }

    #[test]
    fn means_over_seeds() {
        let text = markdown_tables(&metrics());
        // Standard deviation of 90 and 80 with n - 1: sqrt(50).
        let row = "| PDOME | 85.00 ± 7.07 | 0.5000 ± 0.0000 | 0.2500 ± 0.0000 | 1234 | 2.000 \
                   | 3.0 ± 0.0 | mu 2.00 (1.50 to 2.50), pi 2.00 (0.50 to 3.50) |\n";
        assert!(text.ends_with(row), "{text}");
        assert!(
            text.contains("seed 0, 1 (mean ± standard deviation):"),
            "{text}"
        );
        assert!(text.contains("\n| CNN | test accuracy, % |"), "{text}");
    }

    #[test]
    fn one_seed_has_no_spread() {
        let mut metrics = metrics();
        metrics.trainings.truncate(1);
        let text = terminal_tables(&metrics);
        assert!(text.contains("90.00") && !text.contains('±'), "{text}");
    }
}
