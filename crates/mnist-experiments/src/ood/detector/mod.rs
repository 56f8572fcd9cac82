//! One file for each family of detectors, and a line for each in the list below.

mod distance;
mod mahalanobis;
mod moments;
mod neighbours;
mod odin;
mod score;
mod vectors;
mod vim;

use super::Outputs;
use crate::eval::{EvalError, Subject};

/// A way to make of an image a number that is larger the more outlying the image is.
pub trait Detector: Sync {
    /// The name in tables and files.
    fn name(&self) -> &'static str;

    /// What it is, with its source, in a line.
    fn about(&self) -> &'static str;

    /// The detector fitted to a model and its training images; none where the model lacks what it needs.
    ///
    /// # Errors
    ///
    /// If the device fails.
    fn fit<'a>(
        &self,
        subject: &'a Subject,
        training: &Outputs,
    ) -> Result<Option<Fitted<'a>>, EvalError>;
}

/// The values of each image of a set.
pub type Fitted<'a> = Box<dyn Fn(&Outputs) -> Result<Vec<f32>, EvalError> + 'a>;

/// All detectors, in the order of tables.
pub const DETECTORS: &[&dyn Detector] = &[
    &score::Score::Msp,
    &score::Score::OwnProbability,
    &score::Score::Largest,
    &score::Score::Energy,
    &score::Score::Entropy,
    &score::Score::Gen,
    &odin::Odin,
    &distance::NearestCentroid,
    &mahalanobis::Mahalanobis { relative: false },
    &mahalanobis::Mahalanobis { relative: true },
    &neighbours::Neighbours::Embedding,
    &neighbours::Neighbours::Direction,
    &neighbours::Neighbours::Hidden,
    &vim::Vim,
    &vectors::Vectors::Fdbd,
    &vectors::Vectors::Nci,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_have_a_name() {
        for (i, detector) in DETECTORS.iter().enumerate() {
            assert!(!detector.about().is_empty());
            assert!(
                DETECTORS[..i]
                    .iter()
                    .all(|other| other.name() != detector.name())
            );
        }
    }
}
