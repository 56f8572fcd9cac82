use alloc::format;

use burn::config::Config;
use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::{Device, Int, Tensor};

use super::Projection;
use super::record::check_same;
use crate::{InvalidConfig, MultiDome, MultiDomeConfig, MultiDomeLoss, MultiDomeLossConfig};

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
    #[config(default = "Projection::WhereNeeded")]
    pub projection: Projection,
    /// The loss. Default the Brier score, see [`MultiDomeLoss`].
    #[config(default = "MultiDomeLossConfig::brier()")]
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
            self.projection.fits(self.input_dim, dim),
            "input_dim",
            self.input_dim,
            format!("{dim}, the size of the embedding, or have a projection"),
        )
    }

    /// [`validate`](Self::validate), and that the device's type of numbers holds the values.
    ///
    /// # Errors
    ///
    /// As [`MultiDomeConfig::validate_for`].
    pub fn validate_for(&self, device: &Device) -> Result<(), InvalidConfig> {
        self.validate()?;
        self.multi_dome.validate_for(device)
    }

    /// Checks that a record of a head of the configuration `saved` means the same in one of this.
    ///
    /// Burn's records hold parameters alone: neither the number of classes of a simplex nor what the loss
    /// measures. So a record of ten classes loads into a head of five, and one that was trained with a
    /// likelihood into one with a Brier score. Save the configuration beside the record, and check it before
    /// loading.
    ///
    /// # Errors
    ///
    /// If the classes, the size of the embedding, the kind of reference points, or the loss differ.
    ///
    /// # Example
    ///
    /// ```
    /// use dome_burn::{MultiDomeConfig, MultiDomeHeadConfig};
    ///
    /// // What `config.save("head.json")` wrote beside the record, and `MultiDomeHeadConfig::load` reads.
    /// let saved = MultiDomeHeadConfig::new(9, MultiDomeConfig::new(10));
    /// let config = MultiDomeHeadConfig::new(9, MultiDomeConfig::new(5).with_embedding_dim(Some(9)));
    /// let error = config.check_record_of(&saved).unwrap_err();
    /// assert_eq!(error.to_string(), "classes is 5, but must be 10, that of the record");
    /// ```
    pub fn check_record_of(&self, saved: &Self) -> Result<(), InvalidConfig> {
        self.multi_dome.check_record_of(&saved.multi_dome)?;
        check_same("loss", &self.loss, &saved.loss)
    }

    /// Initializes a [`MultiDomeHead`].
    ///
    /// # Panics
    ///
    /// If [`validate_for`](Self::validate_for) fails.
    pub fn init(&self, device: &Device) -> MultiDomeHead {
        self.validate_for(device)
            .unwrap_or_else(|error| panic!("MultiDomeHeadConfig: {error}"));
        let dim = self.multi_dome.resolved_dim();
        MultiDomeHead {
            projection: self.projection.init(self.input_dim, dim, device),
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
    /// If the number of targets is not that of the inputs, or a target is neither a class nor ignored.
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

    /// The most probable class, see [`MultiDome::predict`].
    ///
    /// # Shapes
    ///
    /// - input: `[batch, input_dim]`
    /// - output: `[batch]`
    pub fn predict(&self, input: Tensor<2>) -> Tensor<1, Int> {
        self.multi_dome
            .predict(self.embedding(input.without_autodiff()))
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
