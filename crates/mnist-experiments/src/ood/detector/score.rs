use super::{Detector, Fitted, Outputs};
use crate::eval::{EvalError, Subject};

/// Detectors that look at an image's scores z of the classes alone, `p = softmax(z)`.
///
/// Of DOME's heads the scores are kappa, the logarithms of the bumps: the largest score belongs to the nearest mode, and
/// the energy is the logarithm of the sum of the bumps.
#[derive(Debug, Clone, Copy)]
pub enum Score {
    /// `1 - max p`.
    Msp,
    /// The same of the head's own probabilities.
    OwnProbability,
    /// `-max z`.
    Largest,
    /// `-ln sum e^z`.
    Energy,
    /// `-sum p ln p`.
    Entropy,
    /// `sum (p (1 - p))^0.1`.
    Gen,
}

/// The exponent of GEN.
const GEN_EXPONENT: f64 = 0.1;

impl Detector for Score {
    fn name(&self) -> &'static str {
        match self {
            Self::Msp => "msp",
            Self::OwnProbability => "own-probability",
            Self::Largest => "max-score",
            Self::Energy => "energy",
            Self::Entropy => "entropy",
            Self::Gen => "gen",
        }
    }

    fn about(&self) -> &'static str {
        match self {
            Self::Msp => {
                "1 - the largest softmax probability of the scores (Hendrycks and Gimpel, arXiv 1610.02136)"
            }
            Self::OwnProbability => "1 - the largest of the head's own probabilities",
            Self::Largest => "minus the largest score (Hendrycks et al., arXiv 1911.11132)",
            Self::Energy => "minus the log-sum-exp of the scores (Liu et al., arXiv 2010.03759)",
            Self::Entropy => "the entropy of the softmax probabilities",
            Self::Gen => "generalized entropy, exponent 0.1 (Liu et al., CVPR 2023)",
        }
    }

    fn fit<'a>(&self, _: &'a Subject, _: &Outputs) -> Result<Option<Fitted<'a>>, EvalError> {
        let score = *self;
        Ok(Some(Box::new(move |outputs| {
            Ok(match score {
                Self::OwnProbability => outputs.probabilities().map(|p| 1.0 - largest(p)).collect(),
                _ => outputs.scores().map(|z| score.of(z) as f32).collect(),
            })
        })))
    }
}

fn largest(values: &[f32]) -> f32 {
    values.iter().copied().fold(f32::NEG_INFINITY, f32::max)
}

impl Score {
    fn of(self, z: &[f32]) -> f64 {
        let most = f64::from(largest(z));
        let sum: f64 = z.iter().map(|&z| (f64::from(z) - most).exp()).sum();
        let log_sum = most + sum.ln();
        let log_p = z.iter().map(|&z| f64::from(z) - log_sum);
        match self {
            Self::Largest => -most,
            Self::Energy => -log_sum,
            Self::Entropy => -log_p.map(|l| l.exp() * l).sum::<f64>(),
            Self::Gen => {
                let of = |l: f64| (l.exp() * -l.exp_m1()).powf(GEN_EXPONENT);
                log_p.map(of).sum()
            }
            // 1 - p from the other classes: where p is near 1, its difference from 1 is what counts.
            Self::Msp | Self::OwnProbability => {
                let best = z.iter().position(|&z| f64::from(z) == most);
                let others = z
                    .iter()
                    .enumerate()
                    .filter(|&(class, _)| Some(class) != best);
                others
                    .map(|(_, &z)| (f64::from(z) - most).exp())
                    .sum::<f64>()
                    / sum
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let z = [1.0, 3.0, 0.0];
        let sum = 1f64.exp() + 3f64.exp() + 1.0;
        let p = [1f64.exp() / sum, 3f64.exp() / sum, 1.0 / sum];
        let near =
            |score: Score, right: f64| assert!((score.of(&z) - right).abs() < 1e-9, "{score:?}");
        near(Score::Msp, 1.0 - p[1]);
        near(Score::Largest, -3.0);
        near(Score::Energy, -sum.ln());
        near(Score::Entropy, -p.iter().map(|p| p * p.ln()).sum::<f64>());
        near(
            Score::Gen,
            p.iter().map(|p| (p * (1.0 - p)).powf(0.1)).sum(),
        );
    }

    /// Where the probability is 1 in f32 there is still an order.
    #[test]
    fn no_ties_far_from_the_boundary() {
        assert!(Score::Msp.of(&[50.0, 0.0]) > Score::Msp.of(&[60.0, 0.0]));
        assert!(Score::Entropy.of(&[50.0, 0.0]) > Score::Entropy.of(&[60.0, 0.0]));
    }
}
