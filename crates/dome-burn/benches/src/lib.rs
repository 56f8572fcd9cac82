//! What is measured, for the criterion benchmarks and for the program `peers`: each case as a function
//! to call again and again.

pub mod activations;
pub mod copy;
pub mod layers;
pub mod losses;
pub mod training;

use std::time::Duration;

use criterion::Criterion;

/// One call of what is measured. Its setup is done.
pub type Case = Box<dyn FnMut()>;

/// How long criterion measures a case.
pub fn criterion() -> Criterion {
    Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(2))
}
