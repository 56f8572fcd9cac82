use serde::Serialize;
use serde_json::json;

use super::{EvalError, Evaluation, Measured, Predictions, Subject};
use crate::data::Part;

/// Whether the probabilities of the test images say how often the predictions are right.
///
/// - `ece`: the expected calibration error, `sum_b n_b/n |accuracy_b - confidence_b|` over 15 bins of equal width, bin b
///   of the confidences (the probability of the predicted class) in `((b - 1)/15, b/15]`; Naeini et al. (2015), as Guo et
///   al., *On Calibration of Modern Neural Networks*, ICML 2017, arXiv 1706.04599, equation (3).
/// - `nll`: the mean of `-ln p_y`. A probability of 0 is taken as the smallest difference from 1 of a double, 2.2e-16, as
///   scikit-learn's `log_loss` does.
/// - `brier`: the mean of `sum_k (p_k - [k = y])^2`, in [0, 2] (Brier, 1950).
///
/// All of them: smaller is better. The bins are in the details, for reliability diagrams.
#[derive(Debug, Clone, Copy)]
pub struct Calibration;

/// Bins of a reliability diagram.
const BINS: usize = 15;

impl Evaluation for Calibration {
    fn name(&self) -> &'static str {
        "calibration"
    }

    fn about(&self) -> &'static str {
        "whether probabilities say how often predictions are right: ECE, NLL, Brier score"
    }

    fn evaluate(&self, subject: &Subject) -> Result<Measured, EvalError> {
        Ok(calibration(&*subject.predictions(Part::Test)?))
    }
}

/// A bin of a reliability diagram.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Bin {
    /// Number of images.
    pub images: usize,
    /// Mean of the confidences; 0 without images.
    pub confidence: f64,
    /// Share of right predictions; 0 without images.
    pub accuracy: f64,
}

/// The bins of a reliability diagram.
pub fn reliability_of(predictions: &Predictions) -> [Bin; BINS] {
    reliability(predictions.confidences(), predictions.right())
}

fn calibration(predictions: &Predictions) -> Measured {
    let bins = reliability_of(predictions);
    let images = predictions.targets.len() as f64;
    let of_bin = |bin: &Bin| bin.images as f64 * (bin.accuracy - bin.confidence).abs();
    let ece = bins.iter().map(of_bin).sum::<f64>() / images;
    let (mut nll, mut brier) = (0.0, 0.0);
    let rows = predictions.probabilities.chunks(predictions.classes);
    for (row, &target) in rows.zip(&predictions.targets) {
        let target = usize::from(target);
        nll -= f64::from(row[target]).max(f64::EPSILON).ln();
        for (class, &p) in row.iter().enumerate() {
            brier += (f64::from(p) - f64::from(u8::from(class == target))).powi(2);
        }
    }
    Measured {
        details: Some(json!({ "bins": bins })),
        ..[
            ("ece", ece),
            ("nll", nll / images),
            ("brier", brier / images),
        ]
        .into()
    }
}

fn reliability(
    confidences: impl Iterator<Item = f32>,
    right: impl Iterator<Item = bool>,
) -> [Bin; BINS] {
    let mut bins = [Bin::default(); BINS];
    for (confidence, right) in confidences.zip(right) {
        let confidence = f64::from(confidence);
        // Of NaN the first one: a cast gives 0.
        let upper = (confidence * BINS as f64).ceil() as usize;
        let bin = &mut bins[upper.clamp(1, BINS) - 1];
        bin.images += 1;
        bin.confidence += confidence;
        bin.accuracy += f64::from(u8::from(right));
    }
    for bin in bins.iter_mut().filter(|bin| bin.images > 0) {
        bin.confidence /= bin.images as f64;
        bin.accuracy /= bin.images as f64;
    }
    bins
}

#[cfg(test)]
mod tests {
    use super::*;

    fn predictions(rows: &[[f32; 2]], predicted: &[u8], targets: &[u8]) -> Predictions {
        Predictions {
            embedding_dim: 1,
            classes: 2,
            embeddings: vec![0.0; rows.len()],
            scores: vec![0.0; 2 * rows.len()],
            probabilities: rows.as_flattened().to_vec(),
            predicted: predicted.to_vec(),
            targets: targets.to_vec(),
            accuracy: 0.5,
        }
    }

    /// Confidences 0.75 (right) and 0.75 (wrong) share a bin: |0.5 - 0.75| of 2 of 4; 1 (right) has its own, without
    /// error; 0.5 (wrong) is in the bin up to 8/15: 0.5 of 1 of 4.
    #[test]
    fn by_hand() {
        let rows = [[0.75, 0.25], [0.25, 0.75], [0.0, 1.0], [0.5, 0.5]];
        let of = calibration(&predictions(&rows, &[0, 1, 1, 0], &[0, 0, 1, 1]));
        let number = |key: &str| of.numbers.0[key];
        assert!((number("ece") - 0.25).abs() < 1e-12, "{of:?}");
        let nll = -(0.75f64.ln() + 0.25f64.ln() + 1f64.ln() + 0.5f64.ln()) / 4.0;
        assert!((number("nll") - nll).abs() < 1e-12, "{of:?}");
        let brier = (2.0 * 0.0625 + 2.0 * 0.5625 + 0.0 + 2.0 * 0.25) / 4.0;
        assert!((number("brier") - brier).abs() < 1e-12, "{of:?}");
        let bins = &of.details.unwrap()["bins"];
        assert_eq!(bins.as_array().unwrap().len(), 15);
        assert_eq!(bins[11]["images"], 2);
        assert_eq!(
            bins[14],
            json!({"images": 1, "confidence": 1.0, "accuracy": 1.0})
        );
    }

    #[test]
    fn an_impossible_class_has_a_finite_loss() {
        let of = calibration(&predictions(&[[1.0, 0.0]], &[0], &[1]));
        assert_eq!(of.numbers.0["nll"], -f64::EPSILON.ln());
        assert_eq!(of.numbers.0["brier"], 2.0);
    }

    #[test]
    fn edges_belong_to_the_bin_below() {
        let bins = reliability([0.0, 0.2, 1.0].into_iter(), [true; 3].into_iter());
        let filled: Vec<usize> = (0..BINS).filter(|&b| bins[b].images > 0).collect();
        // 0.2 as f32 is a little more than 3/15.
        assert_eq!(filled, [0, 3, 14]);
    }
}
