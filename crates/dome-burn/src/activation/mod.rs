//! The DOME activation functions as modules with learnable parameters.

mod calibration;
mod dome;
mod multi_dome;
mod parameter;
mod pdome;

pub use dome::{Dome, DomeConfig};
pub use multi_dome::{MultiDome, MultiDomeConfig};
pub use pdome::{PDome, PDomeConfig};
