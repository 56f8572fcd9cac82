//! Detection of outliers: how well a number that a [`Detector`] makes of an image tells images of other sets from the test
//! images of a run.
//!
//! One convention: outliers are the positive class, and larger values mean more outlying. Detectors have the settings of
//! their literature for every head; none is chosen with a look at outliers.

mod detection;
mod detector;
mod letters;
mod outlier_set;
mod outputs;
mod roc;
mod sets;

pub use detection::Detection;
pub use detector::{DETECTORS, Detector, Fitted};
pub use letters::letters;
pub use outlier_set::OutlierSet;
pub use outputs::Outputs;
pub use roc::roc;
pub use sets::{known_sets, made_sets, sets_of, unknown_classes};
