use std::collections::BTreeMap;

use serde::Deserialize;

use super::{EmbeddingRow, HeadMetrics, Metrics, ReferencePoints, RunError, RunFolder};
use crate::data::title;
use crate::eval::Plane;
use crate::measured::decimal;

/// What figures are drawn from.
pub(super) struct Results {
    pub metrics: Metrics,
    pub class_names: Vec<String>,
    pub planes: BTreeMap<String, Plane>,
    rows: Vec<EmbeddingRow>,
    reference_points: ReferencePoints,
}

/// What is read of the manifest.
#[derive(Deserialize)]
struct Named {
    classes: Vec<String>,
}

impl Results {
    pub fn read(folder: &RunFolder) -> Result<Self, RunError> {
        let metrics = folder.metrics()?;
        let named = folder.manifest::<Named>()?;
        let names = named.map_or_else(|| metrics.task.class_names(None), |named| named.classes);
        let results = Self {
            metrics,
            class_names: names,
            planes: folder.planes()?,
            rows: folder.embeddings()?,
            reference_points: folder.reference_points()?,
        };
        for head in &results.metrics.heads {
            results
                .check(head)
                .map_err(|reason| RunError::file("read", &folder.file("embedding.csv"), reason))?;
        }
        Ok(results)
    }

    /// That a head has a line for each image, of its dimensions: the file may have been cut off between two lines.
    fn check(&self, head: &HeadMetrics) -> Result<(), String> {
        let (name, images) = (head.head, self.metrics.test_images);
        let count = self.rows(head).count();
        if count != images {
            return Err(format!(
                "it has {count} lines of {name}, but there are {images} images"
            ));
        }
        let classes = self.metrics.task.classes();
        let fits = |row: &EmbeddingRow| {
            row.embedding.len() == head.embedding_dim && usize::from(row.class) < classes
        };
        match self.rows(head).all(fits) {
            true => Ok(()),
            false => Err(format!(
                "a line of {name} has not {} coordinates, or a class that is none",
                head.embedding_dim
            )),
        }
    }

    /// The heads of more than two classes whose embedding has more than two dimensions.
    pub fn heads_in_space(&self) -> impl Iterator<Item = &HeadMetrics> {
        let many = self.class_names.len() > 2;
        let heads = self.metrics.heads.iter();
        heads.filter(move |head| many && head.embedding_dim > 2)
    }

    /// A head's lines of `embedding.csv`.
    pub fn rows(&self, head: &HeadMetrics) -> impl Iterator<Item = &EmbeddingRow> {
        let name = head.head.to_string();
        self.rows.iter().filter(move |row| row.head == name)
    }

    /// Their embeddings, one after the other.
    pub fn embeddings(&self, head: &HeadMetrics) -> Vec<f32> {
        let coordinates = self.rows(head).flat_map(|row| &row.embedding);
        coordinates.copied().collect()
    }

    /// The class of each of them.
    pub fn classes(&self, head: &HeadMetrics) -> Vec<u8> {
        self.rows(head).map(|row| row.class).collect()
    }

    /// The reference points of a head; empty if it has none.
    pub fn reference_points(&self, head: &HeadMetrics) -> &[Vec<f32>] {
        let points = self.reference_points.get(&head.head.to_string());
        points.map_or(&[], Vec::as_slice)
    }

    /// What the images show, as the start of a title.
    pub fn subject(&self) -> String {
        use crate::task::Task::{Digits, EvenOdd};
        let known = self.class_names.len();
        match (self.metrics.task, self.metrics.dataset.as_str()) {
            (Digits, other) if known < Digits.classes() => {
                format!("{known} of the ten classes of {}", title(other))
            }
            (EvenOdd, "mnist") => "Even and odd MNIST digits".into(),
            (EvenOdd, other) => format!("Even and odd labels of {}", title(other)),
            (Digits, "mnist") => "The ten MNIST digits".into(),
            (Digits, other) => format!("The ten classes of {}", title(other)),
        }
    }
}

/// What the reference points are, for legends.
pub(super) const REFERENCE_LABEL: &str = "mode of a class, μ times its reference point";

/// A head's results in a line, for the text below a panel's title.
pub(super) fn subtitle(head: &HeadMetrics) -> String {
    format!(
        "accuracy {} %, radius (p99) {}, compactness {}",
        decimal(head.test_accuracy * 100.0, 2),
        decimal(head.compactness.embedding_radius_p99, 1),
        decimal(head.compactness.compactness_ratio, 1),
    )
}
