use burn::config::Config;
use burn::module::Module;
use burn::nn::activation as nn;
use burn::tensor::{Device, Tensor};

use super::{Dome, DomeConfig, PDome, PDomeConfig};
use crate::InvalidConfig;

/// Any activation: one of this crate, or one of Burn's own
/// [`Activation`](burn::nn::activation::Activation), which cannot hold others.
///
/// For models whose configuration names their activation. Everything that converts into Burn's
/// activation converts into this one.
///
/// Should be created using [`ActivationConfig`].
///
/// # Example
///
/// ```
/// use burn::config::Config;
/// use burn::module::Module;
/// use burn::nn::activation::ActivationConfig as NnActivationConfig;
/// use burn::nn::{LeakyReluConfig, Linear, LinearConfig};
/// use burn::tensor::{Device, Tensor};
/// use dome_burn::{Activation, ActivationConfig, PDomeConfig};
///
/// #[derive(Config, Debug)]
/// struct NetConfig {
///     width: usize,
///     activation: ActivationConfig,
/// }
///
/// #[derive(Module, Debug)]
/// struct Net {
///     hidden: Linear,
///     activation: Activation,
/// }
///
/// impl NetConfig {
///     fn init(&self, device: &Device) -> Net {
///         Net {
///             hidden: LinearConfig::new(self.width, self.width).init(device),
///             activation: self.activation.init(device),
///         }
///     }
/// }
///
/// let device = Device::default();
/// for activation in [
///     PDomeConfig::new().with_num_parameters(16).into(),
///     LeakyReluConfig::new().into(),
///     NnActivationConfig::Gelu.into(),
/// ] {
///     let net = NetConfig::new(16, activation).init(&device);
///     let y = net.activation.forward(net.hidden.forward(Tensor::<2>::ones([4, 16], &device)));
///     assert_eq!(y.dims(), [4, 16]);
/// }
/// ```
#[derive(Module, Debug)]
#[non_exhaustive]
#[allow(clippy::large_enum_variant)] // as in Burn's: a box would cost more than it saves
pub enum Activation {
    /// One of Burn's.
    Burn(nn::Activation),
    /// [`Dome`].
    Dome(Dome),
    /// [`PDome`].
    PDome(PDome),
}

/// Configuration to create an [`Activation`] using [`init`](ActivationConfig::init).
#[derive(Config, Debug)]
#[non_exhaustive]
pub enum ActivationConfig {
    /// One of Burn's.
    Burn(nn::ActivationConfig),
    /// [`Dome`].
    Dome(DomeConfig),
    /// [`PDome`].
    PDome(PDomeConfig),
}

impl ActivationConfig {
    /// Checks the values, for configurations that come from a file. Burn's have no check.
    ///
    /// # Errors
    ///
    /// As [`DomeConfig::validate`] and [`PDomeConfig::validate`].
    pub fn validate(&self) -> Result<(), InvalidConfig> {
        match self {
            Self::Burn(_) => Ok(()),
            Self::Dome(config) => config.validate(),
            Self::PDome(config) => config.validate(),
        }
    }

    /// [`validate`](Self::validate), and that the device's type of numbers holds the values.
    ///
    /// # Errors
    ///
    /// As [`DomeConfig::validate_for`] and [`PDomeConfig::validate_for`].
    pub fn validate_for(&self, device: &Device) -> Result<(), InvalidConfig> {
        match self {
            Self::Burn(_) => Ok(()),
            Self::Dome(config) => config.validate_for(device),
            Self::PDome(config) => config.validate_for(device),
        }
    }

    /// Initializes a new [`Activation`].
    ///
    /// # Panics
    ///
    /// If the values are not valid, see [`validate_for`](Self::validate_for).
    pub fn init(&self, device: &Device) -> Activation {
        match self {
            Self::Burn(config) => Activation::Burn(config.init(device)),
            Self::Dome(config) => Activation::Dome(config.init(device)),
            Self::PDome(config) => Activation::PDome(config.init(device)),
        }
    }
}

impl Activation {
    /// Applies the activation.
    ///
    /// # Shapes
    ///
    /// - input: `[..., any]`; with per-channel parameters `[batch, channels, ...]`
    /// - output: the input's, except for Burn's `SwiGlu`, which projects to its own size
    pub fn forward<const D: usize>(&self, input: Tensor<D>) -> Tensor<D> {
        match self {
            Self::Burn(layer) => layer.forward(input),
            Self::Dome(layer) => layer.forward(input),
            Self::PDome(layer) => layer.forward(input),
        }
    }
}

impl<T> From<T> for Activation
where
    nn::Activation: From<T>,
{
    fn from(layer: T) -> Self {
        Self::Burn(layer.into())
    }
}

impl From<Dome> for Activation {
    fn from(layer: Dome) -> Self {
        Self::Dome(layer)
    }
}

impl From<PDome> for Activation {
    fn from(layer: PDome) -> Self {
        Self::PDome(layer)
    }
}

impl<T> From<T> for ActivationConfig
where
    nn::ActivationConfig: From<T>,
{
    fn from(config: T) -> Self {
        Self::Burn(config.into())
    }
}

impl From<DomeConfig> for ActivationConfig {
    fn from(config: DomeConfig) -> Self {
        Self::Dome(config)
    }
}

impl From<PDomeConfig> for ActivationConfig {
    fn from(config: PDomeConfig) -> Self {
        Self::PDome(config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::nn::{LeakyReluConfig, PReluConfig, Tanh};

    fn values(tensor: Tensor<2>) -> Vec<f32> {
        tensor.try_to_vec_as().unwrap()
    }

    #[test]
    fn forward_is_that_of_the_layer_inside() {
        let device = Default::default();
        let x = || Tensor::<2>::from_floats([[-1.5, 0.0], [0.3, 2.0]], &device);
        let (dome, pdome) = (DomeConfig::new(), PDomeConfig::new().with_num_parameters(2));
        let leaky = LeakyReluConfig::new();
        for (config, expected) in [
            (dome.clone().into(), dome.init(&device).forward(x())),
            (pdome.clone().into(), pdome.init(&device).forward(x())),
            (leaky.clone().into(), leaky.init().forward(x())),
            (nn::ActivationConfig::Tanh.into(), x().tanh()),
        ] {
            let config: ActivationConfig = config;
            let y = config.init(&device).forward(x());
            assert_eq!(values(y), values(expected), "{config}");
        }
        assert_eq!(
            values(Activation::from(Tanh).forward(x())),
            values(x().tanh())
        );
        let wrapped = Activation::from(nn::Activation::from(Tanh));
        assert_eq!(values(wrapped.forward(x())), values(x().tanh()));
    }

    #[test]
    fn display() {
        let device = Default::default();
        let shown = |config: ActivationConfig| config.init(&device).to_string();
        let pdome = shown(PDomeConfig::new().with_num_parameters(4).into());
        assert!(
            pdome.contains("PDome {num_parameters: 4, params: 12}"),
            "{pdome}"
        );
        let prelu = shown(PReluConfig::new().into());
        assert!(
            prelu.contains("PRelu {num_parameters: 1, alpha_value: 0.25, params: 1}"),
            "{prelu}"
        );
    }

    #[test]
    #[should_panic(expected = "pi is NaN, but must be a finite number")]
    fn invalid_values() {
        let config = ActivationConfig::from(PDomeConfig::new().with_pi(f64::NAN));
        assert!(config.validate().is_err());
        config.init(&Default::default());
    }
}
