use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use burn::module::Module;
use burn::nn::activation::{RRelu, RReluConfig};
use burn::tensor::Tensor;

use crate::generator::seeded;

/// Burn's [`RRelu`], a leaky ReLU with random slopes in training (Xu et al. 2015,
/// [arXiv 1505.00853](https://arxiv.org/abs/1505.00853)), whose slopes depend on its seed only, also
/// where networks train side by side.
#[derive(Module, Debug)]
pub struct ReproducibleRRelu {
    rrelu: RRelu,
    seed: u64,
    /// How often slopes were drawn.
    #[module(skip)]
    draws: Arc<AtomicU64>,
}

impl ReproducibleRRelu {
    /// With slopes between 1/8 and 1/3; layers of a network need seeds that differ.
    pub fn new(seed: u64) -> Self {
        Self {
            rrelu: RReluConfig::new().init(),
            seed,
            draws: Arc::default(),
        }
    }

    /// Draws as if it had drawn so often before.
    pub(super) fn after_draws(&self, draws: u64) {
        self.draws.store(draws, Ordering::Relaxed);
    }

    /// Applies the activation: with random slopes on a device with autodiff, with their mean
    /// elsewhere.
    ///
    /// # Shapes
    ///
    /// - input, output: `[..., any]`
    pub fn forward<const D: usize>(&self, input: Tensor<D>) -> Tensor<D> {
        let device = input.device();
        if !device.is_autodiff() {
            return self.rrelu.forward(input);
        }
        // An odd factor spreads the seeds, so that draws of different seeds do not coincide.
        let draw = self.draws.fetch_add(1, Ordering::Relaxed);
        let seed = self
            .seed
            .wrapping_mul(0x9E37_79B9_7F4A_7C15)
            .wrapping_add(draw);
        seeded(seed, &device, || self.rrelu.forward(input))
    }
}
