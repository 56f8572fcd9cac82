use serde::{Deserialize, Serialize};

use crate::eval::auroc;

/// How well values tell outliers from inliers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Detection {
    /// The area under the receiver operating characteristic, where equal values count half.
    pub auroc: f64,
    /// The share of inliers taken for outliers at the largest threshold at which 95 % of the outliers are found. All
    /// thresholds count, as scikit-learn's `roc_curve` has it with `drop_intermediate=False`.
    pub fpr95: f64,
    /// The area under the curve of precision against recall by trapezoids, inliers being what is looked for.
    pub aupr_in: f64,
    /// The same, outliers being what is looked for.
    pub aupr_out: f64,
}

impl Detection {
    /// Of the values of inliers and outliers; all numbers are NaN if a value is NaN or one side is empty.
    pub fn of(inliers: &[f32], outliers: &[f32]) -> Self {
        let auroc = auroc(outliers, inliers);
        if auroc.is_nan() {
            return Self {
                auroc,
                fpr95: f64::NAN,
                aupr_in: f64::NAN,
                aupr_out: f64::NAN,
            };
        }
        let negated = |values: &[f32]| values.iter().map(|v| -v).collect::<Vec<f32>>();
        Self {
            auroc,
            fpr95: false_positives(inliers, outliers, 0.95),
            aupr_in: precision_recall_area(&negated(inliers), &negated(outliers)),
            aupr_out: precision_recall_area(outliers, inliers),
        }
    }
}

/// The share of inliers at or above the largest threshold that this share of the outliers reaches.
fn false_positives(inliers: &[f32], outliers: &[f32], found: f64) -> f64 {
    let mut sorted = outliers.to_vec();
    sorted.sort_by(|a, b| b.total_cmp(a));
    let needed = (found * sorted.len() as f64).ceil().max(1.0) as usize;
    let threshold = sorted[needed - 1];
    let above = inliers.iter().filter(|&&value| value >= threshold).count();
    above as f64 / inliers.len() as f64
}

/// By trapezoids between the distinct thresholds, from recall 0 with precision 1, as scikit-learn's
/// `auc(*precision_recall_curve(...))`.
fn precision_recall_area(positives: &[f32], negatives: &[f32]) -> f64 {
    let mut all: Vec<(f32, bool)> = positives.iter().map(|&value| (value, true)).collect();
    all.extend(negatives.iter().map(|&value| (value, false)));
    all.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (mut right, mut taken) = (0.0, 0.0);
    let (mut recall, mut precision, mut area) = (0.0, 1.0, 0.0);
    for equal in all.chunk_by(|a, b| a.0 == b.0) {
        right += equal.iter().filter(|(_, positive)| *positive).count() as f64;
        taken += equal.len() as f64;
        let (next_recall, next_precision) = (right / positives.len() as f64, right / taken);
        area += (next_recall - recall) * (precision + next_precision) / 2.0;
        (recall, precision) = (next_recall, next_precision);
    }
    area
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let inliers = [0.1, 0.2, 0.3, 0.6];
        let outliers = [0.5, 0.6, 0.9, 0.7];
        let d = Detection::of(&inliers, &outliers);
        // Of 16 pairs 0.5 loses against 0.6, and 0.6 is equal once.
        assert!((d.auroc - 14.5 / 16.0).abs() < 1e-12);
        // All four outliers are needed for 95 %: from 0.5 on, where one inlier is.
        assert_eq!(d.fpr95, 0.25);
        // Thresholds 0.9, 0.7, 0.6 (one of each), 0.5: precision 1, 1, 3/4, 4/5 at recall 1/4, 2/4, 3/4, 1.
        let out = 0.5 + 0.25 * (1.0 + 0.75) / 2.0 + 0.25 * (0.75 + 0.8) / 2.0;
        assert!((d.aupr_out - out).abs() < 1e-12, "{}", d.aupr_out);
        // Inliers from below: 0.1, 0.2, 0.3, then 0.5 (an outlier), then 0.6 (one of each).
        let within = 0.75 + 0.25 * (0.75 + 4.0 / 6.0) / 2.0;
        assert!((d.aupr_in - within).abs() < 1e-12, "{}", d.aupr_in);
    }

    #[test]
    fn extremes() {
        let perfect = Detection::of(&[0.0, 1.0], &[2.0, 3.0]);
        assert_eq!((perfect.auroc, perfect.fpr95), (1.0, 0.0));
        assert_eq!((perfect.aupr_in, perfect.aupr_out), (1.0, 1.0));
        let blind = Detection::of(&[1.0; 4], &[1.0; 4]);
        assert_eq!((blind.auroc, blind.fpr95), (0.5, 1.0));
        assert!(Detection::of(&[f32::NAN], &[1.0]).fpr95.is_nan());
    }
}
