use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// The networks by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NetworkKind {
    /// Two convolutions (5 x 5, stride 2, 16 and 32 channels) and a hidden layer of 64
    Cnn,
    /// 8 hidden layers of 128
    Mlp,
    /// 20 hidden layers of 128
    DeepMlp,
}

impl NetworkKind {
    /// All networks, in the order of tables and figures.
    pub const ALL: [Self; 3] = [Self::Cnn, Self::Mlp, Self::DeepMlp];

    /// Those that run by default.
    pub const DEFAULT: [Self; 2] = [Self::Cnn, Self::Mlp];

    /// The name on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cnn => "cnn",
            Self::Mlp => "mlp",
            Self::DeepMlp => "deep-mlp",
        }
    }

    /// The name in tables and figures.
    pub fn title(self) -> &'static str {
        match self {
            Self::Cnn => "CNN",
            Self::Mlp => "MLP (8 layers)",
            Self::DeepMlp => "MLP (20 layers)",
        }
    }

    /// Output channels of the convolutions.
    pub(super) fn channels(self) -> &'static [usize] {
        match self {
            Self::Cnn => &[16, 32],
            Self::Mlp | Self::DeepMlp => &[],
        }
    }

    /// Sizes of the hidden layers.
    pub(super) fn hidden(self) -> &'static [usize] {
        match self {
            Self::Cnn => &[64],
            Self::Mlp => &[128; 8],
            Self::DeepMlp => &[128; 20],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_name_everywhere() {
        for kind in NetworkKind::ALL {
            assert_eq!(kind.to_possible_value().unwrap().get_name(), kind.name());
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
        assert_eq!(NetworkKind::value_variants(), NetworkKind::ALL);
    }
}
