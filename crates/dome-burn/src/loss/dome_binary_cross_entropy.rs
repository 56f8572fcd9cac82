use alloc::format;
use alloc::vec::Vec;

use burn::config::Config;
use burn::module::{Content, DisplaySettings, Module, ModuleDisplay};
use burn::nn::loss::Reduction;
use burn::tensor::{Bool, Device, Int, Tensor};

use super::labels::{Labels, mean_over};
use super::validate::validate;
use crate::op::{cast, compute_dtype, dequantized};
use crate::{Dome, InvalidConfig, functional};

/// Binary cross-entropy of a [`Dome`] output, computed from the logits in front of it.
///
/// `L(x, t) = -t ln Dome(x) - (1 - t) ln(1 - Dome(x))`
///
/// The counterpart of Burn's `BinaryCrossEntropyLoss` with `logits: true`, and like it with class
/// weights and label smoothing. A logarithm of [`Dome::forward`] would lose its digits near 0 and
/// 1 and its gradient with them; see [`functional::dome_binary_cross_entropy`].
///
/// Should be created using [`DomeBinaryCrossEntropyLossConfig`].
///
/// # Example
///
/// ```
/// use burn::tensor::{Bool, Device, Int, Tensor};
/// use dome_burn::{DomeBinaryCrossEntropyLossConfig, DomeConfig};
///
/// let device = Device::default();
/// let dome = DomeConfig::new().init(&device);
/// let loss = DomeBinaryCrossEntropyLossConfig::new().init(&device);
///
/// let logits = Tensor::<2>::from_floats([[0.9], [-1.1]], &device);
/// let targets = Tensor::<2, Int>::from_ints([[1], [0]], &device);
/// let value = loss.forward(&dome, logits, targets); // shape [1]
/// # assert!(value.into_scalar::<f32>() < 0.03);
/// ```
#[derive(Module, Debug)]
#[module(custom_display)]
pub struct DomeBinaryCrossEntropyLoss {
    /// Weight of each class: two for a single output, one per output for several (multi-label).
    pub weights: Option<Tensor<1>>,
    /// Label smoothing.
    pub smoothing: Option<f32>,
    /// Labels whose elements do not count.
    pub ignored: Option<Vec<i64>>,
    /// Whether labels are read, to refuse those that are no classes.
    pub check_targets: bool,
    /// How [`forward`](Self::forward) reduces the losses of the elements.
    #[module(skip)]
    pub reduction: Reduction,
}

/// Configuration to create a [`DomeBinaryCrossEntropyLoss`] using
/// [`init`](DomeBinaryCrossEntropyLossConfig::init).
#[derive(Config, Debug)]
pub struct DomeBinaryCrossEntropyLossConfig {
    /// The loss of an element is multiplied by a weight. With several columns there is one weight
    /// a column (multi-label), as in Burn's `BinaryCrossEntropyLoss`. With rank 1 or one column
    /// there are two, those of class 0 and class 1, which Burn has for rank 1 only. The mean is not
    /// divided by the weights. A weight may be 0. Default none.
    pub weights: Option<Vec<f32>>,
    /// Label smoothing in [0, 1]: a target t becomes `t (1 - smoothing) + smoothing / 2`. Default
    /// none.
    pub smoothing: Option<f32>,
    /// Labels whose elements do not count, -1 for example where a label is missing: their loss is 0, and a
    /// mean is one over the others. Default none.
    pub ignored: Option<Vec<i64>>,
    /// Whether every label is read, to refuse one that is neither 0 nor 1 nor ignored. On a GPU that waits for
    /// the device at each call. If the labels were checked once, when they were loaded, turn it off: then
    /// such a label makes the loss NaN. Default true.
    #[config(default = true)]
    pub check_targets: bool,
    /// Reduction of the elements' losses, summed up in f32 if they are in half precision; `BatchMean` divides
    /// their sum by the size of dimension 0, `Auto` is `Mean`. Default `Mean`.
    ///
    /// The mean of a batch that is ignored as a whole is NaN, with gradients 0. A sum that the type of the logits
    /// cannot hold is infinite, as Burn's are.
    #[config(default = "Reduction::Mean")]
    pub reduction: Reduction,
}

impl DomeBinaryCrossEntropyLossConfig {
    /// Checks the values, for configurations that come from a file.
    ///
    /// # Errors
    ///
    /// If `smoothing` lies outside of [0, 1], or a weight is negative or beyond 1e18.
    pub fn validate(&self) -> Result<(), InvalidConfig> {
        validate(&self.weights, self.smoothing)
    }

    /// Initializes a [`DomeBinaryCrossEntropyLoss`].
    ///
    /// # Panics
    ///
    /// If [`validate`](Self::validate) fails.
    pub fn init(&self, device: &Device) -> DomeBinaryCrossEntropyLoss {
        self.validate()
            .unwrap_or_else(|error| panic!("DomeBinaryCrossEntropyLossConfig: {error}"));
        DomeBinaryCrossEntropyLoss {
            weights: self
                .weights
                .as_deref()
                .map(|w| Tensor::from_floats(w, device)),
            smoothing: self.smoothing,
            ignored: self.ignored.clone(),
            check_targets: self.check_targets,
            reduction: self.reduction.clone(),
        }
    }
}

impl ModuleDisplay for DomeBinaryCrossEntropyLoss {
    fn custom_settings(&self) -> Option<DisplaySettings> {
        DisplaySettings::new()
            .with_new_line_after_attribute(false)
            .optional()
    }

    fn custom_content(&self, content: Content) -> Option<Content> {
        content
            .add("weights", &self.weights)
            .add("smoothing", &self.smoothing)
            .add("ignored", &format!("{:?}", self.ignored))
            .add("reduction", &format!("{:?}", self.reduction))
            .optional()
    }
}

impl DomeBinaryCrossEntropyLoss {
    /// The reduced loss.
    ///
    /// # Shapes
    ///
    /// - logits: `[..., any]`, the input of `dome`
    /// - targets: the same shape, classes 0 and 1
    /// - output: `[1]`
    ///
    /// # Panics
    ///
    /// If the shapes of logits and targets differ, weights do not fit, or a target is neither 0 nor 1 nor ignored.
    pub fn forward<const D: usize>(
        &self,
        dome: &Dome,
        logits: Tensor<D>,
        targets: Tensor<D, Int>,
    ) -> Tensor<1> {
        let logits = dequantized(logits);
        let (output, batch) = (logits.dtype(), logits.dims()[0]);
        // Sums of half precision are made in f32, and so are the gradients that come back from them.
        let logits = cast(logits, compute_dtype(output));
        let (loss, ignored) = self.losses(dome, logits, targets);
        let loss = match (&self.reduction, ignored) {
            (Reduction::Sum, _) => loss.sum(),
            (Reduction::BatchMean, _) => loss.sum() / batch as f64,
            (Reduction::Mean | Reduction::Auto, None) => loss.mean(),
            (Reduction::Mean | Reduction::Auto, Some(ignored)) => {
                let counts = loss.clone().without_autodiff().ones_like();
                mean_over(loss.sum(), counts.mask_fill(ignored, 0.0))
            }
        };
        cast(loss, output)
    }

    /// The loss of each element; 0 for those that are ignored.
    ///
    /// # Shapes
    ///
    /// - logits: `[..., any]`, the input of `dome`
    /// - targets: the same shape, classes 0 and 1
    /// - output: the same shape
    ///
    /// # Panics
    ///
    /// If the shapes of logits and targets differ, weights do not fit, or a target is neither 0 nor 1 nor ignored.
    pub fn forward_no_reduction<const D: usize>(
        &self,
        dome: &Dome,
        logits: Tensor<D>,
        targets: Tensor<D, Int>,
    ) -> Tensor<D> {
        self.losses(dome, dequantized(logits), targets).0
    }

    /// The loss of each element, and which are ignored.
    fn losses<const D: usize>(
        &self,
        dome: &Dome,
        logits: Tensor<D>,
        labels: Tensor<D, Int>,
    ) -> (Tensor<D>, Option<Tensor<D, Bool>>) {
        let labels_taken = Labels {
            loss: "DomeBinaryCrossEntropyLoss",
            classes: 2,
            ignored: &self.ignored,
            checked: self.check_targets,
        };
        let (targets, ignored) = labels_taken.read(labels);
        let hard = cast(targets.float(), logits.dtype());
        let soft = match self.smoothing {
            Some(smoothing) => hard.clone() * (1.0 - smoothing) + smoothing / 2.0,
            None => hard.clone(),
        };
        let shape = logits.dims();
        let loss =
            functional::dome_binary_cross_entropy(logits, dome.mu.val(), dome.sigma.val(), soft);
        let loss = match &self.weights {
            Some(weights) => loss * element_weights(weights.clone(), hard, shape),
            None => loss,
        };
        match ignored {
            Some(ignored) => (loss.mask_fill(ignored.clone(), 0.0), Some(ignored)),
            None => (loss, None),
        }
    }
}

fn element_weights<const D: usize>(
    weights: Tensor<1>,
    hard: Tensor<D>,
    shape: [usize; D],
) -> Tensor<D> {
    let [count] = weights.dims();
    let columns = if D > 1 { shape[D - 1] } else { 1 };
    let weights = cast(weights, hard.dtype());
    if columns == 1 {
        assert!(
            count == 2,
            "DomeBinaryCrossEntropyLoss: {count} weights for a single output of shape {shape:?}; \
             give two, the weight of class 0 and that of class 1"
        );
        let weight = |class: usize| weights.clone().slice(class..class + 1).reshape([1; D]);
        return hard.clone() * weight(1) + (1.0f32 - hard) * weight(0);
    }
    assert!(
        count == columns,
        "DomeBinaryCrossEntropyLoss: {count} weights for logits of shape {shape:?}; \
         give {columns}, one for each output"
    );
    let mut row = [1; D];
    row[D - 1] = columns;
    weights.reshape(row)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DomeConfig;
    use burn::tensor::Tolerance;

    const LOGITS: [[f32; 1]; 3] = [[1.0], [-1.0], [1.0]];
    const TARGETS: [[i32; 1]; 3] = [[1], [0], [0]];
    // p(1) = 1 - exp(-4)/2: -ln p and -ln(1 - p)
    const RIGHT: f32 = 0.009_200_014;
    const WRONG: f32 = 4.693_147;

    fn loss(config: DomeBinaryCrossEntropyLossConfig, expected: f32) {
        let device = Default::default();
        let value = config.init(&device).forward(
            &DomeConfig::new().init(&device),
            Tensor::<2>::from_floats(LOGITS, &device),
            Tensor::<2, Int>::from_ints(TARGETS, &device),
        );
        value
            .into_data()
            .assert_approx_eq::<f32>(&[expected].into(), Tolerance::rel_abs(1e-6, 1e-6));
    }

    #[test]
    fn mean() {
        loss(
            DomeBinaryCrossEntropyLossConfig::new(),
            (2.0 * RIGHT + WRONG) / 3.0,
        );
    }

    #[test]
    fn sum() {
        let config = DomeBinaryCrossEntropyLossConfig::new().with_reduction(Reduction::Sum);
        loss(config, 2.0 * RIGHT + WRONG);
    }

    #[test]
    fn class_weights() {
        let config = DomeBinaryCrossEntropyLossConfig::new().with_weights(Some(vec![3.0, 0.5]));
        loss(config, (0.5 * RIGHT + 3.0 * RIGHT + 3.0 * WRONG) / 3.0);
    }

    #[test]
    fn smoothing() {
        let config = DomeBinaryCrossEntropyLossConfig::new().with_smoothing(Some(0.2));
        let (right, wrong) = (0.9 * RIGHT + 0.1 * WRONG, 0.1 * RIGHT + 0.9 * WRONG);
        loss(config, (2.0 * right + wrong) / 3.0);
    }

    #[test]
    fn display() {
        let loss = DomeBinaryCrossEntropyLossConfig::new().init(&Default::default());
        assert_eq!(
            loss.to_string(),
            "DomeBinaryCrossEntropyLoss {weights: None, smoothing: None, ignored: None, reduction: Mean}"
        );
    }

    #[test]
    #[should_panic(expected = "smoothing is 1.5, but must be in the interval [0, 1]")]
    fn too_smooth() {
        DomeBinaryCrossEntropyLossConfig::new()
            .with_smoothing(Some(1.5))
            .init(&Default::default());
    }

    #[test]
    #[should_panic(expected = "targets have shape [3], but the input has [2]")]
    fn shapes_differ() {
        let device = Default::default();
        DomeBinaryCrossEntropyLossConfig::new()
            .init(&device)
            .forward(
                &DomeConfig::new().init(&device),
                Tensor::<1>::zeros([2], &device),
                Tensor::<1, Int>::zeros([3], &device),
            );
    }
}
