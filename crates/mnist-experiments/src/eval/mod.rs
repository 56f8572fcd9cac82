//! Evaluation of trained models: what a model makes of images, and one file for each way to measure it, in the list
//! below.

mod centroids;
mod detections;
mod evaluation;
mod features;
mod list;
mod measured;
mod notices;
mod plane;
mod predictions;
mod projection;
mod ranking;
mod square;
mod subject;

pub use centroids::Centroids;
pub use detections::{DetectedSets, Detections, detect};
pub use evaluation::{EvalError, Evaluation, Outcome, evaluate_in_training};
pub use features::Features;
pub use measured::{Measured, Numbers};
pub use notices::{Notice, Notices};
pub use plane::Plane;
pub use predictions::Predictions;
pub use projection::Projection;
pub use ranking::auroc;
pub use square::Square;
pub use subject::Subject;

use crate::data::Part;

list::evaluations! {
    accuracy: Accuracy;
    compactness: ClassDistances;
    silhouette: Silhouette;
    fisher_ratio: FisherRatio;
    davies_bouldin: DaviesBouldin;
    neural_collapse: NeuralCollapse { part: Part::Test }, NeuralCollapse { part: Part::Train };
    nearest_centroid: NearestCentroid;
    calibration: Calibration;
    rejection: Rejection;
    outliers: Outliers;
    letters: Letters;
    unknown_classes: UnknownClasses;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_words_for_the_command_line_and_no_two_the_same() {
        for (i, evaluation) in EVALUATIONS.iter().enumerate() {
            let name = evaluation.name();
            let allowed = |c: char| c.is_ascii_lowercase() || c == '-';
            assert!(!name.is_empty() && name.chars().all(allowed), "{name}");
            assert!(!evaluation.about().is_empty(), "{name}");
            assert!(EVALUATIONS[..i].iter().all(|other| other.name() != name));
        }
    }
}
