//! The operations underneath the modules.

mod broadcast;
mod gradient;
pub(crate) mod reference;
mod sigma;

pub(crate) use broadcast::cast;
pub use sigma::SIGMA_FLOOR;
