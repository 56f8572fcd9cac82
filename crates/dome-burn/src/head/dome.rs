use burn::config::Config;
use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Int, Tensor};

use crate::{
    Dome, DomeBinaryCrossEntropyLoss, DomeBinaryCrossEntropyLossConfig, DomeConfig, InvalidConfig,
};

/// The end of a binary classifier: `p = Dome(w x)` with its binary cross-entropy.
///
/// A bias-free projection to one logit, the paper's equation (1), [`Dome`] and
/// [`DomeBinaryCrossEntropyLoss`].
///
/// Should be created using [`DomeHeadConfig`].
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use dome_burn::DomeHeadConfig;
///
/// let device = Device::default();
/// let embedding = Tensor::<2>::ones([4, 16], &device);
/// let targets = Tensor::<1, Int>::from_ints([1, 0, 1, 1], &device);
///
/// let head = DomeHeadConfig::new(16).init(&device).calibrate(embedding.clone());
/// let loss = head.loss(embedding.clone(), targets); // [1]
/// let classes = head.predict(embedding); // [4], 0 or 1
/// # assert_eq!((loss.dims(), classes.dims()), ([1], [4]));
/// ```
#[derive(Module, Debug)]
pub struct DomeHead {
    /// To one logit; none where the input is the logit.
    pub projection: Option<Linear>,
    /// The output activation.
    pub dome: Dome,
    /// The training loss.
    pub loss: DomeBinaryCrossEntropyLoss,
}

/// Configuration to create a [`DomeHead`] using [`init`](DomeHeadConfig::init).
#[derive(Config, Debug)]
pub struct DomeHeadConfig {
    /// Size of the embedding.
    pub embedding_dim: usize,
    /// Whether a linear layer, without bias, makes the logit. Default: unless the embedding is one
    /// number.
    pub projection: Option<bool>,
    /// The activation; one value of each parameter.
    #[config(default = "DomeConfig::new()")]
    pub dome: DomeConfig,
    /// The loss.
    #[config(default = "DomeBinaryCrossEntropyLossConfig::new()")]
    pub loss: DomeBinaryCrossEntropyLossConfig,
}

impl DomeHeadConfig {
    /// Checks the values, for configurations that come from a file.
    ///
    /// # Errors
    ///
    /// If activation or loss are invalid, the activation has parameters per channel, or an
    /// embedding of several numbers has no projection.
    pub fn validate(&self) -> Result<(), InvalidConfig> {
        self.dome.validate()?;
        self.loss.validate()?;
        InvalidConfig::check(
            self.dome.num_parameters == 1,
            "num_parameters",
            self.dome.num_parameters,
            "1: the head has one logit",
        )?;
        InvalidConfig::check(
            self.embedding_dim == 1 || (self.embedding_dim > 1 && self.projection != Some(false)),
            "embedding_dim",
            self.embedding_dim,
            "1, or more with a projection",
        )
    }

    /// Initializes a [`DomeHead`].
    ///
    /// # Panics
    ///
    /// If [`validate`](Self::validate) fails.
    pub fn init(&self, device: &Device) -> DomeHead {
        self.validate()
            .unwrap_or_else(|error| panic!("DomeHeadConfig: {error}"));
        let projected = self.projection.unwrap_or(self.embedding_dim > 1);
        DomeHead {
            projection: projected.then(|| {
                LinearConfig::new(self.embedding_dim, 1)
                    .with_bias(false)
                    .init(device)
            }),
            dome: self.dome.init(device),
            loss: self.loss.init(device),
        }
    }
}

impl DomeHead {
    /// `log(p / (1 - p))`, the evidence for class 1.
    ///
    /// # Shapes
    ///
    /// - embedding: `[batch, embedding_dim]`
    /// - output: `[batch]`
    pub fn scores(&self, embedding: Tensor<2>) -> Tensor<1> {
        self.dome.log_odds(self.logits(embedding)).squeeze_dim(1)
    }

    /// The training loss.
    ///
    /// # Shapes
    ///
    /// - embedding: `[batch, embedding_dim]`
    /// - targets: `[batch]`, classes 0 and 1
    /// - output: `[1]`
    ///
    /// # Panics
    ///
    /// If the number of targets is not that of the embeddings.
    pub fn loss(&self, embedding: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<1> {
        let logits = self.logits(embedding);
        self.loss
            .forward(&self.dome, logits, targets.unsqueeze_dim(1))
    }

    /// The probability of class 1.
    ///
    /// # Shapes
    ///
    /// - embedding: `[batch, embedding_dim]`
    /// - output: `[batch]`
    pub fn probabilities(&self, embedding: Tensor<2>) -> Tensor<1> {
        self.dome.forward(self.logits(embedding)).squeeze_dim(1)
    }

    /// The more probable class, 0 or 1.
    ///
    /// # Shapes
    ///
    /// - embedding: `[batch, embedding_dim]`
    /// - output: `[batch]`
    pub fn predict(&self, embedding: Tensor<2>) -> Tensor<1, Int> {
        self.scores(embedding).greater_elem(0.0).int()
    }

    /// [`Dome::calibrate`] on a batch of embeddings, before the first step of a training.
    ///
    /// # Shapes
    ///
    /// - embedding: `[batch, embedding_dim]`
    #[must_use]
    pub fn calibrate(self, embedding: Tensor<2>) -> Self {
        let logits = self.logits(embedding);
        let dome = self.dome.calibrate(logits);
        Self { dome, ..self }
    }

    fn logits(&self, embedding: Tensor<2>) -> Tensor<2> {
        match &self.projection {
            Some(projection) => projection.forward(embedding),
            None => embedding,
        }
    }
}
