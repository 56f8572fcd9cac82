use std::collections::BTreeSet;
use std::fmt::Write;

use super::super::{FixedDetector, Question};
use super::column::{Column, What};
use super::part::{Part, Row};
use super::{comparison, table, warnings};
use crate::attack::Surface;

/// Which attacks are in a table.
type Chosen = fn(&Question) -> bool;

/// Tables of attacks that say little of robustness, with what is in them.
const CARELESS: [(&str, Chosen); 2] = [
    (
        "Attacked through other values than the scores, accuracy in %",
        |question| question.surface != Surface::Scores,
    ),
    (
        "Attacked by the gradients of the model beside, accuracy in %",
        |question| question.transfer.is_some(),
    ),
];

/// The section of the page.
pub(super) fn markdown(part: &Part) -> String {
    let mut text = format!("\n## {}\n\n{}\n", part.part.title, settings(part));
    if !part.is_known() {
        return text + "\nNothing is known yet.\n";
    }
    let accuracy = || Column::number("accuracy, %", "accuracy", "test_accuracy", 100.0, 2);
    let compactness = || Column::number("compactness", "compactness", "compactness_ratio", 1.0, 2);
    let columns = [
        accuracy(),
        compactness(),
        Column::number("silhouette", "silhouette", "silhouette", 1.0, 3),
        Column::number("NC1", "neural-collapse", "nc1", 1.0, 3),
        Column::number("ECE, %", "calibration", "ece", 100.0, 2),
        Column::number("AURC, ‰", "rejection", "aurc", 1000.0, 3),
    ];
    text += "\n### Accuracy, compactness, calibration, rejection\n\n";
    text += &table::of(part, &columns, None);
    text += &failures(part);
    let outliers = part.part.asks_for("outliers");
    if outliers {
        text += "\n### Outliers\n\n";
        let columns = [
            Column::fixed("AUROC, %", "auroc"),
            Column::fixed("FPR95, %", "fpr95"),
            Column::number("AUROC of knn, %", "outliers", "auroc knn", 100.0, 1),
            Column::number("FPR95 of knn, %", "outliers", "fpr95 knn", 100.0, 1),
        ];
        let letters = [
            Column::fixed_of("letters, AUROC, %", "letters", "auroc"),
            Column::fixed_of("letters, FPR95, %", "letters", "fpr95"),
        ];
        let letters = letters
            .into_iter()
            .filter(|_| part.part.asks_for("letters"));
        let columns: Vec<Column> = columns.into_iter().chain(letters).collect();
        let detector = |head| FixedDetector::of(head).detector.to_owned();
        text += &table::of(part, &columns, Some(("detector", &detector)));
    }
    let robust = Column::robust(part.part);
    if !robust.is_empty() {
        text += "\n### Robust accuracy, %\n\n";
        text += &table::of(part, &robust, None);
        text += &standard_error(part, &robust);
        text += &warnings::of(part);
    }
    for (title, chosen) in CARELESS {
        let columns = Column::attacks(part.part, chosen);
        let few = part.few(&columns);
        let mut values = few
            .rows
            .iter()
            .flat_map(|row| columns.iter().map(|column| row.values(column)));
        if values.any(|values| !values.is_empty()) {
            let _ = write!(text, "\n### {title}\n\n{}", table::of(&few, &columns, None));
        }
    }
    let mut compared = vec![accuracy(), compactness()];
    compared.extend(outliers.then(|| Column::fixed("AUROC, points", "auroc")));
    compared.extend(robust);
    text + &comparison::of(part, &compared)
}

/// How it was trained, and on what.
pub(super) fn settings(part: &Part) -> String {
    let of = &part.part.experiment;
    let known = || part.rows.iter().flat_map(Row::known);
    let images: BTreeSet<String> = known()
        .map(|result| {
            let data = &result.data;
            format!(
                "{} training and {} {} images of {} (checksums of the content {} and {})",
                data.training.images,
                data.test.images,
                data.evaluated_on,
                data.name,
                data.training.checksum,
                data.test.checksum
            )
        })
        .collect();
    let [first, second] = of.channels;
    let mut text = format!(
        "Encoder: two convolutions of 5 x 5 pixels with {first} and {second} channels, each with ReLU and 2 x 2 \
         max-pooling, a hidden layer of 128, a {}-D embedding. {} epochs, {} images a step, Adam with learning rate \
         {}, which falls to 0 along a cosine",
        of.embedding_dim, of.epochs, of.batch_size, of.learning_rate,
    );
    if let Some(adversary) = of.adversary {
        let _ = write!(
            text,
            "; each batch perturbed by {} steps of projected gradient descent under L-inf, eps growing to {} over the \
             first third of the training",
            adversary.steps, adversary.eps
        );
    }
    text += ".";
    if let Some(limit) = of.limit_train {
        let _ = write!(text, " Drawn by the seed: {limit} training images.");
    }
    // Each seed draws others, then.
    for images in images.iter().take(usize::from(of.limit_train.is_none())) {
        let _ = write!(text, " {images}.");
    }
    text
}

/// The trainings that have no model.
pub(super) fn failures(part: &Part) -> String {
    let mut text = String::new();
    for row in &part.rows {
        for result in row.known() {
            if let Some(failure) = &result.failure {
                let seed = result.experiment.seed;
                let _ = writeln!(text, "\n{}, seed {seed}: {failure}.", row.head);
            }
        }
    }
    text
}

/// The largest standard error of the robust accuracies.
fn standard_error(part: &Part, robust: &[Column]) -> String {
    let mut images = BTreeSet::new();
    let mut largest: f64 = 0.0;
    for column in robust {
        let What::Robust(question) = &column.what else {
            continue;
        };
        for result in part.rows.iter().flat_map(Row::known) {
            if let Some(answer) = result.answer(question) {
                images.insert(question.images);
                largest = largest.max(answer.left.standard_error());
            }
        }
    }
    let images: Vec<String> = images.iter().map(usize::to_string).collect();
    match images.is_empty() {
        true => String::new(),
        false => format!(
            "\n{} images; the standard error of one model's robust accuracy is sqrt(p (1 - p)/n), at most {:.1} points \
             here.\n",
            images.join(" or "),
            100.0 * largest
        ),
    }
}
