use burn::config::Config;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::Device;

/// Whether a head has a linear layer, without bias, in front of its activation.
#[derive(Config, Debug, Copy, PartialEq, Eq)]
pub enum Projection {
    /// Unless the input has the size of the activation's.
    WhereNeeded,
    /// Also between equal sizes.
    Always,
    /// The input is the activation's.
    Never,
}

impl Projection {
    /// The layer that leads from one size to the other, if there is one.
    pub(super) fn init(self, input: usize, output: usize, device: &Device) -> Option<Linear> {
        let has_layer = match self {
            Self::WhereNeeded => input != output,
            Self::Always => true,
            Self::Never => false,
        };
        has_layer.then(|| {
            LinearConfig::new(input, output)
                .with_bias(false)
                .init(device)
        })
    }

    /// Whether an input of this size can be brought to the other.
    pub(super) fn fits(self, input: usize, output: usize) -> bool {
        input == output || (input > 0 && self != Self::Never)
    }
}
