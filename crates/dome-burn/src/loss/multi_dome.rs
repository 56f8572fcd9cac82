use alloc::format;
use alloc::vec::Vec;

use burn::config::Config;
use burn::module::{Content, DisplaySettings, Module, ModuleDisplay};
use burn::nn::loss::Reduction;
use burn::tensor::{Device, Int, Tensor};

use super::labels::{Labels, mean_over};
use super::validate::validate;
use crate::op::cast;
use crate::op::simplex::composed::Targets;
use crate::op::simplex::{ClassLoss, MultiDomeLossKind, loss_of_classes};
use crate::{InvalidConfig, MultiDome, functional};

/// The loss of a [`MultiDome`], for class indices: a Brier score or a negative log-likelihood.
///
/// With the target `t_i = [i = y]`, or `(1 - smoothing) [i = y] + smoothing/classes`:
///
/// ```text
/// Brier    L(x, y) = sum_i (D_i - t_i)^2      D of equation (8)
/// Nll      L(x, y) = -sum_i t_i ln Q_i        Q = (1 - floor) P + floor softmax(kappa)
/// ```
///
/// The Brier score is the better default by measurement: on ten digits with a 9-D embedding and the
/// same settings it is the more accurate of the two, over five seeds (`docs/results.md` in the repository has the
/// table). It is also bounded where a label is wrong, and a proper scoring rule without a floor, since
/// `sum D = 1`. The negative log-likelihood makes the classes more compact in relation to their distance, and
/// its gradient reaches a sample however far it is from its own mode.
///
/// In the likelihood, `kappa` are the [scores](MultiDome::scores). `P` alone, equations (12) and (13), is
/// exactly 0 for the farthest class, where its logarithm is infinite and its gradient 0: such a sample would
/// be lost. `Q` is a probability distribution too, so this is a proper scoring rule. It is largest
/// at the modes like `P`, and its gradient leads a sample from anywhere towards its own mode. Value
/// and gradients are finite for every finite input.
///
/// Should be created using [`MultiDomeLossConfig`].
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use dome_burn::{MultiDomeConfig, MultiDomeLossConfig};
///
/// let device = Device::default();
/// let multi_dome = MultiDomeConfig::new(10).init(&device);
/// let loss = MultiDomeLossConfig::nll().init(&device);
///
/// let embedding = Tensor::<2>::zeros([4, 9], &device);
/// let targets = Tensor::<1, Int>::from_ints([3, 1, 4, 1], &device);
/// let value = loss.forward(&multi_dome, embedding, targets); // shape [1]
/// # assert!((value.into_scalar::<f32>() - 10f32.ln()).abs() < 1e-5);
/// ```
#[derive(Module, Debug)]
#[module(custom_display)]
pub struct MultiDomeLoss {
    /// What is measured.
    #[module(skip)]
    pub kind: MultiDomeLossKind,
    /// Share of the softmax of the scores in Q.
    pub floor: f64,
    /// Weight of each class.
    pub weights: Option<Tensor<1>>,
    /// Label smoothing.
    pub smoothing: Option<f32>,
    /// Labels whose samples do not count.
    pub ignored: Option<Vec<i64>>,
    /// Whether labels are read, to refuse those that are no classes.
    pub check_targets: bool,
    /// How [`forward`](Self::forward) reduces the losses of the samples.
    #[module(skip)]
    pub reduction: Reduction,
}

/// Configuration to create a [`MultiDomeLoss`] using [`init`](MultiDomeLossConfig::init).
#[derive(Config, Debug)]
pub struct MultiDomeLossConfig {
    /// What is measured. Default the Brier score.
    #[config(default = "MultiDomeLossKind::Brier")]
    pub kind: MultiDomeLossKind,
    /// Share of the softmax of the scores in `Q`, above 0 and below 1; the Brier score has none. Default 0.001.
    #[config(default = 1e-3)]
    pub floor: f64,
    /// Weight of each class: a mean is one over the weights, as in Burn's `CrossEntropyLoss`. Samples of a
    /// class of weight 0 do not count. Default none.
    pub weights: Option<Vec<f32>>,
    /// Label smoothing in [0, 1]: the target of class `i` becomes
    /// `(1 - smoothing) [i = y] + smoothing / classes`. Default none.
    pub smoothing: Option<f32>,
    /// Labels whose samples do not count, as the `pad_tokens` of Burn's `CrossEntropyLoss`: their loss is 0,
    /// and a mean is one over the others. They need not be classes: -100 or 255, say. Default none.
    pub ignored: Option<Vec<i64>>,
    /// Whether every label is read, to refuse one that is neither a class nor ignored. On a GPU that waits for
    /// the device at each call. If the labels were checked once, when they were loaded, turn it off: then
    /// such a label makes the loss NaN on a GPU; on the CPU it is refused all the same wherever that costs nothing.
    /// Default true.
    #[config(default = true)]
    pub check_targets: bool,
    /// Reduction of the samples' losses; `BatchMean` divides their sum by their number, whatever the
    /// weights and ignored labels, `Auto` is `Mean`. Default `Mean`.
    ///
    /// The mean of a batch in which no sample counts (all are ignored, or of classes of weight 0) is NaN, as that
    /// of Burn's `CrossEntropyLoss`; its gradients are 0.
    #[config(default = "Reduction::Mean")]
    pub reduction: Reduction,
}

impl MultiDomeLossConfig {
    /// The Brier score.
    pub fn brier() -> Self {
        Self::new()
    }

    /// The negative log-likelihood.
    pub fn nll() -> Self {
        Self::new().with_kind(MultiDomeLossKind::Nll)
    }

    /// Checks the values, for configurations that come from a file.
    ///
    /// # Errors
    ///
    /// If `smoothing` lies outside of [0, 1], a weight is negative or beyond 1e18, or `floor` not between 0 and 1.
    pub fn validate(&self) -> Result<(), InvalidConfig> {
        validate(&self.weights, self.smoothing)?;
        InvalidConfig::check(
            self.floor > 0.0 && self.floor < 1.0,
            "floor",
            self.floor,
            "above 0 and below 1: the farthest class has probability 0 without it",
        )
    }

    /// Initializes a [`MultiDomeLoss`].
    ///
    /// # Panics
    ///
    /// If [`validate`](Self::validate) fails.
    pub fn init(&self, device: &Device) -> MultiDomeLoss {
        self.validate()
            .unwrap_or_else(|error| panic!("MultiDomeLossConfig: {error}"));
        let constants = device.clone().without_autodiff();
        MultiDomeLoss {
            kind: self.kind,
            floor: self.floor,
            weights: self
                .weights
                .as_deref()
                .map(|weights| Tensor::from_floats(weights, &constants)),
            smoothing: self.smoothing,
            ignored: self.ignored.clone(),
            check_targets: self.check_targets,
            reduction: self.reduction.clone(),
        }
    }
}

impl ModuleDisplay for MultiDomeLoss {
    fn custom_settings(&self) -> Option<DisplaySettings> {
        DisplaySettings::new()
            .with_new_line_after_attribute(false)
            .optional()
    }

    fn custom_content(&self, content: Content) -> Option<Content> {
        let content = content.add("kind", &format!("{:?}", self.kind));
        let content = match self.kind {
            MultiDomeLossKind::Nll => content.add("floor", &self.floor),
            MultiDomeLossKind::Brier => content,
        };
        content
            .add("weights", &self.weights)
            .add("smoothing", &self.smoothing)
            .add("ignored", &format!("{:?}", self.ignored))
            .add("reduction", &format!("{:?}", self.reduction))
            .optional()
    }
}

impl MultiDomeLoss {
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
    /// If shapes, or the number of weights, do not fit, or a target is neither a class nor ignored.
    pub fn forward(
        &self,
        multi_dome: &MultiDome,
        embedding: Tensor<2>,
        targets: Tensor<1, Int>,
    ) -> Tensor<1> {
        let (output, [batch, _]) = (embedding.dtype(), embedding.dims());
        // A mean over the samples is the sum of their shares in it.
        let share = 1.0 / batch as f64;
        let scale = match self.reduction {
            Reduction::Mean | Reduction::Auto if self.samples_differ() => 1.0,
            Reduction::Mean | Reduction::Auto | Reduction::BatchMean => share,
            Reduction::Sum => 1.0,
        };
        let (losses, targets) = self.losses(multi_dome, embedding, targets, scale);
        let sum = losses.sum();
        let loss = match (&self.reduction, targets.sample_weights()) {
            (Reduction::Mean | Reduction::Auto, Some(counts)) => {
                let dtype = sum.dtype();
                mean_over(sum, cast(counts, dtype))
            }
            (Reduction::Sum, _) => sum,
            // The mean of nothing, as in Burn's losses.
            _ if batch == 0 => sum * f64::NAN,
            _ => sum,
        };
        cast(loss, output)
    }

    /// The loss of each sample, times its weight; 0 for those that are ignored.
    ///
    /// # Shapes
    ///
    /// - embedding: `[batch, embedding_dim]`, the input of `multi_dome`
    /// - targets: `[batch]`, class indices
    /// - output: `[batch]`
    ///
    /// # Panics
    ///
    /// If shapes, or the number of weights, do not fit, or a target is neither a class nor ignored.
    pub fn forward_no_reduction(
        &self,
        multi_dome: &MultiDome,
        embedding: Tensor<2>,
        targets: Tensor<1, Int>,
    ) -> Tensor<1> {
        let output = embedding.dtype();
        cast(self.losses(multi_dome, embedding, targets, 1.0).0, output)
    }

    /// Whether samples count differently.
    fn samples_differ(&self) -> bool {
        self.weights.is_some()
            || self
                .ignored
                .as_ref()
                .is_some_and(|labels| !labels.is_empty())
    }

    /// The losses times `scale`, in the type that is computed in.
    fn losses(
        &self,
        multi_dome: &MultiDome,
        embedding: Tensor<2>,
        labels: Tensor<1, Int>,
        scale: f64,
    ) -> (Tensor<1>, Targets) {
        let ([batch, _], [targets]) = (embedding.dims(), labels.dims());
        let points = &multi_dome.reference_points;
        let classes = points.classes;
        assert!(
            batch == targets,
            "MultiDomeLoss: {targets} targets for a batch of {batch}; give one class index a sample"
        );
        if let Some(weights) = &self.weights {
            let [count] = weights.dims();
            assert!(
                count == classes,
                "MultiDomeLoss: {count} weights for {classes} classes; give one a class"
            );
        }
        let (mu, sigma) = (multi_dome.mu.val(), multi_dome.sigma.val());
        functional::check_multi_dome(&embedding, &mu, &sigma, points);
        let labels_taken = Labels {
            loss: "MultiDomeLoss",
            classes,
            ignored: &self.ignored,
            checked: self.check_targets,
        };
        let (indices, ignored) = labels_taken.read(labels);
        let targets = Targets {
            classes: indices,
            weights: self.weights.clone(),
            ignored,
        };
        let loss = ClassLoss {
            classes,
            kind: self.kind,
            floor: self.floor,
            smoothing: self.smoothing.map_or(0.0, f64::from),
            scale,
        };
        let losses = loss_of_classes(embedding, mu, sigma, points, &targets, &loss);
        (losses, targets)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MultiDomeConfig;

    const RIGHT: f32 = 0.0;
    const BRIER: [f32; 3] = [
        RIGHT,
        // D = (0, 1, 0) for the target (0, 0, 1); (1/3, 1/3, 1/3) for (0, 1, 0)
        2.0,
        2.0 / 3.0,
    ];
    const NLL: [f32; 3] = [
        RIGHT,
        // P = exp(-12)/3 with 12 = 3/sigma^2, the squared distance of two modes in units of sigma, and
        // the softmax is about exp(-12): 12 + ln 3 - ln(0.999 + 0.003)
        13.096_614,
        // ln 3
        1.098_612_3,
    ];

    /// At the origin all classes are alike; at a mode of sigma = 1/2 its own is almost sure. One
    /// sample at its own mode, one at another class's, one at the origin.
    fn batch() -> (MultiDome, Tensor<2>, Tensor<1, Int>) {
        let device = Default::default();
        let multi_dome = MultiDomeConfig::new(3).with_sigma(0.5).init(&device);
        let points = multi_dome.reference_points.values(&device);
        let embedding = Tensor::cat(
            vec![points.narrow(0, 0, 2), Tensor::zeros([1, 2], &device)],
            0,
        );
        let targets = Tensor::<1, Int>::from_ints([0, 2, 1], &device);
        (multi_dome, embedding, targets)
    }

    fn loss(config: MultiDomeLossConfig) -> f32 {
        let (multi_dome, embedding, targets) = batch();
        let loss = config.init(&embedding.device());
        loss.forward(&multi_dome, embedding, targets).into_scalar()
    }

    #[track_caller]
    fn close(actual: f32, expected: f32) {
        assert!(
            (actual - expected).abs() < 1e-4 * expected.abs() + 1e-5,
            "{actual} {expected}"
        );
    }

    fn both() -> [(MultiDomeLossConfig, [f32; 3]); 2] {
        [
            (MultiDomeLossConfig::brier(), BRIER),
            (MultiDomeLossConfig::nll(), NLL),
        ]
    }

    #[test]
    fn reductions() {
        for (config, losses) in both() {
            let sum: f32 = losses.iter().sum();
            let with = |reduction| loss(config.clone().with_reduction(reduction));
            close(loss(config.clone()), sum / 3.0);
            close(with(Reduction::Sum), sum);
            close(with(Reduction::BatchMean), sum / 3.0);
        }
    }

    #[test]
    fn the_mean_is_one_over_the_weights() {
        for (config, [right, wrong, origin]) in both() {
            let config = config.with_weights(Some(vec![1.0, 2.0, 5.0]));
            let sum = right + 5.0 * wrong + 2.0 * origin;
            close(loss(config.clone()), sum / 8.0);
            close(loss(config.with_reduction(Reduction::BatchMean)), sum / 3.0);
        }
    }

    #[test]
    fn smoothing_averages_over_the_classes() {
        let config = MultiDomeLossConfig::brier().with_smoothing(Some(0.3));
        // (0.8, 0.1, 0.1) is the target of class 0.
        let right = 0.2 * 0.2 + 2.0 * 0.1 * 0.1;
        let wrong = 0.9 * 0.9 + 0.8 * 0.8 + 0.1 * 0.1;
        let third = 1.0 / 3.0f32;
        let origin = (third - 0.8).powi(2) + 2.0 * (third - 0.1).powi(2);
        close(loss(config), (right + wrong + origin) / 3.0);

        let config = MultiDomeLossConfig::nll().with_smoothing(Some(0.3));
        let (right, wrong) = (0.2 * NLL[1], 0.9 * NLL[1]);
        close(loss(config), (right + wrong + NLL[2]) / 3.0);
    }

    #[test]
    #[should_panic(expected = "2 targets for a batch of 3; give one class index a sample")]
    fn targets_do_not_fit() {
        let (multi_dome, embedding, targets) = batch();
        let loss = MultiDomeLossConfig::new().init(&embedding.device());
        loss.forward(&multi_dome, embedding, targets.narrow(0, 0, 2));
    }

    #[test]
    #[should_panic(expected = "2 weights for 3 classes; give one a class")]
    fn weights_do_not_fit() {
        loss(MultiDomeLossConfig::new().with_weights(Some(vec![1.0, 1.0])));
    }

    #[test]
    #[should_panic(expected = "floor is 0, but must be above 0 and below 1")]
    fn no_floor() {
        loss(MultiDomeLossConfig::nll().with_floor(0.0));
    }

    #[test]
    #[should_panic(expected = "a class weight is -1, but must be a number from 0 to 1e18")]
    fn a_negative_weight() {
        loss(MultiDomeLossConfig::new().with_weights(Some(vec![1.0, -1.0, 0.0])));
    }

    #[test]
    fn display() {
        let shown = |config: MultiDomeLossConfig| config.init(&Default::default()).to_string();
        assert_eq!(
            shown(MultiDomeLossConfig::brier()),
            "MultiDomeLoss {kind: Brier, weights: None, smoothing: None, ignored: None, reduction: Mean}"
        );
        assert_eq!(
            shown(MultiDomeLossConfig::nll().with_ignored(Some(vec![-100]))),
            "MultiDomeLoss {kind: Nll, floor: 0.001, weights: None, smoothing: None, \
             ignored: Some([-100]), reduction: Mean}"
        );
    }
}
