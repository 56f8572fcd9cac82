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
    /// | ELU, CELU, GELU, Swish | `sqrt(2)` | as ReLU, in whose place their papers put them |
    /// | SELU | 1 | Klambauer et al. 2017, [arXiv 1706.02515](https://arxiv.org/abs/1706.02515), section 2 |
    /// | tanh, spline (starts as tanh) | 5/3, Xavier's | PyTorch, `torch.nn.init.calculate_gain` |
    /// | sine | `sqrt(2)` | Sitzmann et al. 2020, [arXiv 2006.09661](https://arxiv.org/abs/2006.09661), section 3.2 |
    /// | Maxout of 2 | 1 | `E[max(x, y)^2] = E[x^2]` by symmetry; Tseran and Montúfar 2023, [arXiv 2301.06956](https://arxiv.org/abs/2301.06956), for any number |
    /// | PDOME | about 2.05 | [`PDomeConfig::gain`] |
    pub fn gain(self) -> f64 {
        let rectifier = |square_slope: f64| (2.0 / (1.0 + square_slope)).sqrt();
        match self {
            Self::Relu | Self::Elu | Self::Celu | Self::Gelu | Self::Swish => rectifier(0.0),
            Self::LeakyRelu => rectifier(0.01f64.powi(2)),
            Self::PRelu => rectifier(0.25f64.powi(2)),
            Self::RRelu => {
                let [low, high] = [1.0 / 8.0, 1.0 / 3.0f64];
                rectifier((low * low + low * high + high * high) / 3.0)
            }
            Self::Selu | Self::Maxout => 1.0,
            Self::Tanh | Self::Spline => 5.0 / 3.0,
            Self::Sine => 2.0f64.sqrt(),
            Self::PDome | Self::PDomeChannel => PDomeConfig::hidden().gain(),
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
