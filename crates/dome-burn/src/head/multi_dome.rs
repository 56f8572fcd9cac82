use burn::config::Config;
use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Int, Tensor};

use crate::{
    InvalidConfig, MultiDome, MultiDomeBrierLossConfig, MultiDomeConfig, MultiDomeLoss,
    MultiDomeLossConfig,
};

/// The end of a classifier of any number of classes: a projection where one is needed,
/// [`MultiDome`] and its loss.
///
/// Should be created using [`MultiDomeHeadConfig`].
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use dome_burn::{MultiDomeConfig, MultiDomeHeadConfig};
///
/// let device = Device::default();
/// let features = Tensor::<2>::ones([4, 128], &device);
/// let targets = Tensor::<1, Int>::from_ints([3, 1, 4, 1], &device);
///
/// let config = MultiDomeHeadConfig::new(128, MultiDomeConfig::new(10));
/// let head = config.init(&device).calibrate(features.clone());
/// let loss = head.loss(features.clone(), targets); // [1]
/// let probabilities = head.probabilities(features); // [4, 10]
/// # assert_eq!((loss.dims(), probabilities.dims()), ([1], [4, 10]));
/// ```
#[derive(Module, Debug)]
pub struct MultiDomeHead {
    /// To the space of the reference points; none where the input is in it.
    pub projection: Option<Linear>,
    /// The output activation.
    pub multi_dome: MultiDome,
    /// The training loss.
    pub loss: MultiDomeLoss,
}

/// Configuration to create a [`MultiDomeHead`] using [`init`](MultiDomeHeadConfig::init).
#[derive(Config, Debug)]
pub struct MultiDomeHeadConfig {
    /// Size of the input.
    pub input_dim: usize,
    /// The activation.
    pub multi_dome: MultiDomeConfig,
    /// Whether a linear layer, without bias, makes the embedding. Default: unless the input has the
    /// embedding's size. Without one, an input of fewer dimensions than the simplex of its classes
    /// is an error; with one, it stays in a subspace in which not all modes can be reached.
    pub projection: Option<bool>,
    /// The loss. Default the Brier score, see [`MultiDomeLoss`].
    #[config(default = "MultiDomeLossConfig::Brier(MultiDomeBrierLossConfig::new())")]
    pub loss: MultiDomeLossConfig,
}

impl MultiDomeHeadConfig {
    /// Checks the values, for configurations that come from a file.
    ///
    /// # Errors
    ///
    /// If activation or loss are invalid, the input is empty, or it does not have the embedding's
    /// size and there is no projection.
    pub fn validate(&self) -> Result<(), InvalidConfig> {
        self.multi_dome.validate()?;
        self.loss.validate()?;
        let dim = self.multi_dome.resolved_dim();
        InvalidConfig::check(
            self.input_dim == dim || (self.input_dim > 0 && self.projection != Some(false)),
            "input_dim",
            self.input_dim,
            format!("{dim}, the size of the embedding, or have a projection"),
        )
    }

    /// Initializes a [`MultiDomeHead`].
    ///
    /// # Panics
    ///
    /// If [`validate`](Self::validate) fails.
    pub fn init(&self, device: &Device) -> MultiDomeHead {
        self.validate()
            .unwrap_or_else(|error| panic!("MultiDomeHeadConfig: {error}"));
        let dim = self.multi_dome.resolved_dim();
        let projected = self.projection.unwrap_or(self.input_dim != dim);
        MultiDomeHead {
            projection: projected.then(|| {
                LinearConfig::new(self.input_dim, dim)
                    .with_bias(false)
                    .init(device)
            }),
            multi_dome: self.multi_dome.init(device),
            loss: self.loss.init(device),
        }
    }
}

impl MultiDomeHead {
    /// [`MultiDome::scores`]: the largest is the prediction.
    ///
    /// # Shapes
    ///
    /// - input: `[batch, input_dim]`
    /// - output: `[batch, classes]`
    pub fn scores(&self, input: Tensor<2>) -> Tensor<2> {
        self.multi_dome.scores(self.embedding(input))
    }

    /// The training loss.
    ///
    /// # Shapes
    ///
    /// - input: `[batch, input_dim]`
    /// - targets: `[batch]`, class indices
    /// - output: `[1]`
    ///
    /// # Panics
    ///
    /// If the number of targets is not that of the inputs.
    pub fn loss(&self, input: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<1> {
        let embedding = self.embedding(input);
        self.loss.forward(&self.multi_dome, embedding, targets)
    }

    /// The probabilities of the classes, [`MultiDome::forward`].
    ///
    /// # Shapes
    ///
    /// - input: `[batch, input_dim]`
    /// - output: `[batch, classes]`
    pub fn probabilities(&self, input: Tensor<2>) -> Tensor<2> {
        self.multi_dome.forward(self.embedding(input))
    }

    /// The most probable class.
    ///
    /// # Shapes
    ///
    /// - input: `[batch, input_dim]`
    /// - output: `[batch]`
    pub fn predict(&self, input: Tensor<2>) -> Tensor<1, Int> {
        self.scores(input).argmax(1).squeeze_dim(1)
    }

    /// The input in the space of the reference points.
    ///
    /// # Shapes
    ///
    /// - input: `[batch, input_dim]`
    /// - output: `[batch, embedding_dim]`
    pub fn embedding(&self, input: Tensor<2>) -> Tensor<2> {
        match &self.projection {
            Some(projection) => projection.forward(input),
            None => input,
        }
    }

    /// [`MultiDome::calibrate`] on a batch of inputs, before the first step of a training.
    ///
    /// # Shapes
    ///
    /// - input: `[batch, input_dim]`
    #[must_use]
    pub fn calibrate(self, input: Tensor<2>) -> Self {
        let embedding = self.embedding(input);
        let multi_dome = self.multi_dome.calibrate(embedding);
        Self { multi_dome, ..self }
    }
}
