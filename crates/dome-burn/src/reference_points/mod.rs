//! Where the classes of a MultiDome lie.

mod points;
mod running_sum;
pub mod simplex;

pub use points::{ReferencePoints, ReferencePointsConfig};
