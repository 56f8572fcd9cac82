//! The DOME activation functions as modules with learnable parameters, and one type for these and
//! Burn's.

mod dome;
mod parameter;
mod pdome;
mod signal;
mod wrapper;

pub use dome::{Dome, DomeConfig};
pub use pdome::{PDome, PDomeConfig};
pub use wrapper::{Activation, ActivationConfig};
