use burn::config::Config;
use burn::module::{Content, DisplaySettings, Module, ModuleDisplay};
use burn::nn::loss::Reduction;
use burn::tensor::{Device, Int, Tensor};

use super::class_indices::{self, Options};
use super::validate::validate;
use crate::op::multi_dome::Score;
use crate::{InvalidConfig, MultiDome};

/// Negative log-likelihood of a [`MultiDome`], for class indices.
///
/// `L(x, y) = -ln Q_y` with `Q = (1 - floor) P + floor softmax(kappa)`
///
/// where `kappa` are the [scores](MultiDome::scores). `P` alone, equations (12) and (13), is exactly
/// 0 for the farthest class, where its logarithm is infinite and its gradient 0: such a sample would
/// be lost. `Q` is a probability distribution too, so this is a proper scoring rule. It is largest
/// at the modes like `P`, and its gradient leads a sample from anywhere towards its own mode. Value
/// and gradients are finite for every finite input.
///
/// Should be created using [`MultiDomeNllLossConfig`].
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use dome_burn::{MultiDomeConfig, MultiDomeNllLossConfig};
///
/// let device = Device::default();
/// let multi_dome = MultiDomeConfig::new(10).init(&device);
/// let loss = MultiDomeNllLossConfig::new().init(&device);
///
/// let embedding = Tensor::<2>::zeros([4, 9], &device);
/// let targets = Tensor::<1, Int>::from_ints([3, 1, 4, 1], &device);
/// let value = loss.forward(&multi_dome, embedding, targets); // shape [1]
/// # assert!((value.into_scalar::<f32>() - 10f32.ln()).abs() < 1e-5);
/// ```
#[derive(Module, Debug)]
#[module(custom_display)]
pub struct MultiDomeNllLoss {
    /// Weight of each class.
    pub weights: Option<Tensor<1>>,
    /// Label smoothing.
    pub smoothing: Option<f32>,
    /// Share of the softmax of the scores.
    pub floor: f64,
    /// How [`forward`](Self::forward) reduces the losses of the samples.
    #[module(skip)]
    pub reduction: Reduction,
}

/// Configuration to create a [`MultiDomeNllLoss`] using [`init`](MultiDomeNllLossConfig::init).
#[derive(Config, Debug)]
pub struct MultiDomeNllLossConfig {
    /// Weight of each class, positive: a mean is one over the weights, as in Burn's
    /// `CrossEntropyLoss`. Default none.
    pub weights: Option<Vec<f32>>,
    /// Label smoothing in [0, 1]: the target of class `i` becomes
    /// `(1 - smoothing) [i = y] + smoothing / classes`. Default none.
    pub smoothing: Option<f32>,
    /// Share of the softmax of the scores in `Q`, above 0 and below 1. Default 0.001.
    #[config(default = 1e-3)]
    pub floor: f64,
    /// Reduction of the samples' losses; `BatchMean` divides their sum by their number, whatever the
    /// weights, `Auto` is `Mean`. Default `Mean`.
    #[config(default = "Reduction::Mean")]
    pub reduction: Reduction,
}

impl MultiDomeNllLossConfig {
    /// Checks the values, for configurations that come from a file.
    ///
    /// # Errors
    ///
    /// If `smoothing` lies outside of [0, 1], a weight is not a positive finite number, or `floor`
    /// not between 0 and 1.
    pub fn validate(&self) -> Result<(), InvalidConfig> {
        validate(&self.weights, self.smoothing)?;
        InvalidConfig::check(
            self.floor > 0.0 && self.floor < 1.0,
            "floor",
            self.floor,
            "above 0 and below 1: the farthest class has probability 0 without it",
        )
    }

    /// Initializes a [`MultiDomeNllLoss`].
    ///
    /// # Panics
    ///
    /// If [`validate`](Self::validate) fails.
    pub fn init(&self, device: &Device) -> MultiDomeNllLoss {
        self.validate()
            .unwrap_or_else(|error| panic!("MultiDomeNllLossConfig: {error}"));
        MultiDomeNllLoss {
            weights: class_indices::weights(&self.weights, device),
            smoothing: self.smoothing,
            floor: self.floor,
            reduction: self.reduction.clone(),
        }
    }
}

impl ModuleDisplay for MultiDomeNllLoss {
    fn custom_settings(&self) -> Option<DisplaySettings> {
        DisplaySettings::new()
            .with_new_line_after_attribute(false)
            .optional()
    }

    fn custom_content(&self, content: Content) -> Option<Content> {
        content
            .add("weights", &self.weights)
            .add("smoothing", &self.smoothing)
            .add("floor", &self.floor)
            .add("reduction", &format!("{:?}", self.reduction))
            .optional()
    }
}

impl MultiDomeNllLoss {
    /// The reduced loss.
    ///
    /// # Shapes
    ///
    /// - embedding: `[batch, embedding_dim]`, the input of `multi_dome`
    /// - targets: `[batch]`, class indices
    /// - output: `[1]`
    ///
    /// # Panics
    ///
    /// If shapes, or the number of weights, do not fit.
    pub fn forward(
        &self,
        multi_dome: &MultiDome,
        embedding: Tensor<2>,
        targets: Tensor<1, Int>,
    ) -> Tensor<1> {
        self.options().forward(multi_dome, embedding, targets)
    }

    /// The loss of each sample, times its weight.
    ///
    /// # Shapes
    ///
    /// - embedding: `[batch, embedding_dim]`, the input of `multi_dome`
    /// - targets: `[batch]`, class indices
    /// - output: `[batch]`
    ///
    /// # Panics
    ///
    /// If shapes, or the number of weights, do not fit.
    pub fn forward_no_reduction(
        &self,
        multi_dome: &MultiDome,
        embedding: Tensor<2>,
        targets: Tensor<1, Int>,
    ) -> Tensor<1> {
        self.options()
            .forward_no_reduction(multi_dome, embedding, targets)
    }

    fn options(&self) -> Options<'_> {
        Options {
            loss: "MultiDomeNllLoss",
            weights: &self.weights,
            smoothing: self.smoothing,
            reduction: &self.reduction,
            score: Score::Nll { floor: self.floor },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::class_indices::fixture::{batch, close, misfit};
    use super::*;

    const RIGHT: f32 = 0.0;
    // P = exp(-12)/3 with 12 = 3/sigma^2, the squared distance of two modes in units of sigma, and
    // the softmax is about exp(-12): 12 + ln 3 - ln(0.999 + 0.003)
    const WRONG: f32 = 13.096_614;
    const ORIGIN: f32 = 1.098_612_3;

    fn loss(config: MultiDomeNllLossConfig) -> f32 {
        let (multi_dome, embedding, targets) = batch();
        let loss = config.init(&embedding.device());
        loss.forward(&multi_dome, embedding, targets).into_scalar()
    }

    #[test]
    fn reductions() {
        let config = MultiDomeNllLossConfig::new;
        let sum = RIGHT + WRONG + ORIGIN;
        close(loss(config()), sum / 3.0);
        close(loss(config().with_reduction(Reduction::Sum)), sum);
        close(
            loss(config().with_reduction(Reduction::BatchMean)),
            sum / 3.0,
        );
    }

    #[test]
    fn the_mean_is_one_over_the_weights() {
        let config = MultiDomeNllLossConfig::new().with_weights(Some(vec![1.0, 2.0, 5.0]));
        let sum = RIGHT + 5.0 * WRONG + 2.0 * ORIGIN;
        close(loss(config.clone()), sum / 8.0);
        close(loss(config.with_reduction(Reduction::BatchMean)), sum / 3.0);
    }

    #[test]
    fn smoothing_averages_over_the_classes() {
        let config = MultiDomeNllLossConfig::new().with_smoothing(Some(0.3));
        let (right, wrong) = (0.2 * WRONG, 0.9 * WRONG);
        close(loss(config), (right + wrong + ORIGIN) / 3.0);
    }

    #[test]
    #[should_panic(expected = "2 targets for a batch of 3; give one class index a sample")]
    fn targets_do_not_fit() {
        let (multi_dome, embedding, targets) = misfit();
        let loss = MultiDomeNllLossConfig::new().init(&embedding.device());
        loss.forward(&multi_dome, embedding, targets);
    }

    #[test]
    #[should_panic(expected = "2 weights for 3 classes; give one a class")]
    fn weights_do_not_fit() {
        loss(MultiDomeNllLossConfig::new().with_weights(Some(vec![1.0, 1.0])));
    }

    #[test]
    #[should_panic(expected = "floor is 0, but must be above 0 and below 1")]
    fn no_floor() {
        loss(MultiDomeNllLossConfig::new().with_floor(0.0));
    }

    #[test]
    fn display() {
        let loss = MultiDomeNllLossConfig::new().init(&Default::default());
        assert_eq!(
            loss.to_string(),
            "MultiDomeNllLoss {weights: None, smoothing: None, floor: 0.001, reduction: Mean}"
        );
    }
}
