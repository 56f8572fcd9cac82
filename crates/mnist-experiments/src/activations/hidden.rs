use std::collections::BTreeMap;

use burn::module::Module;
use burn::nn::activation::{
    Activation as NnActivation, ActivationConfig as NnActivationConfig, SiLU,
};
use burn::nn::{CeluConfig, EluConfig, LeakyReluConfig, PReluConfig};
use burn::tensor::{Device, Tensor, TensorReadError};
use dome_burn::{Activation, ActivationConfig, PDomeConfig};

use super::{
    ActivationKind, CubicSpline, CubicSplineConfig, Maxout, Range, ReproducibleRRelu, Sine,
};

/// Any of the activations in a network.
#[allow(clippy::large_enum_variant)] // few in a network: a box would save nothing
#[derive(Module, Debug)]
pub enum HiddenActivation {
    /// PDOME, or one that Burn's `Activation` knows.
    Library(Activation),
    /// RReLU, which it does not know.
    RRelu(ReproducibleRRelu),
    /// Swish with slope 1, which it does not know either.
    Swish(SiLU),
    /// `sin(x)`.
    Sine(Sine),
    /// The larger one of two inputs.
    Maxout(Maxout),
    /// A learnable curve.
    Spline(CubicSpline),
}

impl ActivationKind {
    /// The activation behind layer number `layer`, which has `channels` outputs after it.
    ///
    /// `seed` and `layer` make the random numbers of the activations that need some.
    pub fn init(self, channels: usize, layer: u64, seed: u64, device: &Device) -> HiddenActivation {
        let library: ActivationConfig = match self {
            Self::Relu => NnActivationConfig::Relu.into(),
            Self::LeakyRelu => LeakyReluConfig::new().into(),
            Self::PRelu => PReluConfig::new().into(),
            Self::Elu => EluConfig::new().into(),
            Self::Celu => CeluConfig::new().with_alpha(0.5).into(),
            Self::Selu => NnActivationConfig::Selu.into(),
            Self::Gelu => NnActivationConfig::Gelu.into(),
            Self::Tanh => NnActivationConfig::Tanh.into(),
            Self::PDome => PDomeConfig::new().into(),
            Self::PDomeChannel => PDomeConfig::new().with_num_parameters(channels).into(),
            Self::RRelu => {
                let seed = seed.rotate_left(32) ^ layer;
                return HiddenActivation::RRelu(ReproducibleRRelu::new(seed));
            }
            Self::Swish => return HiddenActivation::Swish(SiLU::new()),
            Self::Sine => return HiddenActivation::Sine(Sine),
            Self::Maxout => return HiddenActivation::Maxout(Maxout),
            Self::Spline => {
                return HiddenActivation::Spline(CubicSplineConfig::new().init(device));
            }
        };
        HiddenActivation::Library(library.init(device))
    }
}

impl HiddenActivation {
    /// Applies the activation.
    ///
    /// # Shapes
    ///
    /// - input: `[batch, channels, ...]`; Maxout `[batch, 2 * channels, ...]`
    /// - output: `[batch, channels, ...]`
    pub fn forward<const D: usize>(&self, input: Tensor<D>) -> Tensor<D> {
        match self {
            Self::Library(layer) => layer.forward(input),
            Self::RRelu(layer) => layer.forward(input),
            Self::Swish(layer) => layer.forward(input),
            Self::Sine(layer) => layer.forward(input),
            Self::Maxout(layer) => layer.forward(input),
            Self::Spline(layer) => layer.forward(input),
        }
    }

    /// Parameters of the activation by name, over its channels; none of a spline, whose heights mean
    /// little one by one.
    ///
    /// # Errors
    ///
    /// If the device cannot be read.
    pub fn learned(&self) -> Result<BTreeMap<String, Range>, TensorReadError> {
        let parameters: Vec<(&str, Tensor<1>)> = match self {
            Self::Library(Activation::PDome(layer)) => vec![
                ("mu", layer.mu.val()),
                ("sigma", layer.sigma.val()),
                ("pi", layer.pi.val()),
            ],
            Self::Library(Activation::Burn(NnActivation::PRelu(layer))) => {
                vec![("slope", layer.alpha.val())]
            }
            _ => Vec::new(),
        };
        parameters
            .into_iter()
            .map(|(name, values)| Ok((name.to_owned(), Range::of(values)?)))
            .collect()
    }
}
