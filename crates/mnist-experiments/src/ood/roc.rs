/// The receiver operating characteristic: shares of inliers and of outliers at or above each threshold, from (0, 0) to
/// (1, 1); of a given number of points at most, about evenly spread along the curve. Empty if a side is empty or a value is NaN.
pub fn roc(inliers: &[f32], outliers: &[f32], points: usize) -> Vec<[f64; 2]> {
    let labelled = |values: &[f32], out: bool| values.iter().map(|&v| (v, out)).collect::<Vec<_>>();
    let mut all = labelled(inliers, false);
    all.extend(labelled(outliers, true));
    if inliers.is_empty() || outliers.is_empty() || all.iter().any(|(value, _)| value.is_nan()) {
        return Vec::new();
    }
    all.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (mut false_ones, mut true_ones) = (0, 0);
    let mut curve = vec![[0.0; 2]];
    for equal in all.chunk_by(|a, b| a.0 == b.0) {
        let out = equal.iter().filter(|(_, out)| *out).count();
        true_ones += out;
        false_ones += equal.len() - out;
        let shares = [(false_ones, inliers.len()), (true_ones, outliers.len())];
        curve.push(shares.map(|(count, of)| count as f64 / of as f64));
    }
    // Along a curve that only rises, x + y tells how far one is.
    let gap = 2.0 / points.saturating_sub(2).max(1) as f64;
    let mut kept: Vec<[f64; 2]> = Vec::new();
    for (i, &[x, y]) in curve.iter().enumerate() {
        let last = i + 1 == curve.len();
        if last || kept.last().is_none_or(|[a, b]| x + y - a - b >= gap) {
            kept.push([x, y]);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let curve = roc(&[0.1, 0.3, 0.3, 0.0], &[0.2, 0.3, 0.9, 0.8], 100);
        let right = [
            [0.0, 0.0],
            [0.0, 0.25],
            [0.0, 0.5],
            [0.5, 0.75],
            [0.5, 1.0],
            [0.75, 1.0],
            [1.0, 1.0],
        ];
        assert_eq!(curve, right);
        assert!(roc(&[], &[1.0], 9).is_empty() && roc(&[f32::NAN], &[1.0], 9).is_empty());
    }

    #[test]
    fn a_few_points_of_many() {
        let inliers: Vec<f32> = (0..5000).map(|i| i as f32).collect();
        let outliers: Vec<f32> = (0..5000).map(|i| 1000.0 + i as f32).collect();
        let curve = roc(&inliers, &outliers, 50);
        assert!((40..=50).contains(&curve.len()), "{}", curve.len());
        assert_eq!((curve[0], curve[curve.len() - 1]), ([0.0; 2], [1.0; 2]));
        let area: f64 = curve
            .windows(2)
            .map(|w| (w[1][0] - w[0][0]) * (w[0][1] + w[1][1]) / 2.0)
            .sum();
        // One minus half of the square of 0.8.
        assert!((area - 0.68).abs() < 0.01, "{area}");
    }
}
