//! Evaluation of trained models: predictions, compactness, the head over the plane, projections.

mod centroids;
mod compactness;
mod plane;
mod predictions;
mod projection;
mod silhouette;
mod square;

pub use centroids::Centroids;
pub use compactness::Compactness;
pub use plane::Plane;
pub use predictions::Predictions;
pub use projection::Projection;
pub use silhouette::silhouette;
pub use square::Square;
