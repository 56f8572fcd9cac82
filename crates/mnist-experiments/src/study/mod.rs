//! The study: every head on both sets with several seeds, natural and adversarial training, in parts that can be
//! interrupted.
//!
//! A [`Plan`] says what is to be known. What is known is in the [`Results`], a small JSON file for each training, which
//! are kept beside the code; [`work`](work::do_training) does what is missing, and [`report`](report::markdown) makes
//! the page of tables. Trained models are in folders of runs, as those of all experiments, and need not be kept.

mod battery;
mod cli;
mod curves;
mod estimate;
mod figures;
mod fixed_detector;
mod outcomes;
mod plan;
mod question;
pub mod report;
mod result;
mod results;
mod scope;
mod statistics;
mod step;
mod train;
mod transfer;
pub mod work;

pub use battery::Battery;
pub use cli::StudyArgs;
pub use curves::{Curves, Points};
pub use estimate::{Estimate, Likely};
pub use fixed_detector::{FIXED_DETECTORS, FixedDetector};
pub use outcomes::Outcomes;
pub use plan::{Changes, Plan, StudyPart, Training};
pub use question::Question;
pub use result::{Answer, StudyResult};
pub use results::Results;
pub use scope::Scope;
pub use statistics::{McNemar, PairedT, holm};
pub use step::{Step, missing};
pub use transfer::Transfer;
