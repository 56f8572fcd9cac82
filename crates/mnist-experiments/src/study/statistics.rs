use special::Beta;

/// Student's t-test for paired values: whether the mean of their differences is 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PairedT {
    /// Number of pairs.
    pub pairs: usize,
    /// Mean of the differences, the first of a pair less the second.
    pub difference: f64,
    /// Their standard deviation, with n - 1.
    pub deviation: f64,
    /// The probability of a mean at least as far from 0, if it is 0 and the differences are normal, in two tails.
    pub p: f64,
}

impl PairedT {
    /// Of two values or more each; nothing of fewer, or where one is no number.
    ///
    /// With `t = d / (s / sqrt n)` and `f = n - 1` degrees of freedom `p = I_(f/(f + t^2))(f/2, 1/2)`, I the regularised
    /// incomplete beta function. Where all differences are equal, p is 1 if they are 0, else 0.
    pub fn of(pairs: &[(f64, f64)]) -> Option<Self> {
        let n = pairs.len() as f64;
        let differences = || pairs.iter().map(|(a, b)| a - b);
        if pairs.len() < 2 || !differences().all(f64::is_finite) {
            return None;
        }
        let difference = differences().sum::<f64>() / n;
        let squares = differences().map(|d| (d - difference).powi(2));
        let deviation = (squares.sum::<f64>() / (n - 1.0)).sqrt();
        let p = match (deviation > 0.0, difference == 0.0) {
            (true, _) => {
                let t = difference / (deviation / n.sqrt());
                let freedom = n - 1.0;
                incomplete_beta(freedom / (freedom + t * t), freedom / 2.0, 0.5)
            }
            (false, true) => 1.0,
            (false, false) => 0.0,
        };
        Some(Self {
            pairs: pairs.len(),
            difference,
            deviation,
            p,
        })
    }
}

/// McNemar's exact test: whether two classifiers are right equally often on the same images.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct McNemar {
    /// Images that the first alone classifies correctly.
    pub first_only: usize,
    /// Images that the second alone classifies correctly.
    pub second_only: usize,
    /// The probability of a split at least as uneven, if both are as likely, in two tails.
    pub p: f64,
}

impl McNemar {
    /// Of the outcomes of two classifiers; nothing if they are not of the same number of images.
    ///
    /// With b and c the images that one alone classifies correctly, k the smaller number and n their sum,
    /// `p = min(1, 2 P(X <= k))`, X binomial with n and 1/2: `P(X <= k) = I_(1/2)(n - k, k + 1)`.
    pub fn of(first: &[bool], second: &[bool]) -> Option<Self> {
        if first.len() != second.len() {
            return None;
        }
        let only = |a: bool| {
            let pairs = first.iter().zip(second);
            pairs.filter(|(x, y)| **x == a && **y != a).count()
        };
        let (first_only, second_only) = (only(true), only(false));
        let n = first_only + second_only;
        let k = first_only.min(second_only);
        let p = match n {
            0 => 1.0,
            _ => (2.0 * incomplete_beta(0.5, (n - k) as f64, (k + 1) as f64)).min(1.0),
        };
        Some(Self {
            first_only,
            second_only,
            p,
        })
    }
}

/// Probabilities of several tests, adjusted such that all together err as rarely as one alone (Holm, 1979): of m in
/// ascending order the i-th becomes the largest of `(m - j + 1) p_j`, j up to i, and at most 1.
pub fn holm(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&a, &b| p[a].total_cmp(&p[b]));
    let mut adjusted = vec![0.0; p.len()];
    let mut largest: f64 = 0.0;
    for (rank, &i) in order.iter().enumerate() {
        largest = largest.max((p.len() - rank) as f64 * p[i]).min(1.0);
        adjusted[i] = largest;
    }
    adjusted
}

/// The regularised incomplete beta function `I_x(a, b)`.
fn incomplete_beta(x: f64, a: f64, b: f64) -> f64 {
    x.inc_beta(a, b, a.ln_beta(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-9, "{found} {expected}");
    }

    /// What scipy 1.17.1 gives: `stats.ttest_rel`.
    #[test]
    fn student() {
        let pairs = [1.0, 2.0, 3.0, 4.0, 5.0].map(|d| (d, 0.0));
        let t = PairedT::of(&pairs).unwrap();
        assert_eq!((t.pairs, t.difference), (5, 3.0));
        near(t.deviation, 2.5f64.sqrt());
        near(t.p, 0.01323559956368269);
        // One degree of freedom: 1 - 2/pi atan |t|, t = 2.
        let t = PairedT::of(&[(1.0, 0.0), (3.0, 0.0)]).unwrap();
        near(t.p, 1.0 - 2.0 / std::f64::consts::PI * 2f64.atan());
        let t = PairedT::of(&[(99.28, 98.78), (99.31, 98.85), (99.25, 98.91)]).unwrap();
        near(t.p, 0.012085036060301016);

        assert_eq!(PairedT::of(&[(1.0, 1.0); 3]).unwrap().p, 1.0);
        assert_eq!(PairedT::of(&[(2.0, 1.0); 3]).unwrap().p, 0.0);
        assert_eq!(PairedT::of(&[(2.0, 1.0)]), None);
        assert_eq!(PairedT::of(&[(2.0, 1.0), (f64::NAN, 1.0)]), None);
    }

    #[test]
    fn mcnemar_by_hand() {
        // Ten images that one alone has right, nine of them the first: 2 (1 + 10) / 1024.
        let first: Vec<bool> = (0..30).map(|i| !(9..20).contains(&i)).collect();
        let second: Vec<bool> = (0..30).map(|i| i == 9 || i >= 20).collect();
        let test = McNemar::of(&first, &second).unwrap();
        assert_eq!((test.first_only, test.second_only), (9, 1));
        near(test.p, 22.0 / 1024.0);
        assert_eq!(McNemar::of(&first, &first).unwrap().p, 1.0);
        assert_eq!(McNemar::of(&[true, false], &[false, true]).unwrap().p, 1.0);
        near(McNemar::of(&[true; 4], &[false; 4]).unwrap().p, 2.0 / 16.0);
        assert_eq!(McNemar::of(&[true], &[]), None);
    }

    #[test]
    fn holm_by_hand() {
        assert_eq!(holm(&[0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02]);
        assert_eq!(holm(&[0.5, 0.9]), [1.0, 1.0]);
        assert_eq!(holm(&[]), [0.0; 0]);
    }
}
