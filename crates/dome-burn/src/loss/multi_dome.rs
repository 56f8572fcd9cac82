use burn::config::Config;
use burn::module::Module;
use burn::tensor::{Device, Int, Tensor};

use super::{
    MultiDomeBrierLoss, MultiDomeBrierLossConfig, MultiDomeNllLoss, MultiDomeNllLossConfig,
};
use crate::{InvalidConfig, MultiDome};

/// Either loss of a [`MultiDome`].
///
/// The Brier score is the better default by measurement: on ten digits with a 9-D embedding and the
/// same settings it is the more accurate of the two, over five seeds (the repository's README has the
/// table). It is also bounded where a label is wrong. The negative
/// log-likelihood makes the classes more compact in relation to their distance, and its gradient
/// reaches a sample however far it is from its own mode.
#[derive(Module, Debug)]
pub enum MultiDomeLoss {
    /// Negative log-likelihood.
    Nll(MultiDomeNllLoss),
    /// Brier score.
    Brier(MultiDomeBrierLoss),
}

/// Configuration to create a [`MultiDomeLoss`] using [`init`](MultiDomeLossConfig::init).
#[derive(Config, Debug)]
pub enum MultiDomeLossConfig {
    /// Negative log-likelihood.
    Nll(MultiDomeNllLossConfig),
    /// Brier score.
    Brier(MultiDomeBrierLossConfig),
}

impl MultiDomeLossConfig {
    /// Checks the values, for configurations that come from a file.
    ///
    /// # Errors
    ///
    /// Those of the loss.
    pub fn validate(&self) -> Result<(), InvalidConfig> {
        match self {
            Self::Nll(config) => config.validate(),
            Self::Brier(config) => config.validate(),
        }
    }

    /// Initializes a [`MultiDomeLoss`].
    ///
    /// # Panics
    ///
    /// If [`validate`](Self::validate) fails.
    pub fn init(&self, device: &Device) -> MultiDomeLoss {
        match self {
            Self::Nll(config) => MultiDomeLoss::Nll(config.init(device)),
            Self::Brier(config) => MultiDomeLoss::Brier(config.init(device)),
        }
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
    /// If shapes, or the number of weights, do not fit.
    pub fn forward(
        &self,
        multi_dome: &MultiDome,
        embedding: Tensor<2>,
        targets: Tensor<1, Int>,
    ) -> Tensor<1> {
        match self {
            Self::Nll(loss) => loss.forward(multi_dome, embedding, targets),
            Self::Brier(loss) => loss.forward(multi_dome, embedding, targets),
        }
    }
}
