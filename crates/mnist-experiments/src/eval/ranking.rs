/// The area under the receiver operating characteristic: the probability that a positive has a larger value than a
/// negative, where equal values count half (the statistic of Mann and Whitney, 1947). NaN without positives or negatives,
/// or if a value is NaN.
pub fn auroc(positives: &[f32], negatives: &[f32]) -> f64 {
    let tagged = |values: &[f32], positive| -> Vec<(f32, bool)> {
        values.iter().map(|&value| (value, positive)).collect()
    };
    let mut all = tagged(positives, true);
    all.extend(tagged(negatives, false));
    if all.iter().any(|(value, _)| value.is_nan()) {
        return f64::NAN;
    }
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut below, mut won) = (0.0, 0.0);
    // 0 and -0 are equal.
    for equal in all.chunk_by(|a, b| a.0 == b.0) {
        let of_positives = equal.iter().filter(|(_, positive)| *positive).count() as f64;
        let of_negatives = equal.len() as f64 - of_positives;
        won += of_positives * (below + of_negatives / 2.0);
        below += of_negatives;
    }
    won / (positives.len() as f64 * negatives.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn naive(positives: &[f32], negatives: &[f32]) -> f64 {
        let mut won = 0.0;
        for p in positives {
            for n in negatives {
                won += f64::from(u8::from(p > n)) + 0.5 * f64::from(u8::from(p == n));
            }
        }
        won / (positives.len() * negatives.len()) as f64
    }

    #[test]
    fn pair_by_pair() {
        let positives = [3.0, 1.0, 1.0, -0.0, f32::INFINITY];
        let negatives = [0.0, 1.0, 2.0, f32::NEG_INFINITY];
        let expected = naive(&positives, &negatives);
        assert!((auroc(&positives, &negatives) - expected).abs() < 1e-12);
        assert_eq!(auroc(&[2.0], &[1.0]), 1.0);
        assert_eq!(auroc(&[1.0, 1.0], &[1.0]), 0.5);
        assert!(auroc(&[], &[1.0]).is_nan() && auroc(&[1.0], &[]).is_nan());
        assert!(auroc(&[f32::NAN], &[1.0]).is_nan());
    }
}
