use burn::config::Config;
use burn::module::{Content, DisplaySettings, Module, ModuleDisplay};
use burn::nn::loss::Reduction;
use burn::tensor::{Device, Int, Tensor};

use super::validate::validate;
use crate::op::cast;
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
/// use burn::tensor::{Device, Int, Tensor};
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
    /// divided by the weights. Default none.
    pub weights: Option<Vec<f32>>,
    /// Label smoothing in [0, 1]: a target t becomes `t (1 - smoothing) + smoothing / 2`. Default
    /// none.
    pub smoothing: Option<f32>,
    /// Reduction of the elements' losses; `BatchMean` divides their sum by the size of dimension 0,
    /// `Auto` is `Mean`. Default `Mean`.
    #[config(default = "Reduction::Mean")]
    pub reduction: Reduction,
}

impl DomeBinaryCrossEntropyLossConfig {
    /// Checks the values, for configurations that come from a file.
    ///
    /// # Errors
    ///
    /// If `smoothing` lies outside of [0, 1], or a weight is not a positive finite number.
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
    /// If the shapes of logits and targets differ, or weights do not fit.
    pub fn forward<const D: usize>(
        &self,
        dome: &Dome,
        logits: Tensor<D>,
        targets: Tensor<D, Int>,
    ) -> Tensor<1> {
        let batch = logits.dims()[0];
        let loss = self.forward_no_reduction(dome, logits, targets);
        match self.reduction {
            Reduction::Mean | Reduction::Auto => loss.mean(),
            Reduction::Sum => loss.sum(),
            Reduction::BatchMean => loss.sum() / batch as f64,
        }
    }

    /// The loss of each element.
    ///
    /// # Shapes
    ///
    /// - logits: `[..., any]`, the input of `dome`
    /// - targets: the same shape, classes 0 and 1
    /// - output: the same shape
    ///
    /// # Panics
    ///
    /// If the shapes of logits and targets differ, or weights do not fit.
    pub fn forward_no_reduction<const D: usize>(
        &self,
        dome: &Dome,
        logits: Tensor<D>,
        targets: Tensor<D, Int>,
    ) -> Tensor<D> {
        let hard = cast(targets.float(), logits.dtype());
        let soft = match self.smoothing {
            Some(smoothing) => hard.clone() * (1.0 - smoothing) + smoothing / 2.0,
            None => hard.clone(),
        };
        let shape = logits.dims();
        let loss =
            functional::dome_binary_cross_entropy(logits, dome.mu.val(), dome.sigma.val(), soft);
        match &self.weights {
            Some(weights) => loss * element_weights(weights.clone(), hard, shape),
            None => loss,
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
            "DomeBinaryCrossEntropyLoss {weights: None, smoothing: None, reduction: Mean}"
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
