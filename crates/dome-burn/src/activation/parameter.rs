use burn::module::{Initializer, Param};
use burn::tensor::{Device, Tensor};

use crate::numbers::Numbers;
use crate::{InvalidConfig, SIGMA_FLOOR};

/// `count` values, all `value`.
pub(super) fn constant(value: f64, count: usize, learn: bool, device: &Device) -> Param<Tensor<1>> {
    let parameter = Initializer::Constant { value }.init([count], device);
    match learn {
        true => parameter,
        false => parameter.set_require_grad(false),
    }
}

/// What the configurations of `Dome` and `PDome` have in common.
pub(super) fn validate(num_parameters: usize, mu: f64, sigma: f64) -> Result<(), InvalidConfig> {
    InvalidConfig::check(
        num_parameters > 0,
        "num_parameters",
        num_parameters,
        "1 (one value for all) or the number of channels of the input",
    )?;
    InvalidConfig::check(
        mu.is_finite() && mu > 0.0,
        "mu",
        mu,
        "a positive finite number: the modes of DOME lie at +mu and -mu",
    )?;
    InvalidConfig::check(
        sigma.is_finite() && sigma >= SIGMA_FLOOR,
        "sigma",
        sigma,
        "a finite number of at least 0.0001 (SIGMA_FLOOR): DOME divides by it",
    )
}

/// Whether the device's type of numbers holds mu and sigma.
pub(super) fn validate_for(device: &Device, mu: f64, sigma: f64) -> Result<(), InvalidConfig> {
    let numbers = Numbers::of(device);
    numbers.check_positive("mu", mu)?;
    numbers.check_positive("sigma", sigma)
}
