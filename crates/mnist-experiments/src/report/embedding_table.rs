use serde::{Deserialize, Serialize};

/// A line of `embedding.csv`: a test image in a head's embedding. The coordinates `x0`, `x1`, ...
/// follow as further columns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EmbeddingRow {
    /// Name of the head.
    pub head: String,
    /// Position of the image in the test set, from 0.
    pub index: usize,
    /// Its label, the digit.
    pub label: u8,
    /// Its class in the task.
    pub class: u8,
    /// The class that the head predicts.
    pub predicted: u8,
    /// The head's probability of class 1; with more than two classes, of the predicted one.
    pub probability: f32,
    /// Where it lies.
    pub embedding: Vec<f32>,
}

impl EmbeddingRow {
    /// The column names for an embedding of size `dim`.
    pub fn header(dim: usize) -> Vec<String> {
        let fixed = [
            "head",
            "index",
            "label",
            "class",
            "predicted",
            "probability",
        ];
        fixed
            .map(String::from)
            .into_iter()
            .chain((0..dim).map(|i| format!("x{i}")))
            .collect()
    }
}
