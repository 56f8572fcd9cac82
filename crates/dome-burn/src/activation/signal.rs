//! How [`PDome`](super::PDome) passes a signal on through the layers of a deep network.

use super::PDomeConfig;

#[cfg(not(feature = "std"))]
#[allow(unused_imports)] // where another crate links std, its methods are there
use num_traits::Float as _;

/// # Between layers
///
/// In a wide network with weights `w ~ N(0, gain^2 / fan_in)` and zero biases, the input `z` of an
/// activation in layer `l` is close to `N(0, q_l)`, and
///
/// ```text
/// q_(l+1)      = gain^2 E[f(z)^2]       the variance of the signal on its way forward
/// |dL/dz_l|^2  = chi |dL/dz_(l+1)|^2    that of the gradient on its way back,
/// chi          = gain^2 E[f'(z)^2]
/// ```
///
/// (Poole et al. 2016, [arXiv 1606.05340](https://arxiv.org/abs/1606.05340); Schoenholz et al.
/// 2017, [arXiv 1611.01232](https://arxiv.org/abs/1611.01232)). A depth of L layers multiplies the
/// gradient by `chi^L`, so both want a `q` that stays, and a `chi` near 1. The terms of PDOME are
/// Gaussian, so the expectations have closed forms. With `s = sigma^2 + 4q`,
/// `A = (1 + pi^2) exp(-2 mu^2/s)` and `B = 2 pi exp(-2 mu^2/sigma^2)`:
///
/// ```text
/// E[f^2]  = sigma/sqrt(s) (A - B)
/// E[f'^2] = 4/(sigma^3 sqrt(s)) (A (q sigma^2/s + mu^2 sigma^4/s^2) - B (q sigma^2/s - mu^2))
/// ```
///
/// The defaults follow from these, `pi = 1`, `mu = 2.5`, `sigma = sqrt(2/3) mu`, for inputs of variance 1:
///
/// - With `pi = 1` the function is odd: outputs have mean 0, and different inputs do not drift
///   into the same direction from layer to layer. Training moves `pi` where it helps.
/// - Near 0 the function is `4 mu/sigma^2 exp(-mu^2/sigma^2) (z + (2 mu^2/(3 sigma^2) - 1)
///   z^3/sigma^2 + ...)`. With `sigma^2 = 2/3 mu^2` the cubic term vanishes, which makes the
///   range in which gradients pass unchanged as wide as it gets.
/// - For an odd function `chi` at the fixed point is at least 1, with equality for straight
///   lines only (the Poincaré inequality of the normal distribution), so `mu` chooses between a
///   straight line and exploding gradients. At 2.5, with [`gain`](Self::gain), `chi` is 1.035:
///   20 layers double the square of the gradient. At the paper's `mu = sigma = 1` it is 2.12: 20 layers
///   multiply it by three million.
///
/// [`gain`](Self::gain) is the standard deviation of the weights that belongs to them:
///
/// ```
/// use burn::nn::{Initializer, LinearConfig};
/// use burn::tensor::{Device, Tensor};
/// use dome_burn::PDomeConfig;
///
/// let device = Device::default();
/// let config = PDomeConfig::new();
/// let weights = Initializer::KaimingNormal { gain: config.gain(), fan_out_only: false };
/// let activation = config.init(&device);
/// let next = LinearConfig::new(256, 256).with_initializer(weights).init(&device);
/// let y = next.forward(activation.forward(Tensor::<2>::ones([1, 256], &device)));
/// ```
impl PDomeConfig {
    /// The default location of the modes; see [`PDomeConfig`]'s section on layers.
    pub(super) const HIDDEN_MU: f64 = 2.5;

    /// `sqrt(2/3)` of it.
    pub(super) const HIDDEN_SIGMA: f64 = 2.041_241_452_319_315;

    /// The values of the paper, `mu = sigma = pi = 1`, for a single layer or to compare with it. Between the
    /// layers of a deep network they make gradients explode: 20 layers multiply their squares by three million.
    pub fn paper() -> Self {
        Self::new().with_mu(1.0).with_sigma(1.0)
    }

    /// The gain of the layer behind this activation that gives variance 1 again to inputs of
    /// variance 1: `1/sqrt(E[f(z)^2])` for `z ~ N(0, 1)`, where the weights have the standard
    /// deviation `gain/sqrt(fan_in)` (Burn's `Initializer::KaimingNormal` or `KaimingUniform`) and
    /// the bias is 0 or small.
    ///
    /// The first layer of a network, whose inputs are data of variance 1, wants a gain of 1.
    ///
    /// Infinite, if `sigma` is so much smaller than `mu` that no such input reaches a mode.
    pub fn gain(&self) -> f64 {
        self.mean_square(1.0).sqrt().recip()
    }

    /// `chi` with [`gain`](Self::gain): the factor by which a layer multiplies the mean square of
    /// the gradient that passes back through it.
    pub fn backward_factor(&self) -> f64 {
        self.mean_square_slope(1.0) / self.mean_square(1.0)
    }

    /// The factor by which a layer with [`gain`](Self::gain) multiplies a small deviation of its
    /// input's variance from 1: between -1 and 1 the variance returns to 1 from layer to layer.
    ///
    /// `gain^2 dE[f^2]/dq = gain^2 4 sigma s^(-3/2) (A (2 mu^2/s - 1/2) + B/2)` at `q = 1`.
    pub fn forward_factor(&self) -> f64 {
        let Terms { sigma, s, a, b } = self.terms(1.0);
        let slope = a * (2.0 * self.mu.powi(2) / s - 0.5) + 0.5 * b;
        4.0 * sigma * s.powf(-1.5) * slope / self.mean_square(1.0)
    }

    /// `E[f(z)^2]` for `z ~ N(0, variance)`.
    pub fn mean_square(&self, variance: f64) -> f64 {
        let Terms { sigma, s, a, b } = self.terms(variance);
        sigma / s.sqrt() * (a - b)
    }

    /// `E[f'(z)^2]` for `z ~ N(0, variance)`.
    pub fn mean_square_slope(&self, variance: f64) -> f64 {
        let Terms { sigma, s, a, b } = self.terms(variance);
        // Variance and mean of z under the normal density times the squared mode.
        let spread = variance * sigma.powi(2) / s;
        let offset = self.mu * sigma.powi(2) / s;
        let sum = a * (spread + offset.powi(2)) - b * (spread - self.mu.powi(2));
        4.0 / (sigma.powi(3) * s.sqrt()) * sum
    }

    fn terms(&self, variance: f64) -> Terms {
        let Self { mu, sigma, pi, .. } = *self;
        let s = sigma.powi(2) + 4.0 * variance;
        Terms {
            sigma,
            s,
            a: (1.0 + pi.powi(2)) * (-2.0 * mu.powi(2) / s).exp(),
            b: 2.0 * pi * (-2.0 * (mu / sigma).powi(2)).exp(),
        }
    }
}

/// The letters of the formulas above.
struct Terms {
    sigma: f64,
    s: f64,
    a: f64,
    b: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The trapezoidal rule, whose error for such integrands is far below rounding.
    fn expectation(variance: f64, f: impl Fn(f64) -> f64) -> f64 {
        const POINTS: i32 = 4000;
        let reach = 12.0 * variance.sqrt();
        let width = reach / POINTS as f64;
        let density = |z: f64| (-z * z / (2.0 * variance)).exp();
        let sum: f64 = (-POINTS..=POINTS)
            .map(|i| i as f64 * width)
            .map(|z| density(z) * f(z))
            .sum();
        sum * width / (2.0 * std::f64::consts::PI * variance).sqrt()
    }

    fn modes(config: &PDomeConfig, z: f64) -> [f64; 2] {
        [config.mu, -config.mu].map(|mode| (-((z - mode) / config.sigma).powi(2)).exp())
    }

    fn value(config: &PDomeConfig, z: f64) -> f64 {
        let [a, b] = modes(config, z);
        a - config.pi * b
    }

    fn slope(config: &PDomeConfig, z: f64) -> f64 {
        let [a, b] = modes(config, z);
        let PDomeConfig { mu, sigma, pi, .. } = config;
        -2.0 / sigma.powi(2) * ((z - mu) * a - pi * (z + mu) * b)
    }

    fn assert_close(what: &str, actual: f64, expected: f64, relative: f64) {
        assert!(
            (actual / expected - 1.0).abs() < relative,
            "{what}: {actual}, expected {expected}"
        );
    }

    fn configs() -> Vec<PDomeConfig> {
        let config = |mu, sigma, pi| PDomeConfig::new().with_mu(mu).with_sigma(sigma).with_pi(pi);
        vec![
            config(1.0, 1.0, 1.0),
            config(1.0, 0.3, 0.5),
            config(2.5, 1.5, -0.4),
            config(0.2, 3.0, 0.0),
            PDomeConfig::new(),
        ]
    }

    #[test]
    fn closed_forms_agree_with_quadrature() {
        for config in configs() {
            for variance in [0.1, 1.0, 7.0] {
                let square = expectation(variance, |z| value(&config, z).powi(2));
                assert_close("E[f^2]", config.mean_square(variance), square, 1e-10);
                let square = expectation(variance, |z| slope(&config, z).powi(2));
                let closed = config.mean_square_slope(variance);
                assert_close("E[f'^2]", closed, square, 1e-10);
            }
        }
    }

    #[test]
    fn factors_are_those_of_a_layer_with_the_gain() {
        for config in configs() {
            let square_gain = config.gain().powi(2);
            assert_close("q", square_gain * config.mean_square(1.0), 1.0, 1e-12);
            let chi = square_gain * config.mean_square_slope(1.0);
            assert_close("chi", config.backward_factor(), chi, 1e-12);
            let step = 1e-4;
            let difference = config.mean_square(1.0 + step) - config.mean_square(1.0 - step);
            let numeric = square_gain * difference / (2.0 * step);
            assert!(
                (config.forward_factor() - numeric).abs() < 1e-6,
                "{config:?}"
            );
        }
    }

    /// The claims of the defaults.
    #[test]
    fn default_values_keep_the_signal() {
        let config = PDomeConfig::new();
        assert_eq!(config.sigma, (2.0f64 / 3.0).sqrt() * config.mu);
        assert!((1.0..1.04).contains(&config.backward_factor()));
        assert!((0.0..0.75).contains(&config.forward_factor()));
        // Odd, and without a cubic term: the next one is of the fifth order.
        let ratio = |z: f64| value(&config, z) / z;
        assert!((ratio(0.02) / ratio(0.01) - 1.0).abs() < 1e-8);
        assert_eq!(value(&config, 0.7), -value(&config, -0.7));

        // From any start the variance comes to 1, where the paper's gradient explodes.
        for start in [0.05, 0.5, 3.0, 20.0] {
            let layer = |q: f64| config.gain().powi(2) * config.mean_square(q);
            let end = (0..60).fold(start, |q, _| layer(q));
            assert!((end - 1.0).abs() < 1e-4, "{start} -> {end}");
        }
        assert!(PDomeConfig::paper().backward_factor() > 2.0);
    }
}
