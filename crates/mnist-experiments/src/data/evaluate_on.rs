use std::fmt;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// The images that trained models are measured on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub enum EvaluateOn {
    /// The set's test images: for results.
    #[default]
    Test,
    /// 5,000 of the training images, which are held out of training: to choose settings by. Settings
    /// that are chosen by the test images fit them, and the test says too much of them.
    Validation,
}

impl EvaluateOn {
    /// `test` or `validation`, on the command line, in files and in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Test => "test",
            Self::Validation => "validation",
        }
    }
}

impl fmt::Display for EvaluateOn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_name_everywhere() {
        for part in EvaluateOn::value_variants() {
            assert_eq!(serde_json::to_value(part).unwrap(), part.name());
            assert_eq!(part.to_possible_value().unwrap().get_name(), part.name());
        }
    }
}
