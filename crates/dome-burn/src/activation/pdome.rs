use burn::config::Config;
use burn::module::{Content, DisplaySettings, Module, ModuleDisplay, Param};
use burn::tensor::{Device, Tensor};

use super::parameter::{constant, validate, validate_for};
use crate::numbers::Numbers;
use crate::{InvalidConfig, functional};

/// Penalized DOME: an activation for intermediate layers, with negative outputs and a learnable
/// imbalance of its two sides.
///
/// `PDome(x) = exp(-((x - mu)/sigma)^2) - pi * exp(-((x + mu)/sigma)^2)`
///
/// in (-pi, 1) for positive pi; equation (3) of
/// [arXiv 2109.14798](https://arxiv.org/abs/2109.14798). With `pi = 1` it is `2 Dome(x) - 1`.
///
/// `mu`, `sigma` and `pi` are learnable: one value, or one per channel along dimension 1. Their initial
/// values are those for layers inside a network; with weights of their [`gain`](PDomeConfig::gain) they keep
/// the signal's and the gradient's size through depth. [`PDomeConfig::paper`] has the paper's.
/// Cloning a layer does not tie its parameters; call one layer twice to share them.
///
/// Should be created using [`PDomeConfig`].
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use dome_burn::PDomeConfig;
///
/// let device = Device::default();
/// let activation = PDomeConfig::new().with_num_parameters(16).init(&device);
/// let y = activation.forward(Tensor::<4>::zeros([8, 16, 14, 14], &device));
/// assert_eq!(y.dims(), [8, 16, 14, 14]);
/// ```
#[derive(Module, Debug)]
#[module(custom_display)]
pub struct PDome {
    /// Location of the modes, `[1]` or `[channels]`.
    pub mu: Param<Tensor<1>>,
    /// Breadth of the modes, `[1]` or `[channels]`; see [`SIGMA_FLOOR`](crate::SIGMA_FLOOR).
    pub sigma: Param<Tensor<1>>,
    /// Penalty, the height of the negative mode, `[1]` or `[channels]`.
    pub pi: Param<Tensor<1>>,
}

/// Configuration to create a [`PDome`] layer using [`init`](PDomeConfig::init).
#[derive(Config, Debug, PartialEq)]
pub struct PDomeConfig {
    /// Number of values of each parameter: 1, or the number of channels. Default 1.
    #[config(default = 1)]
    pub num_parameters: usize,
    /// Initial location of the modes, positive. Default 2.5.
    #[config(default = "PDomeConfig::HIDDEN_MU")]
    pub mu: f64,
    /// Initial breadth of the modes, at least [`SIGMA_FLOOR`](crate::SIGMA_FLOOR). Default
    /// `sqrt(2/3) 2.5`, that is 2.04.
    #[config(default = "PDomeConfig::HIDDEN_SIGMA")]
    pub sigma: f64,
    /// Initial penalty, finite. Default 1, which makes the function odd.
    #[config(default = 1.0)]
    pub pi: f64,
    /// Whether training changes `mu`. Default true.
    #[config(default = true)]
    pub learn_mu: bool,
    /// Whether training changes `sigma`. Default true.
    #[config(default = true)]
    pub learn_sigma: bool,
    /// Whether training changes `pi`. Default true.
    #[config(default = true)]
    pub learn_pi: bool,
}

impl PDomeConfig {
    /// Checks the values, for configurations that come from a file.
    ///
    /// # Errors
    ///
    /// If `num_parameters` is 0, `mu` not positive and finite, `sigma` below the floor, or `pi`
    /// not finite.
    pub fn validate(&self) -> Result<(), InvalidConfig> {
        validate(self.num_parameters, self.mu, self.sigma)?;
        InvalidConfig::check(self.pi.is_finite(), "pi", self.pi, "a finite number")
    }

    /// [`validate`](Self::validate), and that the device's type of numbers holds the values.
    ///
    /// # Errors
    ///
    /// If a value is too large to compute with there, or `mu` or `sigma` become 0.
    pub fn validate_for(&self, device: &Device) -> Result<(), InvalidConfig> {
        self.validate()?;
        validate_for(device, self.mu, self.sigma)?;
        Numbers::of(device).check("pi", self.pi)
    }

    /// Initializes a new [`PDome`] layer.
    ///
    /// # Panics
    ///
    /// If [`validate_for`](Self::validate_for) fails.
    pub fn init(&self, device: &Device) -> PDome {
        self.validate_for(device)
            .unwrap_or_else(|error| panic!("PDomeConfig: {error}"));
        PDome {
            mu: constant(self.mu, self.num_parameters, self.learn_mu, device),
            sigma: constant(self.sigma, self.num_parameters, self.learn_sigma, device),
            pi: constant(self.pi, self.num_parameters, self.learn_pi, device),
        }
    }
}

impl ModuleDisplay for PDome {
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

impl PDome {
    /// Applies [`functional::pdome`] with the layer's parameters.
    ///
    /// # Shapes
    ///
    /// - input: `[..., any]`; with per-channel parameters `[batch, channels, ...]`
    /// - output: the input's
    pub fn forward<const D: usize>(&self, input: Tensor<D>) -> Tensor<D> {
        functional::pdome(input, self.mu.val(), self.sigma.val(), self.pi.val())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Tolerance;

    #[test]
    fn penalty_scales_the_negative_mode() {
        let device = Default::default();
        let pdome = PDomeConfig::paper().with_pi(0.25).init(&device);
        let y = pdome.forward(Tensor::<1>::from_floats([-1.0, 0.0, 1.0], &device));
        // exp(-4) - 1/4, (1 - 1/4)/e, 1 - exp(-4)/4
        y.into_data().assert_approx_eq::<f32>(
            &[-0.23168436, 0.27590958, 0.99542109].into(),
            Tolerance::absolute(1e-6),
        );
    }

    #[test]
    fn display() {
        let pdome = PDomeConfig::new()
            .with_num_parameters(4)
            .init(&Default::default());
        assert_eq!(pdome.to_string(), "PDome {num_parameters: 4, params: 12}");
    }

    #[test]
    #[should_panic(expected = "pi is inf, but must be a finite number")]
    fn infinite_pi() {
        PDomeConfig::new()
            .with_pi(f64::INFINITY)
            .init(&Default::default());
    }

    #[test]
    #[should_panic(expected = "sigma is -1, but must be a finite number of at least 0.0001")]
    fn negative_sigma() {
        PDomeConfig::new()
            .with_sigma(-1.0)
            .init(&Default::default());
    }
}
