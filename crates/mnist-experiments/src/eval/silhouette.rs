use rayon::prelude::*;

/// Mean silhouette of points, one after the other with `dim` values each, by their classes.
///
/// With `a` the mean distance to the other points of the own class and `b` the smallest mean
/// distance to those of another one, a point's silhouette is `(b - a) / max(a, b)`, and 0 where it
/// is alone in its class (Rousseeuw, 1987). Exact: n^2 distances, in parallel over the points; the
/// result does not depend on the number of threads. NaN with fewer than two classes.
pub fn silhouette(points: &[f32], dim: usize, classes: &[u8]) -> f64 {
    let count = classes.iter().max().map_or(0, |&last| last as usize + 1);
    let mut sizes = vec![0usize; count];
    classes.iter().for_each(|&class| sizes[class as usize] += 1);
    if sizes.iter().filter(|&&size| size > 0).count() < 2 {
        return f64::NAN;
    }
    let of_point = |(point, &own): (&[f32], &u8)| {
        let own = own as usize;
        if sizes[own] == 1 {
            return 0.0;
        }
        let mut sums = vec![0.0f64; count];
        for (other, &class) in points.chunks(dim).zip(classes) {
            let square: f32 = point
                .iter()
                .zip(other)
                .map(|(a, b)| (a - b) * (a - b))
                .sum();
            sums[class as usize] += square.sqrt() as f64;
        }
        let a = sums[own] / (sizes[own] - 1) as f64;
        let others = (0..count).filter(|&class| class != own && sizes[class] > 0);
        let b = others
            .map(|class| sums[class] / sizes[class] as f64)
            .fold(f64::INFINITY, f64::min);
        if a == b { 0.0 } else { (b - a) / a.max(b) }
    };
    let values: Vec<f64> = points.par_chunks(dim).zip(classes).map(of_point).collect();
    values.iter().sum::<f64>() / classes.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        // Point 0: a = 1, b = (10 + 12)/2 = 11; point 1: a = 1, b = 10; 10: a = 2, b = 9.5;
        // 12: a = 2, b = 11.5.
        let expected = (10.0 / 11.0 + 9.0 / 10.0 + 7.5 / 9.5 + 9.5 / 11.5) / 4.0;
        let s = silhouette(&[0.0, 1.0, 10.0, 12.0], 1, &[0, 0, 1, 1]);
        assert!((s - expected).abs() < 1e-7, "{s} {expected}");
    }

    #[test]
    fn special_cases() {
        assert!(silhouette(&[0.0, 1.0], 1, &[0, 0]).is_nan());
        assert_eq!(silhouette(&[3.0, 3.0, 3.0, 3.0], 1, &[0, 0, 1, 1]), 0.0);
        // A point alone in its class counts 0.
        let s = silhouette(&[0.0, 0.0, 5.0], 1, &[0, 0, 1]);
        assert!((s - 2.0 / 3.0).abs() < 1e-7, "{s}");
    }
}
