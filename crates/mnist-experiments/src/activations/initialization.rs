use std::f64::consts::PI;

use burn::nn::Initializer;
use dome_burn::PDomeConfig;

use super::ActivationKind;

impl ActivationKind {
    /// The gain of a layer behind this activation: its weights have the standard deviation
    /// `gain/sqrt(fan_in)`, with tanh `gain sqrt(2/(fan_in + fan_out))`.
    ///
    /// | activation | gain | source |
    /// |---|---|---|
    /// | ReLU | `sqrt(2)` | He et al. 2015, [arXiv 1502.01852](https://arxiv.org/abs/1502.01852), equation (10) |
    /// | leaky ReLU, PReLU | `sqrt(2/(1 + a^2))`, `a` the initial slope | the same, equation (15) |
    /// | RReLU | `sqrt(2/(1 + E[a^2]))`, `a` uniform in [1/8, 1/3] | the same with the mean over the slopes |
    /// | ELU, CELU | `sqrt(2)` | the same as ReLU |
    /// | GELU, Swish | 1.534, 1.677 | He's condition, `gain^2 E[f(z)^2] = 1` for `z ~ N(0, 1)` |
    /// | SELU | 1 | Klambauer et al. 2017, [arXiv 1706.02515](https://arxiv.org/abs/1706.02515), section 2 |
    /// | tanh, spline (starts as tanh) | 5/3, Xavier's | PyTorch, `torch.nn.init.calculate_gain` |
    /// | sine | `sqrt(2)` | Sitzmann et al. 2020, [arXiv 2006.09661](https://arxiv.org/abs/2006.09661), section 3.2 |
    /// | Maxout of 2 | 1 | `E[max(x, y)^2] = E[x^2]` by symmetry; Tseran and Montúfar 2023, [arXiv 2301.06956](https://arxiv.org/abs/2301.06956), for any number |
    /// | PDOME | 2.050 | [`PDomeConfig::gain`], the same condition |
    pub fn gain(self) -> f64 {
        let rectifier = |square_slope: f64| (2.0 / (1.0 + square_slope)).sqrt();
        match self {
            Self::Relu | Self::Elu | Self::Celu => rectifier(0.0),
            // E[z^2 Phi(z)^2] = 1/3 + 1/(2 sqrt(3) pi).
            Self::Gelu => (1.0 / 3.0 + 0.5 / (3.0f64.sqrt() * PI)).sqrt().recip(),
            // No closed form: by quadrature, see the test.
            Self::Swish => 1.676_532_470_331_16,
            Self::LeakyRelu => rectifier(0.01f64.powi(2)),
            Self::PRelu => rectifier(0.25f64.powi(2)),
            Self::RRelu => {
                let [low, high] = [1.0 / 8.0, 1.0 / 3.0f64];
                rectifier((low * low + low * high + high * high) / 3.0)
            }
            Self::Selu | Self::Maxout => 1.0,
            Self::Tanh | Self::Spline => 5.0 / 3.0,
            Self::Sine => 2.0f64.sqrt(),
            Self::PDome | Self::PDomeChannel => PDomeConfig::new().gain(),
        }
    }

    /// How to draw the weights of a layer behind this activation; biases start at 0.
    pub fn initializer(self) -> Initializer {
        let gain = self.gain();
        match self {
            Self::Tanh | Self::Spline => Initializer::XavierNormal { gain },
            _ => Initializer::KaimingNormal {
                gain,
                fan_out_only: false,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::{DType, Device, Tensor, TensorData};

    /// `gain^2 E[f(z)^2]` for `z ~ N(0, 1)` of the activation itself, by the trapezoidal rule.
    fn variance_behind(kind: ActivationKind) -> f64 {
        const POINTS: usize = 20_001;
        const REACH: f64 = 12.0;
        let device = Device::flex();
        let width = 2.0 * REACH / (POINTS - 1) as f64;
        let zs: Vec<f64> = (0..POINTS).map(|i| i as f64 * width - REACH).collect();
        let z = TensorData::new(zs.clone(), [1, POINTS]);
        // PDOME's parameters are f32: both in one type.
        let z = Tensor::<2>::from_data(z.convert::<f32>(), (&device, DType::F32));
        let values = kind.init(1, 0, 0, &device).forward(z);
        let values: Vec<f64> = values.try_to_vec_as().unwrap();
        let terms = zs.iter().zip(values);
        let sum: f64 = terms.map(|(z, f)| (-z * z / 2.0).exp() * f * f).sum();
        kind.gain().powi(2) * sum * width / (2.0 * PI).sqrt()
    }

    #[test]
    fn gains_keep_the_variance() {
        use ActivationKind::*;
        for kind in [Relu, LeakyRelu, PRelu, Selu, Gelu, Swish, PDome] {
            let variance = variance_behind(kind);
            assert!((variance - 1.0).abs() < 1e-5, "{}: {variance}", kind.name());
        }
        // Gains of the literature that are meant for a smaller or larger variance. RReLU has its
        // mean slope here, whose square is less than the mean square of its slopes.
        for (kind, low, high) in [
            (RRelu, 0.99, 1.0),
            (Elu, 1.2, 1.4),
            (Celu, 1.0, 1.2),
            (Tanh, 1.0, 1.2),
            (Spline, 1.0, 1.2),
            (Sine, 0.8, 1.0),
        ] {
            let variance = variance_behind(kind);
            assert!(
                (low..high).contains(&variance),
                "{}: {variance}",
                kind.name()
            );
        }
    }
}
