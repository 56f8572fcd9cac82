//! The operations underneath the modules.

mod broadcast;
mod gradient;
pub(crate) mod multi_dome;
pub(crate) mod reference;
pub(crate) mod running_sum;
mod sigma;

pub(crate) use broadcast::cast;
pub use sigma::SIGMA_FLOOR;
