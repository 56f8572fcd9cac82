//! Ends of a classifier, ready to use: projection, activation and loss.
//!
//! A head separates *scores* (log domain, unbounded: what rankings, out-of-distribution detection
//! and attacks use), the *loss* of training, and *probabilities*.

mod dome;
mod multi_dome;
mod projection;
mod record;

pub use dome::{DomeHead, DomeHeadConfig};
pub use multi_dome::{MultiDomeHead, MultiDomeHeadConfig};
pub use projection::Projection;
