//! The DOME activation functions as modules with learnable parameters.

mod dome;
mod parameter;
mod pdome;

pub use dome::{Dome, DomeConfig};
pub use pdome::{PDome, PDomeConfig};
