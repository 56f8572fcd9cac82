use serde_json::json;

use super::{EvalError, Evaluation, Measured, Subject, auroc};
use crate::data::Part;

/// Whether the confidence, the probability of the predicted class, tells wrong predictions of the test images from right
/// ones.
///
/// - `aurc`: the area under the risk-coverage curve, `1/n sum_k r_k` where `r_k` is the share of wrong ones among the k
///   most confident predictions (Geifman, Uziel and El-Yaniv, *Bias-Reduced Uncertainty Estimation for Deep Neural
///   Classifiers*, ICLR 2019, arXiv 1805.08206). Of equally confident ones any order is as likely: their wrong ones are
///   spread evenly. Smaller is better.
/// - `auroc`: the probability that a wrong prediction is less confident than a right one, equal ones half (Hendrycks and
///   Gimpel, *A Baseline for Detecting Misclassified and Out-of-Distribution Examples*, ICLR 2017, arXiv 1610.02136).
///   Larger is better; NaN where none is wrong.
///
/// The details have the curve, the risk at each percent of the coverage.
#[derive(Debug, Clone, Copy)]
pub struct Rejection;

impl Evaluation for Rejection {
    fn name(&self) -> &'static str {
        "rejection"
    }

    fn about(&self) -> &'static str {
        "whether confidence tells wrong predictions from right ones: AURC, AUROC"
    }

    fn evaluate(&self, subject: &Subject) -> Result<Measured, EvalError> {
        let test = subject.predictions(Part::Test)?;
        Ok(rejection(test.confidences().zip(test.right()).collect()))
    }
}

/// Of confidences, each with whether the prediction is right.
fn rejection(mut predictions: Vec<(f32, bool)>) -> Measured {
    let doubts = |of: bool| -> Vec<f32> {
        let those = predictions.iter().filter(|(_, right)| *right == of);
        those.map(|(confidence, _)| -confidence).collect()
    };
    let auroc = auroc(&doubts(false), &doubts(true));
    predictions.sort_by(|a, b| b.0.total_cmp(&a.0));
    let risks = risks(&predictions);
    let aurc = risks.iter().sum::<f64>() / risks.len() as f64;
    let at = |percent: usize| {
        let k = (percent * risks.len()).div_ceil(100);
        json!({ "coverage": percent as f64 / 100.0, "risk": risks[k - 1] })
    };
    let curve: Vec<_> = match risks.is_empty() {
        true => Vec::new(),
        false => (1..=100).map(at).collect(),
    };
    Measured {
        details: Some(json!({ "risk_coverage": curve })),
        ..[("aurc", aurc), ("auroc", auroc)].into()
    }
}

/// Of predictions, the most confident first: for each k the share of wrong ones among the first k.
fn risks(predictions: &[(f32, bool)]) -> Vec<f64> {
    let mut risks = Vec::with_capacity(predictions.len());
    let mut wrong_before = 0.0;
    for equal in predictions.chunk_by(|a, b| a.0 == b.0) {
        let wrong = equal.iter().filter(|(_, right)| !right).count() as f64;
        for i in 1..=equal.len() {
            let so_far = wrong_before + wrong * i as f64 / equal.len() as f64;
            risks.push(so_far / (risks.len() + 1) as f64);
        }
        wrong_before += wrong;
    }
    risks
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In the order of confidence: right, wrong, right: risks 0, 1/2, 1/3; the wrong one is less confident than one of
    /// two.
    #[test]
    fn by_hand() {
        let of = rejection(vec![(0.5, true), (0.7, false), (0.9, true)]);
        let aurc = (0.0 + 1.0 / 2.0 + 1.0 / 3.0) / 3.0;
        assert!((of.numbers.0["aurc"] - aurc).abs() < 1e-12, "{of:?}");
        assert_eq!(of.numbers.0["auroc"], 0.5);
        let curve = &of.details.unwrap()["risk_coverage"];
        assert_eq!(curve[32], json!({ "coverage": 0.33, "risk": 0.0 }));
        assert_eq!(curve[33], json!({ "coverage": 0.34, "risk": 0.5 }));
        assert_eq!(curve[99], json!({ "coverage": 1.0, "risk": 1.0 / 3.0 }));
    }

    /// The mean over both orders of the two equally confident ones: (0 + 1)/2 after one, 1/2 after two.
    #[test]
    fn equal_confidences_in_any_order() {
        for order in [[true, false], [false, true]] {
            let of = rejection(order.map(|right| (0.8, right)).to_vec());
            assert_eq!(of.numbers.0["aurc"], 0.5);
            assert_eq!(of.numbers.0["auroc"], 0.5);
        }
    }

    #[test]
    fn without_wrong_ones_there_is_no_auroc() {
        let of = rejection(vec![(0.5, true), (0.6, true)]);
        assert_eq!(of.numbers.0["aurc"], 0.0);
        assert!(of.numbers.0["auroc"].is_nan());
    }
}
