use burn::tensor::{Device, Tensor, TensorData, activation};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::{Batch, Trainable};

/// Adversarial training (Madry et al., arXiv 1706.06083): each batch is replaced by perturbed images that raise the
/// cross-entropy of the scores, found by projected gradient descent under the L-inf norm.
///
/// Training that starts with large perturbations may never leave chance: eps grows from 0 over the first third of the
/// steps.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Adversary {
    /// The largest change of a pixel, pixels being in [0, 1].
    pub eps: f64,
    /// Steps of the descent, each of `2.5 eps / steps`.
    pub steps: usize,
}

impl Adversary {
    /// With ten steps.
    pub fn of_eps(eps: f64) -> Self {
        Self { eps, steps: 10 }
    }

    /// What eps is at a step of so many.
    pub(super) fn eps_at(&self, step: usize, of: usize) -> f64 {
        let ramp = 3.0 * step as f64 / of.max(1) as f64;
        self.eps * ramp.min(1.0)
    }

    /// The batch's images with a perturbation of at most `eps`; the model is on autodiff.
    pub(super) fn perturb<M: Trainable>(
        &self,
        model: &M,
        batch: Batch,
        eps: f64,
        noise: Tensor<4>,
    ) -> Batch {
        // Nobody needs the gradients of its parameters here.
        let model = model.clone().no_grad();
        let clean = batch.images.clone().without_autodiff();
        let limit = |images: Tensor<4>| {
            let most = clean.clone() + eps;
            let least = clean.clone() - eps;
            images.min_pair(most).max_pair(least).clamp(0.0, 1.0)
        };
        let mut images = limit(clean.clone() + noise * eps);
        for _ in 0..self.steps {
            let input = images.clone().autodiff().require_grad();
            let log = activation::log_softmax(model.scores(input.clone()), 1);
            let own = log.gather(1, batch.targets.clone().unsqueeze_dim::<2>(1));
            let Some(gradient) = input.grad(&own.sum().backward()) else {
                break;
            };
            // Down the log-probability of the class is up the cross-entropy.
            let step = gradient.sign() * (2.5 * eps / self.steps as f64);
            images = limit(images - step);
        }
        Batch {
            images: images.autodiff(),
            ..batch
        }
    }
}

/// Numbers in [-1, 1] for images of a batch, from the place `first` on: they depend on seed, step and place only.
pub(super) fn noise(
    shape: [usize; 4],
    first: usize,
    seed: u64,
    step: usize,
    device: &Device,
) -> Tensor<4> {
    let [count, channels, height, width] = shape;
    let mut values = Vec::with_capacity(shape.iter().product());
    for place in first..first + count {
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        generator.set_stream(((step as u64) << 20) | place as u64);
        let pixels = 0..channels * height * width;
        values.extend(pixels.map(|_| generator.random_range(-1.0f32..=1.0)));
    }
    let device = device.clone().without_autodiff();
    Tensor::from_data(TensorData::new(values, shape), &device)
}
