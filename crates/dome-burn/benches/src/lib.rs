//! What is measured, for the criterion benchmarks and for the program `peers`: each case as a function
//! to call again and again.

pub mod activations;
pub mod copy;
pub mod losses;
pub mod training;

/// One call of what is measured. Its setup is done.
pub type Case = Box<dyn FnMut()>;
