use burn::config::Config;
use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::{Device, Int, Tensor};

use super::Projection;
use super::record::check_same;
use crate::op::{cast, dequantized};
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
    /// Size of the input.
    pub input_dim: usize,
    /// Whether a linear layer, without bias, makes the logit. Default: unless the input is one number.
    #[config(default = "Projection::WhereNeeded")]
    pub projection: Projection,
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
    /// input of several numbers has no projection.
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
            self.projection.fits(self.input_dim, 1),
            "input_dim",
            self.input_dim,
            "1, or more with a projection",
        )
    }

    /// [`validate`](Self::validate), and that the device's type of numbers holds the values.
    ///
    /// # Errors
    ///
    /// As [`DomeConfig::validate_for`].
    pub fn validate_for(&self, device: &Device) -> Result<(), InvalidConfig> {
        self.validate()?;
        self.dome.validate_for(device)
    }

    /// Checks that a record of a head of the configuration `saved` means the same in one of this.
    ///
    /// Burn's records hold parameters alone, not what the loss measures. Save the configuration beside the
    /// record, and check it before loading.
    ///
    /// # Errors
    ///
    /// If weights, smoothing, ignored labels or reduction of the loss differ.
    pub fn check_record_of(&self, saved: &Self) -> Result<(), InvalidConfig> {
        check_same("loss", &self.loss, &saved.loss)
    }

    /// Initializes a [`DomeHead`].
    ///
    /// # Panics
    ///
    /// If [`validate_for`](Self::validate_for) fails.
    pub fn init(&self, device: &Device) -> DomeHead {
        self.validate_for(device)
            .unwrap_or_else(|error| panic!("DomeHeadConfig: {error}"));
        DomeHead {
            projection: self.projection.init(self.input_dim, 1, device),
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
    /// - input: `[batch, input_dim]`
    /// - output: `[batch]`
    pub fn scores(&self, input: Tensor<2>) -> Tensor<1> {
        self.dome.log_odds(self.logits(input)).squeeze_dim(1)
    }

    /// The training loss.
    ///
    /// # Shapes
    ///
    /// - input: `[batch, input_dim]`
    /// - targets: `[batch]`, classes 0 and 1
    /// - output: `[1]`
    ///
    /// # Panics
    ///
    /// If the number of targets is not that of the inputs, or a target is neither 0 nor 1 nor ignored.
    pub fn loss(&self, input: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<1> {
        let logits = self.logits(input);
        self.loss
            .forward(&self.dome, logits, targets.unsqueeze_dim(1))
    }

    /// The probability of class 1.
    ///
    /// # Shapes
    ///
    /// - input: `[batch, input_dim]`
    /// - output: `[batch]`
    pub fn probabilities(&self, input: Tensor<2>) -> Tensor<1> {
        self.dome.forward(self.logits(input)).squeeze_dim(1)
    }

    /// The more probable class, 0 or 1: the side of the logit on which it is that of mu, however far away. 0 on
    /// the border.
    ///
    /// # Shapes
    ///
    /// - input: `[batch, input_dim]`
    /// - output: `[batch]`
    pub fn predict(&self, input: Tensor<2>) -> Tensor<1, Int> {
        let logits = self.logits(input.without_autodiff()).squeeze_dim::<1>(1);
        let mu = dequantized(self.dome.mu.val().without_autodiff());
        // Signs, since a product may underflow.
        (logits.clone().sign() * cast(mu.sign(), logits.dtype()))
            .greater_elem(0.0)
            .int()
    }

    /// [`Dome::calibrate`] on a batch of inputs, before the first step of a training.
    ///
    /// # Shapes
    ///
    /// - input: `[batch, input_dim]`
    #[must_use]
    pub fn calibrate(self, input: Tensor<2>) -> Self {
        let logits = self.logits(input);
        let dome = self.dome.calibrate(logits);
        Self { dome, ..self }
    }

    fn logits(&self, input: Tensor<2>) -> Tensor<2> {
        match &self.projection {
            Some(projection) => projection.forward(input),
            None => input,
        }
    }
}
