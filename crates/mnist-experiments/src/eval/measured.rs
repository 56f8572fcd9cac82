use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::measured::all_or_nan;

/// What an [`Evaluation`](super::Evaluation) measured.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Measured {
    /// Numbers, for `metrics.json` and tables.
    pub numbers: Numbers,
    /// Curves, matrices and the like, for a file of their own in the run's folder.
    pub details: Option<Value>,
}

/// Numbers by their keys; those that do not exist are NaN, and `null` in files.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Numbers(#[serde(deserialize_with = "all_or_nan")] pub BTreeMap<String, f64>);

impl<const N: usize> From<[(&str, f64); N]> for Numbers {
    fn from(numbers: [(&str, f64); N]) -> Self {
        Self(numbers.map(|(key, number)| (key.to_owned(), number)).into())
    }
}

impl<const N: usize> From<[(&str, f64); N]> for Measured {
    fn from(numbers: [(&str, f64); N]) -> Self {
        Self {
            numbers: numbers.into(),
            details: None,
        }
    }
}
