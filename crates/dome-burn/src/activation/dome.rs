use alloc::vec;
use alloc::vec::Vec;

use burn::config::Config;
use burn::module::{Content, DisplaySettings, Module, ModuleDisplay, Param};
use burn::tensor::{Device, Tensor};

use super::calibration::{Scales, raised, robust_size};
use super::parameter::{constant, validate, validate_for};
use crate::numbers::Numbers;
use crate::op::{check_channels, host_values};
use crate::{InvalidConfig, functional};

/// DOME, the difference of mirrored exponential terms: an output activation for binary
/// classification.
///
/// `Dome(x) = (1 + exp(-((x - mu)/sigma)^2) - exp(-((x + mu)/sigma)^2)) / 2`
///
/// in (0, 1), with `Dome(0) = 1/2`, its maximum near `mu` and its minimum near `-mu`; equation (2)
/// of [arXiv 2109.14798](https://arxiv.org/abs/2109.14798). Unlike the sigmoid it is saturated in
/// two narrow ranges only, which keeps the embedding in front of it bounded along its weights.
///
/// `mu` and `sigma` are learnable: one value, or one per channel along dimension 1. To train, use
/// [`DomeBinaryCrossEntropyLoss`](crate::DomeBinaryCrossEntropyLoss) on the logits, not a
/// logarithm of this module's output. A unit whose logits lie many sigmas away from both modes
/// receives no gradient: [`calibrate`](Self::calibrate) on the first batch helps.
///
/// Cloning a layer does not tie its parameters; call one layer twice to share them.
///
/// Should be created using [`DomeConfig`].
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use dome_burn::DomeConfig;
///
/// let device = Device::default();
/// let dome = DomeConfig::new().init(&device);
/// let p = dome.forward(Tensor::<1>::from_floats([-1.0, 0.0, 1.0], &device));
/// println!("{p}"); // 0.0092, 0.5, 0.9908
/// ```
#[derive(Module, Debug)]
#[module(custom_display)]
pub struct Dome {
    /// Location of the modes, `[1]` or `[channels]`.
    pub mu: Param<Tensor<1>>,
    /// Breadth of the modes, `[1]` or `[channels]`; see [`SIGMA_FLOOR`](crate::SIGMA_FLOOR).
    pub sigma: Param<Tensor<1>>,
}

/// Configuration to create a [`Dome`] layer using [`init`](DomeConfig::init).
#[derive(Config, Debug, PartialEq)]
pub struct DomeConfig {
    /// Number of values of each parameter: 1, or the number of channels. Default 1.
    #[config(default = 1)]
    pub num_parameters: usize,
    /// Initial location of the modes, positive. Default 1.
    #[config(default = 1.0)]
    pub mu: f64,
    /// Initial breadth of the modes, at least [`SIGMA_FLOOR`](crate::SIGMA_FLOOR). Default 1.
    #[config(default = 1.0)]
    pub sigma: f64,
    /// Whether training changes `mu`. Default true.
    #[config(default = true)]
    pub learn_mu: bool,
    /// Whether training changes `sigma`. Default true.
    #[config(default = true)]
    pub learn_sigma: bool,
}

impl DomeConfig {
    /// Checks the values, for configurations that come from a file.
    ///
    /// # Errors
    ///
    /// If `num_parameters` is 0, `mu` not positive and finite, or `sigma` below the floor.
    pub fn validate(&self) -> Result<(), InvalidConfig> {
        validate(self.num_parameters, self.mu, self.sigma)
    }

    /// [`validate`](Self::validate), and that the device's type of numbers holds the values.
    ///
    /// # Errors
    ///
    /// If `mu` or `sigma` are too large to compute with there, or one of them becomes 0.
    pub fn validate_for(&self, device: &Device) -> Result<(), InvalidConfig> {
        self.validate()?;
        validate_for(device, self.mu, self.sigma)
    }

    /// Initializes a new [`Dome`] layer.
    ///
    /// # Panics
    ///
    /// If [`validate_for`](Self::validate_for) fails.
    pub fn init(&self, device: &Device) -> Dome {
        self.validate_for(device)
            .unwrap_or_else(|error| panic!("DomeConfig: {error}"));
        Dome {
            mu: constant(self.mu, self.num_parameters, self.learn_mu, device),
            sigma: constant(self.sigma, self.num_parameters, self.learn_sigma, device),
        }
    }
}

impl ModuleDisplay for Dome {
    fn custom_settings(&self) -> Option<DisplaySettings> {
        DisplaySettings::new()
            .with_new_line_after_attribute(false)
            .optional()
    }

    fn custom_content(&self, content: Content) -> Option<Content> {
        content
            .add("num_parameters", &self.mu.lazy_shape()[0])
            .optional()
    }
}

impl Dome {
    /// Applies [`functional::dome`] with the layer's parameters.
    ///
    /// # Shapes
    ///
    /// - input: `[..., any]`; with per-channel parameters `[batch, channels, ...]`
    /// - output: the input's
    pub fn forward<const D: usize>(&self, input: Tensor<D>) -> Tensor<D> {
        functional::dome(input, self.mu.val(), self.sigma.val())
    }

    /// Applies [`functional::dome_log_odds`]: `log(p / (1 - p))`, the score for rankings,
    /// out-of-distribution detection and attacks, which does not saturate with `p`.
    ///
    /// # Shapes
    ///
    /// - input: `[..., any]`; with per-channel parameters `[batch, channels, ...]`
    /// - output: the input's
    pub fn log_odds<const D: usize>(&self, input: Tensor<D>) -> Tensor<D> {
        functional::dome_log_odds(input, self.mu.val(), self.sigma.val())
    }

    /// Brings the modes to the scale of a batch of logits, before the first step of a training:
    /// where ten times the size of the logits exceeds `mu`, `mu` and `sigma` are raised by the same
    /// factor to that, each channel by its own. Smaller logits, and such with NaN among them, leave the layer
    /// as it is.
    ///
    /// Otherwise logits that start many sigmas away from both modes get no gradient and stay there
    /// (the plateau). The factor ten leaves room for the first steps of a training, which large
    /// weights in front of this layer make large; with one, such trainings jumped to the plateau.
    ///
    /// The size is the magnitude that 68 % of the logits do not exceed: of normal numbers their standard
    /// deviation. A few outliers hardly move it, however large they are. Reads the logits once, which waits for
    /// the device.
    ///
    /// # Shapes
    ///
    /// - input: `[..., any]`, the layer's input; with per-channel parameters `[batch, channels, ...]`
    ///
    /// # Panics
    ///
    /// If the parameters are per channel and the input has other channels.
    #[must_use]
    pub fn calibrate<const D: usize>(self, input: Tensor<D>) -> Self {
        const ROOM: f64 = 10.0;
        let numbers = Numbers::of_type(self.mu.val().dtype());
        let scales = Scales::of(&self.mu, &self.sigma);
        let (channels, dims) = (scales.channels(), input.dims());
        check_channels("mu", channels, &dims);
        let inner = if channels == 1 {
            1
        } else {
            dims[2..].iter().product()
        };
        let mut magnitudes = vec![Vec::new(); channels];
        for (i, x) in host_values(input.without_autodiff())
            .into_iter()
            .enumerate()
        {
            magnitudes[i / inner % channels].push(x.abs());
        }
        let factors: Vec<f64> = magnitudes
            .into_iter()
            .enumerate()
            .map(|(channel, magnitudes)| {
                scales.factor(channel, ROOM * robust_size(magnitudes), numbers)
            })
            .collect();
        let [mu, sigma] = [self.mu, self.sigma].map(|parameter| raised(parameter, &factors));
        Self { mu, sigma }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Tolerance;

    #[test]
    fn values_at_the_modes() {
        let device = Default::default();
        let dome = DomeConfig::new().init(&device);
        let p = dome.forward(Tensor::<1>::from_floats([-1.0, 0.0, 1.0], &device));
        // (1 + 1 - exp(-4))/2 at mu = sigma = 1
        p.into_data().assert_approx_eq::<f32>(
            &[0.00915782, 0.5, 0.99084218].into(),
            Tolerance::absolute(1e-6),
        );
    }

    #[test]
    fn display() {
        let dome = DomeConfig::new()
            .with_num_parameters(3)
            .init(&Default::default());
        assert_eq!(dome.to_string(), "Dome {num_parameters: 3, params: 6}");
    }

    #[test]
    #[should_panic(expected = "sigma is 0, but must be a finite number of at least 0.0001")]
    fn zero_sigma() {
        DomeConfig::new().with_sigma(0.0).init(&Default::default());
    }

    #[test]
    #[should_panic(expected = "mu is NaN, but must be a positive finite number")]
    fn nan_mu() {
        DomeConfig::new()
            .with_mu(f64::NAN)
            .init(&Default::default());
    }

    #[test]
    #[should_panic(expected = "num_parameters is 0, but must be 1")]
    fn no_parameters() {
        DomeConfig::new()
            .with_num_parameters(0)
            .init(&Default::default());
    }

    #[test]
    #[should_panic(expected = "needs 3 channels along dimension 1, but its shape is [4, 5]")]
    fn wrong_channels() {
        let device = Default::default();
        let dome = DomeConfig::new().with_num_parameters(3).init(&device);
        dome.forward(Tensor::<2>::zeros([4, 5], &device));
    }

    #[test]
    #[should_panic(expected = "needs 3 channels along dimension 1, but its shape is [3]")]
    fn channels_of_a_vector() {
        let device = Default::default();
        let dome = DomeConfig::new().with_num_parameters(3).init(&device);
        dome.forward(Tensor::<1>::zeros([3], &device));
    }
}
