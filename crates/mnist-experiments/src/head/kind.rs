use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// The heads by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HeadKind {
    /// One logit, logistic sigmoid
    Sigmoid,
    /// One logit, hyperbolic tangent
    Tanh,
    /// Two logits, softmax
    Softmax,
    /// One logit, DOME with learnable mu and sigma
    Dome,
    /// One logit, DOME with mu = sigma = 1
    DomeFixed,
}

impl HeadKind {
    /// All heads, in the order of tables and figures.
    pub const ALL: [Self; 5] = [
        Self::Sigmoid,
        Self::Tanh,
        Self::Softmax,
        Self::Dome,
        Self::DomeFixed,
    ];

    /// The name on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sigmoid => "sigmoid",
            Self::Tanh => "tanh",
            Self::Softmax => "softmax",
            Self::Dome => "dome",
            Self::DomeFixed => "dome-fixed",
        }
    }

    /// The name in figures.
    pub fn title(self) -> &'static str {
        match self {
            Self::Sigmoid => "Sigmoid",
            Self::Tanh => "Tanh",
            Self::Softmax => "Softmax",
            Self::Dome => "DOME, learned μ and σ",
            Self::DomeFixed => "DOME, μ = σ = 1",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_name_everywhere() {
        for kind in HeadKind::ALL {
            assert_eq!(kind.to_possible_value().unwrap().get_name(), kind.name());
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
        assert_eq!(HeadKind::value_variants(), HeadKind::ALL);
    }
}
