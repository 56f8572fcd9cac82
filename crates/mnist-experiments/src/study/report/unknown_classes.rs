use std::collections::BTreeMap;
use std::fmt::Write;

use super::column::Column;
use super::part::{Part, Row};
use super::{section, table};
use crate::head::HeadConfig;

/// Detectors with the titles of their columns.
const DETECTORS: [(&str, [&str; 2]); 11] = [
    ("MSP", ["auroc msp", "fpr95 msp"]),
    ("largest score", ["auroc max-score", "fpr95 max-score"]),
    ("energy", ["auroc energy", "fpr95 energy"]),
    ("entropy", ["auroc entropy", "fpr95 entropy"]),
    ("GEN", ["auroc gen", "fpr95 gen"]),
    ("ODIN", ["auroc odin", "fpr95 odin"]),
    ("Mahalanobis", ["auroc mahalanobis", "fpr95 mahalanobis"]),
    (
        "relative",
        ["auroc relative-mahalanobis", "fpr95 relative-mahalanobis"],
    ),
    ("KNN, hidden", ["auroc knn-hidden", "fpr95 knn-hidden"]),
    ("ViM", ["auroc vim", "fpr95 vim"]),
    ("KNN", ["auroc knn", "fpr95 knn"]),
];

/// Published figures of a softmax network trained on 0 to 4, outliers 5 to 9, in the order of the columns: AUROC and
/// FPR95, each by the PyTorch and the TensorFlow version.
const PUBLISHED: [(&str, [&str; 2]); 2] = [
    (
        "oodeel, PyTorch",
        [
            "90.7 | 89.7 | 91.4 | 90.8 | 90.8 | 78.6 | 86.5 | 88.0 | 97.4 | 96.4 | –",
            "61.6 | 51.5 | 42.8 | 61.7 | 44.6 | 63.2 | 52.8 | 49.3 | 10.0 | 14.5 | –",
        ],
    ),
    (
        "oodeel, TensorFlow",
        [
            "93.9 | 93.1 | 92.9 | 93.9 | 92.7 | 89.9 | 89.3 | 90.1 | 97.5 | 96.7 | –",
            "41.7 | 40.4 | 40.8 | 41.8 | 42.8 | 45.7 | 42.0 | 41.3 | 9.2 | 12.4 | –",
        ],
    ),
];

const ABOUT: &str = "\
Trained on some of the classes; test images of the others are outliers. Splits of six known classes are those of \
CAC's authors (github.com/dimitymiller/cac-openset, datasets/MNIST/class_splits). *KNN, hidden* and *ViM* look at the \
hidden layer of 128, *KNN*, *Mahalanobis* and *relative* at the embedding, which has one dimension less than there are \
known classes.
";

const COMPARED: &str = "\
The last two rows are published: five-class convolutional networks of the project oodeel, one run each \
(github.com/deel-ai/oodeel, notebooks in docs/notebooks/torch and docs/notebooks/tensorflow). They are other networks, \
with detectors on their last hidden layer: they say where the bar is, not which head is better.
";

/// The section of all parts that are trained on some of the classes; nothing if there are none.
pub(super) fn markdown(parts: &[Part]) -> String {
    let Some(first) = parts.first() else {
        return String::new();
    };
    let mut text = format!(
        "\n## Classes that were not learned\n\n{ABOUT}\n{}\n",
        section::settings(first)
    );
    if !parts.iter().any(Part::is_known) {
        return text + "\nNothing is known yet.\n";
    }
    let by_size = |part: &&Part| part.part.experiment.class_count() == 5;
    let (five, six): (Vec<&Part>, Vec<&Part>) = parts.iter().partition(by_size);
    for part in five {
        let _ = write!(text, "\n### {}\n\n{COMPARED}", part.part.title);
        for (measure, title) in ["AUROC, %", "FPR95, %"].into_iter().enumerate() {
            let columns = columns(measure);
            let _ = write!(text, "\n{title}:\n\n{}", table::of(part, &columns, None));
            for (name, numbers) in PUBLISHED {
                let _ = writeln!(text, "| {name} | – | {} |", numbers[measure]);
            }
        }
        text += &section::failures(part);
    }
    if !six.is_empty() {
        let all = together(&six);
        let splits = six.len();
        let _ = write!(
            text,
            "\n### {splits} splits of six known and four unknown classes, mean and deviation over them\n"
        );
        for (measure, title) in ["AUROC, %", "FPR95, %"].into_iter().enumerate() {
            let columns = columns(measure);
            let _ = write!(text, "\n{title}:\n\n{}", table::of(&all, &columns, None));
        }
        for part in six {
            text += &section::failures(part);
        }
    }
    text
}

/// Accuracy and the detectors.
fn columns(measure: usize) -> Vec<Column> {
    let of_detector = |(title, keys): (&str, [&'static str; 2])| {
        Column::number(title, "unknown-classes", keys[measure], 100.0, 1)
    };
    let accuracy = Column::number("accuracy, %", "accuracy", "test_accuracy", 100.0, 2);
    [accuracy]
        .into_iter()
        .chain(DETECTORS.map(of_detector))
        .collect()
}

/// The parts as one, with the results of all of them in the rows.
fn together<'a>(parts: &[&Part<'a>]) -> Part<'a> {
    let mut rows: BTreeMap<String, Row<'a>> = BTreeMap::new();
    let mut order: Vec<HeadConfig> = Vec::new();
    for row in parts.iter().flat_map(|part| &part.rows) {
        if !order.contains(&row.head) {
            order.push(row.head);
        }
        let all = rows.entry(row.head.to_string()).or_insert_with(|| Row {
            head: row.head,
            results: Vec::new(),
        });
        all.results.extend(&row.results);
    }
    Part {
        part: parts[0].part,
        rows: order
            .iter()
            .filter_map(|head| rows.remove(&head.to_string()))
            .collect(),
    }
}
