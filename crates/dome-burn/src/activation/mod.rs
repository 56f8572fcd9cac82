//! The DOME activation functions as modules with learnable parameters, and one type for these and
//! Burn's.

mod calibration;
mod dome;
mod multi_dome;
mod parameter;
mod pdome;
mod signal;
mod wrapper;

pub use dome::{Dome, DomeConfig};
pub use multi_dome::{MultiDome, MultiDomeConfig};
pub use pdome::{PDome, PDomeConfig};
pub use wrapper::{Activation, ActivationConfig};
