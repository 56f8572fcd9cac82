//! Evaluation of trained models: predictions, compactness, the head over the plane.

mod compactness;
mod plane;
mod predictions;
mod silhouette;
mod square;

pub use compactness::Compactness;
pub use plane::Plane;
pub use predictions::Predictions;
pub use silhouette::silhouette;
pub use square::Square;
