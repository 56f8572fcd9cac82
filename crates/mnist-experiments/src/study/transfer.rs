use serde::{Deserialize, Serialize};

/// Attacks with perturbations that were made on another model: a head and the softmax head with the same seed, of which
/// each helps to attack the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Transfer {
    /// Made on softmax, for the head.
    FromSoftmax,
    /// Made on the head, for softmax; it is softmax whose accuracy is told.
    ToSoftmax,
}

impl Transfer {
    /// In words.
    pub fn title(self) -> &'static str {
        match self {
            Self::FromSoftmax => "from softmax",
            Self::ToSoftmax => "to softmax",
        }
    }
}
