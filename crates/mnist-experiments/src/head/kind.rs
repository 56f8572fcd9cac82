use std::fmt;

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
    /// One logit a class, softmax
    Softmax,
    /// The same on an embedding in the plane
    #[value(name = "softmax-2d")]
    #[serde(rename = "softmax-2d")]
    Softmax2d,
    /// One logit, DOME with learnable mu and sigma
    Dome,
    /// One logit, DOME with mu = sigma = 1
    DomeFixed,
    /// One mode a class at the vertices of a simplex, trained on the negative log-likelihood
    MultiDomeNll,
    /// The same, trained on the Brier score
    MultiDomeBrier,
    /// One mode a class at the corners of a polygon in the plane, trained on the Brier score
    #[value(name = "multi-dome-2d")]
    #[serde(rename = "multi-dome-2d")]
    MultiDome2d,
}

impl HeadKind {
    /// All heads, in the order of tables and figures.
    pub const ALL: [Self; 9] = [
        Self::Sigmoid,
        Self::Tanh,
        Self::Softmax,
        Self::Softmax2d,
        Self::Dome,
        Self::DomeFixed,
        Self::MultiDomeNll,
        Self::MultiDomeBrier,
        Self::MultiDome2d,
    ];

    /// The name on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sigmoid => "sigmoid",
            Self::Tanh => "tanh",
            Self::Softmax => "softmax",
            Self::Softmax2d => "softmax-2d",
            Self::Dome => "dome",
            Self::DomeFixed => "dome-fixed",
            Self::MultiDomeNll => "multi-dome-nll",
            Self::MultiDomeBrier => "multi-dome-brier",
            Self::MultiDome2d => "multi-dome-2d",
        }
    }

    /// The name in figures.
    pub fn title(self) -> &'static str {
        match self {
            Self::Sigmoid => "Sigmoid",
            Self::Tanh => "Tanh",
            Self::Softmax | Self::Softmax2d => "Softmax",
            Self::Dome => "DOME, learned μ and σ",
            Self::DomeFixed => "DOME, μ = σ = 1",
            Self::MultiDomeNll => "MultiDOME, likelihood",
            Self::MultiDomeBrier => "MultiDOME, Brier",
            Self::MultiDome2d => "MultiDOME, polygon",
        }
    }

    /// Size of the head's embedding: `chosen`, but 2 for the heads in the plane.
    pub fn embedding_dim(self, chosen: usize) -> usize {
        match self {
            Self::Softmax2d | Self::MultiDome2d => 2,
            _ => chosen,
        }
    }

    /// The smallest embedding that the head can work on: the simplex of so many classes needs as
    /// many dimensions, less one.
    pub fn min_embedding_dim(self, classes: usize) -> usize {
        match self {
            Self::MultiDomeNll | Self::MultiDomeBrier => classes - 1,
            _ => 1,
        }
    }
}

impl fmt::Display for HeadKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
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
