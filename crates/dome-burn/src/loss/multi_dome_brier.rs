use burn::config::Config;
use burn::module::{Content, DisplaySettings, Module, ModuleDisplay};
use burn::nn::loss::Reduction;
use burn::tensor::{Device, Int, Tensor};

use super::class_indices::{self, Options};
use super::validate::validate;
use crate::op::multi_dome::Score;
use crate::{InvalidConfig, MultiDome};

/// Brier score of a [`MultiDome`], the squared error of its raw output, for class indices.
///
/// `L(x, y) = sum_i (D_i - [i = y])^2`
///
/// of equation (8)'s `D`, whose sum is 1, so that it is a proper score. It is bounded: a wrong label
/// costs no more than about 2, where the negative log-likelihood grows with the distance.
///
/// Should be created using [`MultiDomeBrierLossConfig`].
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use dome_burn::{MultiDomeConfig, MultiDomeBrierLossConfig};
///
/// let device = Device::default();
/// let multi_dome = MultiDomeConfig::new(10).init(&device);
/// let loss = MultiDomeBrierLossConfig::new().init(&device);
///
/// let embedding = Tensor::<2>::zeros([4, 9], &device);
/// let targets = Tensor::<1, Int>::from_ints([3, 1, 4, 1], &device);
/// let value = loss.forward(&multi_dome, embedding, targets); // shape [1]
/// # assert!((value.into_scalar::<f32>() - 0.9).abs() < 1e-5);
/// ```
#[derive(Module, Debug)]
#[module(custom_display)]
pub struct MultiDomeBrierLoss {
    /// Weight of each class.
    pub weights: Option<Tensor<1>>,
    /// Label smoothing.
    pub smoothing: Option<f32>,
    /// How [`forward`](Self::forward) reduces the losses of the samples.
    #[module(skip)]
    pub reduction: Reduction,
}

/// Configuration to create a [`MultiDomeBrierLoss`] using [`init`](MultiDomeBrierLossConfig::init).
#[derive(Config, Debug)]
pub struct MultiDomeBrierLossConfig {
    /// Weight of each class, positive: a mean is one over the weights, as in Burn's
    /// `CrossEntropyLoss`. Default none.
    pub weights: Option<Vec<f32>>,
    /// Label smoothing in [0, 1]: the target of class `i` becomes
    /// `(1 - smoothing) [i = y] + smoothing / classes`. Default none.
    pub smoothing: Option<f32>,
    /// Reduction of the samples' losses; `BatchMean` divides their sum by their number, whatever the
    /// weights, `Auto` is `Mean`. Default `Mean`.
    #[config(default = "Reduction::Mean")]
    pub reduction: Reduction,
}

impl MultiDomeBrierLossConfig {
    /// Checks the values, for configurations that come from a file.
    ///
    /// # Errors
    ///
    /// If `smoothing` lies outside of [0, 1], or a weight is not a positive finite number.
    pub fn validate(&self) -> Result<(), InvalidConfig> {
        validate(&self.weights, self.smoothing)
    }

    /// Initializes a [`MultiDomeBrierLoss`].
    ///
    /// # Panics
    ///
    /// If [`validate`](Self::validate) fails.
    pub fn init(&self, device: &Device) -> MultiDomeBrierLoss {
        self.validate()
            .unwrap_or_else(|error| panic!("MultiDomeBrierLossConfig: {error}"));
        MultiDomeBrierLoss {
            weights: class_indices::weights(&self.weights, device),
            smoothing: self.smoothing,
            reduction: self.reduction.clone(),
        }
    }
}

impl ModuleDisplay for MultiDomeBrierLoss {
    fn custom_settings(&self) -> Option<DisplaySettings> {
        DisplaySettings::new()
            .with_new_line_after_attribute(false)
            .optional()
    }

    fn custom_content(&self, content: Content) -> Option<Content> {
        content
            .add("weights", &self.weights)
            .add("smoothing", &self.smoothing)
            .add("reduction", &format!("{:?}", self.reduction))
            .optional()
    }
}

impl MultiDomeBrierLoss {
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
            loss: "MultiDomeBrierLoss",
            weights: &self.weights,
            smoothing: self.smoothing,
            reduction: &self.reduction,
            score: Score::Brier,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::class_indices::fixture::{batch, close, misfit};
    use super::*;

    const RIGHT: f32 = 0.0;
    // D = (0, 1, 0) for the target (0, 0, 1); (1/3, 1/3, 1/3) for (0, 1, 0)
    const WRONG: f32 = 2.0;
    const ORIGIN: f32 = 2.0 / 3.0;

    fn loss(config: MultiDomeBrierLossConfig) -> f32 {
        let (multi_dome, embedding, targets) = batch();
        let loss = config.init(&embedding.device());
        loss.forward(&multi_dome, embedding, targets).into_scalar()
    }

    #[test]
    fn reductions() {
        let config = MultiDomeBrierLossConfig::new;
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
        let config = MultiDomeBrierLossConfig::new().with_weights(Some(vec![1.0, 2.0, 5.0]));
        let sum = RIGHT + 5.0 * WRONG + 2.0 * ORIGIN;
        close(loss(config.clone()), sum / 8.0);
        close(loss(config.with_reduction(Reduction::BatchMean)), sum / 3.0);
    }

    #[test]
    fn smoothing_averages_over_the_classes() {
        let config = MultiDomeBrierLossConfig::new().with_smoothing(Some(0.3));
        // (0.8, 0.1, 0.1) is the target of class 0.
        let right = 0.2 * 0.2 + 2.0 * 0.1 * 0.1;
        let wrong = 0.9 * 0.9 + 0.8 * 0.8 + 0.1 * 0.1;
        let third = 1.0 / 3.0f32;
        let origin = (third - 0.8).powi(2) + 2.0 * (third - 0.1).powi(2);
        close(loss(config), (right + wrong + origin) / 3.0);
    }

    #[test]
    #[should_panic(expected = "2 targets for a batch of 3; give one class index a sample")]
    fn targets_do_not_fit() {
        let (multi_dome, embedding, targets) = misfit();
        let loss = MultiDomeBrierLossConfig::new().init(&embedding.device());
        loss.forward(&multi_dome, embedding, targets);
    }

    #[test]
    #[should_panic(expected = "2 weights for 3 classes; give one a class")]
    fn weights_do_not_fit() {
        loss(MultiDomeBrierLossConfig::new().with_weights(Some(vec![1.0, 1.0])));
    }

    #[test]
    fn display() {
        let loss = MultiDomeBrierLossConfig::new().init(&Default::default());
        assert_eq!(
            loss.to_string(),
            "MultiDomeBrierLoss {weights: None, smoothing: None, reduction: Mean}"
        );
    }
}
