use std::fmt;

use serde::{Deserialize, Serialize};

/// A training of a run that failed, where others did not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    /// What was trained, as the tables name it.
    pub training: String,
    /// Why it failed.
    pub reason: String,
}

impl Failure {
    /// Of the errors of trainings, which have numbers, by their names.
    pub(crate) fn list<E: ToString>(
        errors: Vec<(usize, E)>,
        name: impl Fn(usize) -> String,
    ) -> Vec<Self> {
        let each = |(number, error): (usize, E)| Self {
            training: name(number),
            reason: error.to_string(),
        };
        errors.into_iter().map(each).collect()
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { training, reason } = self;
        write!(f, "{training}: {reason}")
    }
}
