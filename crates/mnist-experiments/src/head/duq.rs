use burn::module::{Initializer, Module, Param};
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Int, Tensor};
use serde::{Deserialize, Serialize};

use super::geometry::one_hot;
use super::{ClassifierHead, Method, check};

/// The settings of [`DuqHead`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Duq {
    /// The length scale sigma.
    pub sigma: f64,
    /// The share that the classes' moving sums keep in a step, gamma.
    pub decay: f64,
    /// Size of the space of each class; absent, that of the embedding.
    pub dim: Option<usize>,
}

/// The decay is that of the authors' code; sigma was chosen on validation images (docs/study-settings.md).
impl Default for Duq {
    fn default() -> Self {
        Self {
            sigma: 0.3,
            decay: 0.999,
            dim: None,
        }
    }
}

impl Method for Duq {
    type Head = DuqHead;
    const NAME: &'static str = "duq";
    const ABOUT: &'static str =
        "DUQ without gradient penalty: a Gaussian kernel a class around its moving mean";

    fn title(&self) -> String {
        "DUQ, no penalty".into()
    }

    fn validate(&self) -> Result<(), String> {
        check::positive("sigma", self.sigma)?;
        check::within("decay", self.decay, 0.0..=1.0)?;
        match self.dim {
            Some(dim) => check::that(dim > 0, "dim", dim, "at least 1"),
            None => Ok(()),
        }
    }

    fn init(&self, embedding_dim: usize, classes: usize, device: &Device) -> DuqHead {
        let dim = self.dim.unwrap_or(embedding_dim);
        let linear = LinearConfig::new(embedding_dim, classes * dim).with_bias(false);
        let normal = Initializer::Normal {
            mean: 0.0,
            std: FIRST_COUNT,
        };
        let count = Initializer::Constant { value: FIRST_COUNT };
        DuqHead {
            linear: linear.init(device),
            sums: normal.init([classes, dim], device).set_require_grad(false),
            counts: count.init([classes], device).set_require_grad(false),
            settings: *self,
        }
    }
}

/// Samples that each class is taken to have had in a batch before the first; as in the authors' code.
const FIRST_COUNT: f64 = 12.0;

/// Deterministic uncertainty quantification: `K_j = exp(-mean((W_j x - e_j)^2)/(2 sigma^2))` for each class j, with
/// weights W_j of its own and a centroid e_j, trained by binary cross-entropy on the K_j, the mean over batch and
/// classes. The centroids are the quotients of moving sums, `m_j <- gamma m_j + (1 - gamma) sum_i W_j x_i` and
/// `n_j <- gamma n_j + (1 - gamma) |i|` over the samples i of the class in a batch (van Amersfoort, Smith, Teh, Gal,
/// *Uncertainty Estimation Using a Single Deep Deterministic Neural Network*, ICML 2020, arXiv 2003.02037).
///
/// Without the paper's two-sided penalty on the gradient of `sum_j K_j` by the image, which is to keep the network
/// sensitive to changes of it: a head sees no images. Results are those of this part of DUQ alone.
///
/// The scores are the `ln K_j`, of which none grows with the distance from its centroid; the probabilities are the K_j
/// over their sum.
#[derive(Module, Debug)]
pub struct DuqHead {
    /// W, of all classes side by side.
    linear: Linear,
    /// `[classes, dim]`, m.
    sums: Param<Tensor<2>>,
    /// `[classes]`, n.
    counts: Param<Tensor<1>>,
    #[module(skip)]
    settings: Duq,
}

/// Of the kernel's exponent; keeps the logarithm of `1 - K` finite at a centroid.
const LEAST_EXPONENT: f64 = 1e-20;

impl DuqHead {
    /// `W_j x`; `[batch, classes, dim]`.
    fn projected(&self, embedding: Tensor<2>) -> Tensor<3> {
        let [batch, _] = embedding.dims();
        let [classes, dim] = self.sums.val().dims();
        self.linear
            .forward(embedding)
            .reshape([batch, classes, dim])
    }
}

impl ClassifierHead for DuqHead {
    fn scores(&self, embedding: Tensor<2>) -> Tensor<2> {
        let centroids = self.sums.val() / self.counts.val().unsqueeze_dim(1);
        let away = self.projected(embedding) - centroids.unsqueeze();
        let squares = away.square().mean_dim(2).squeeze_dim::<2>(2);
        squares / (-2.0 * self.settings.sigma * self.settings.sigma)
    }

    fn loss(&self, embedding: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<1> {
        let scores = self.scores(embedding);
        let [_, classes] = scores.dims();
        let own = one_hot(targets, classes);
        // For K = exp(-v), 1 - K = 2t/(1 + t) with t = tanh(v/2), which keeps its digits for small v.
        let tanh = (scores.clone() * -0.5).tanh().clamp_min(LEAST_EXPONENT);
        let complement = (tanh.clone() * 2.0).log() - tanh.log1p();
        let each = own.clone() * scores + (-own + 1.0) * complement;
        -each.mean()
    }

    fn has_running_state(&self) -> bool {
        true
    }

    fn after_step(mut self, embedding: Tensor<2>, targets: Tensor<1, Int>) -> Self {
        let decay = self.settings.decay;
        let [classes, _] = self.sums.val().dims();
        let own = one_hot(targets, classes);
        let projected = self.projected(embedding).without_autodiff();
        let sums = (projected * own.clone().unsqueeze_dim(2)).sum_dim(0);
        let counts = own.sum_dim(0).squeeze_dim(0);
        self.sums = self.sums.map(|before| {
            (before.without_autodiff() * decay + sums.squeeze_dim(0) * (1.0 - decay)).detach()
        });
        self.counts = self
            .counts
            .map(|before| (before.without_autodiff() * decay + counts * (1.0 - decay)).detach());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::super::naive::{agrees, dot, refused};
    use super::*;
    use burn::tensor::Tolerance;

    #[test]
    fn naive() {
        let device = Device::flex().autodiff();
        for (sigma, dim) in [(0.1, None), (0.5, Some(2)), (2.0, Some(5))] {
            let settings = Duq {
                sigma,
                dim,
                ..Default::default()
            };
            agrees(settings.init(3, 4, &device), [3, 4], |point| {
                let dim = dim.unwrap_or(3);
                let weights = point.columns("linear.weight");
                let (sums, counts) = (point.rows("sums"), point.vector("counts"));
                point.mean(|x, target| {
                    let mut loss = 0.0;
                    for class in 0..4 {
                        let mut square = 0.0;
                        for k in 0..dim {
                            let centroid = sums[class][k] / counts[class];
                            square += (dot(&weights[class * dim + k], x) - centroid).powi(2);
                        }
                        let exponent = square / dim as f64 / (2.0 * sigma * sigma);
                        loss += match class == target {
                            true => exponent,
                            false => -(-(-exponent).exp_m1()).ln(),
                        };
                    }
                    loss / 4.0
                })
            });
        }
        refused("duq(sigma=0)", "sigma is 0, but must be above 0");
        refused(
            "duq(decay=1.5)",
            "decay is 1.5, but must be at least 0 and at most 1",
        );
        refused("duq(dim=0)", "dim is 0, but must be at least 1");
    }

    #[test]
    fn sums_and_counts_move() {
        let device = Device::flex();
        let mut head = Duq {
            decay: 0.75,
            ..Default::default()
        }
        .init(2, 2, &device);
        let weights = [[1.0, 0.0, 2.0, 0.0], [0.0, 1.0, 0.0, 2.0]];
        head.linear.weight = Param::from_data(weights, &device);
        head.sums = Param::from_data([[8.0, 0.0], [4.0, 4.0]], &device);
        let x = Tensor::from_floats([[4.0, 1.0], [2.0, 1.0], [0.0, 3.0]], &device);
        let head = head.after_step(x, Tensor::from_ints([0, 0, 1], &device));
        let sums = head.sums.val().into_data();
        sums.assert_approx_eq::<f32>(&[[7.5, 0.5], [3.0, 4.5]].into(), Tolerance::default());
        let counts = head.counts.val().into_data();
        counts.assert_approx_eq::<f32>(&[9.5, 9.25].into(), Tolerance::default());
        let loaded = Duq::default()
            .init(2, 2, &device)
            .load_record(head.into_record());
        loaded.sums.val().into_data().assert_eq(&sums, true);
        loaded.counts.val().into_data().assert_eq(&counts, true);
    }
}
