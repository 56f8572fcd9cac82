use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// The activations that are compared, by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ActivationKind {
    /// max(x, 0)
    Relu,
    /// ReLU with a slope of 0.01 below 0
    LeakyRelu,
    /// ReLU with a learned slope below 0, one a layer
    #[value(name = "prelu")]
    #[serde(rename = "prelu")]
    PRelu,
    /// ReLU with random slopes below 0 in training
    #[value(name = "rrelu")]
    #[serde(rename = "rrelu")]
    RRelu,
    /// Exponential below 0
    Elu,
    /// ELU with a continuous slope, alpha = 0.5 (with 1 it is ELU)
    Celu,
    /// ELU, scaled to keep mean 0 and variance 1
    Selu,
    /// x times the normal distribution function
    Gelu,
    /// x times the logistic function
    Swish,
    /// Hyperbolic tangent
    Tanh,
    /// sin(x)
    Sine,
    /// The larger one of two linear functions
    Maxout,
    /// Learned cubic spline, one a layer
    Spline,
    /// PDOME, one mu, sigma and pi a layer
    #[value(name = "pdome")]
    #[serde(rename = "pdome")]
    PDome,
    /// PDOME, one mu, sigma and pi a channel
    #[value(name = "pdome-channel")]
    #[serde(rename = "pdome-channel")]
    PDomeChannel,
}

/// Activations of a similar shape, which share a panel of the figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// Linear above 0 and below.
    PiecewiseLinear,
    /// Linear far above 0, curved around it.
    Smooth,
    /// Bounded.
    Bounded,
}

impl Family {
    /// All families, in the order of the figure.
    pub const ALL: [Self; 3] = [Self::PiecewiseLinear, Self::Smooth, Self::Bounded];

    /// The name in the figure.
    pub fn title(self) -> &'static str {
        match self {
            Self::PiecewiseLinear => "piecewise linear",
            Self::Smooth => "smooth",
            Self::Bounded => "bounded, learned",
        }
    }
}

impl ActivationKind {
    /// All activations, in the order of tables and figures.
    pub const ALL: [Self; 15] = [
        Self::Relu,
        Self::LeakyRelu,
        Self::PRelu,
        Self::RRelu,
        Self::Elu,
        Self::Celu,
        Self::Selu,
        Self::Gelu,
        Self::Swish,
        Self::Tanh,
        Self::Sine,
        Self::Maxout,
        Self::Spline,
        Self::PDome,
        Self::PDomeChannel,
    ];

    /// The name on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Relu => "relu",
            Self::LeakyRelu => "leaky-relu",
            Self::PRelu => "prelu",
            Self::RRelu => "rrelu",
            Self::Elu => "elu",
            Self::Celu => "celu",
            Self::Selu => "selu",
            Self::Gelu => "gelu",
            Self::Swish => "swish",
            Self::Tanh => "tanh",
            Self::Sine => "sine",
            Self::Maxout => "maxout",
            Self::Spline => "spline",
            Self::PDome => "pdome",
            Self::PDomeChannel => "pdome-channel",
        }
    }

    /// The name in tables and figures.
    pub fn title(self) -> &'static str {
        match self {
            Self::Relu => "ReLU",
            Self::LeakyRelu => "leaky ReLU",
            Self::PRelu => "PReLU",
            Self::RRelu => "RReLU",
            Self::Elu => "ELU",
            Self::Celu => "CELU",
            Self::Selu => "SELU",
            Self::Gelu => "GELU",
            Self::Swish => "Swish",
            Self::Tanh => "tanh",
            Self::Sine => "sine",
            Self::Maxout => "Maxout",
            Self::Spline => "cubic spline",
            Self::PDome => "PDOME",
            Self::PDomeChannel => "PDOME per channel",
        }
    }

    /// Its panel of the figure.
    pub fn family(self) -> Family {
        match self {
            Self::Relu | Self::LeakyRelu | Self::PRelu | Self::RRelu | Self::Maxout => {
                Family::PiecewiseLinear
            }
            Self::Elu | Self::Celu | Self::Selu | Self::Gelu | Self::Swish => Family::Smooth,
            Self::Tanh | Self::Sine | Self::Spline | Self::PDome | Self::PDomeChannel => {
                Family::Bounded
            }
        }
    }

    /// Inputs of the activation for each of its outputs, so outputs of the layer in front for each
    /// input of the layer behind.
    pub fn inputs_per_output(self) -> usize {
        match self {
            Self::Maxout => super::Maxout::PIECES,
            _ => 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_name_everywhere() {
        for kind in ActivationKind::ALL {
            assert_eq!(kind.to_possible_value().unwrap().get_name(), kind.name());
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
        assert_eq!(ActivationKind::value_variants(), ActivationKind::ALL);
    }
}
