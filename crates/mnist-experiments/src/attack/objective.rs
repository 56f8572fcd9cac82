use serde::{Deserialize, Serialize};

/// What an attack raises: a function of an image's scores of the classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Objective {
    /// `ln sum_j e^(z_j) - z_y`.
    CrossEntropy,
    /// `max_(j != y) z_j - z_y`, above 0 where the image is misclassified (Carlini and Wagner, arXiv 1608.04644).
    Margin,
    /// `(z_t - z_y) / (z_(1) - (z_(3) + z_(4)) / 2)` towards the class t, `z_(k)` the k-th largest score: no change of
    /// the scores' scale or offset changes it (Croce and Hein, arXiv 2003.01690, equation 7). It needs four classes.
    TargetedDlr,
}

impl Objective {
    /// The value, and its derivative by each score.
    ///
    /// `towards` is the class t of a targeted objective.
    pub fn value_and_slope(self, z: &[f32], y: usize, towards: usize) -> (f32, Vec<f32>) {
        let mut slope = vec![0.0; z.len()];
        let value = match self {
            Self::CrossEntropy => {
                let largest = z.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                let sum: f32 = z.iter().map(|z| (z - largest).exp()).sum();
                for (slope, z) in slope.iter_mut().zip(z) {
                    *slope = (z - largest).exp() / sum;
                }
                slope[y] -= 1.0;
                largest - z[y] + sum.ln()
            }
            Self::Margin => {
                let other = best_other(z, y);
                slope[other] = 1.0;
                slope[y] = -1.0;
                z[other] - z[y]
            }
            Self::TargetedDlr => {
                let order = descending(z);
                let [first, third, fourth] = [0, 2, 3].map(|rank| order[rank]);
                let above = z[towards] - z[y];
                let below = z[first] - (z[third] + z[fourth]) / 2.0 + 1e-12;
                let value = above / below;
                slope[towards] += 1.0 / below;
                slope[y] -= 1.0 / below;
                for (class, weight) in [(first, 1.0), (third, -0.5), (fourth, -0.5)] {
                    slope[class] -= weight * value / below;
                }
                value
            }
        };
        (value, slope)
    }
}

/// The class with the largest score but `y`.
pub(super) fn best_other(z: &[f32], y: usize) -> usize {
    let others = (0..z.len()).filter(|&class| class != y);
    others.max_by(|&a, &b| z[a].total_cmp(&z[b])).unwrap_or(y)
}

/// The classes, the one with the largest score first.
pub(super) fn descending(z: &[f32]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..z.len()).collect();
    order.sort_by(|&a, &b| z[b].total_cmp(&z[a]));
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::argmax;

    const Z: [f32; 5] = [0.3, 2.0, -1.0, 1.4, 0.9];

    #[test]
    fn values() {
        let of = |objective: Objective| objective.value_and_slope(&Z, 1, 3).0;
        let sum: f32 = Z.iter().map(|z| z.exp()).sum();
        assert!((of(Objective::CrossEntropy) - (sum.ln() - 2.0)).abs() < 1e-6);
        assert!((of(Objective::Margin) + 0.6).abs() < 1e-6);
        // (1.4 - 2.0) / (2.0 - (0.9 + 0.3) / 2)
        assert!((of(Objective::TargetedDlr) + 0.6 / 1.4).abs() < 1e-6);
    }

    #[test]
    fn slopes_are_differences() {
        for objective in [
            Objective::CrossEntropy,
            Objective::Margin,
            Objective::TargetedDlr,
        ] {
            let (_, slope) = objective.value_and_slope(&Z, 1, 3);
            for class in 0..Z.len() {
                let at = |step: f32| {
                    let mut z = Z;
                    z[class] += step;
                    objective.value_and_slope(&z, 1, 3).0
                };
                let difference = (at(0.01) - at(-0.01)) / 0.02;
                assert!(
                    (slope[class] - difference).abs() < 1e-3,
                    "{objective:?} {class}"
                );
            }
        }
    }

    #[test]
    fn orders() {
        assert_eq!(descending(&Z), [1, 3, 4, 0, 2]);
        assert_eq!(
            (argmax(&Z), best_other(&Z, 1), best_other(&Z, 3)),
            (1, 3, 1)
        );
    }
}
