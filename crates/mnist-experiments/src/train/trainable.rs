use burn::module::{Module, ModuleDisplay};
use burn::tensor::{Int, Tensor};

use super::Batch;
use crate::head::{LossScope, ParameterGroup};

/// A model that the trainer can train.
///
/// What its loss may be, so that no result depends on shards and threads, is said at
/// [`ClassifierHead`](crate::head::ClassifierHead), whose contract this is; a model with a loss for each sample and
/// nothing else keeps the defaults.
pub trait Trainable: Module + ModuleDisplay {
    /// What the model makes of a batch.
    fn outputs(&self, batch: Batch) -> Outputs;

    /// The scores of images, `[batch, classes]`, through which gradients of the pixels can be taken.
    ///
    /// # Shapes
    ///
    /// - images: `[batch, channels, height, width]`, pixels in [0, 1]
    fn scores(&self, images: Tensor<4>) -> Tensor<2>;

    /// What the loss is a value of.
    fn loss_scope(&self) -> LossScope {
        LossScope::PerSample
    }

    /// What the loss has of the parameters alone, once a step.
    fn penalty(&self) -> Option<Tensor<1>> {
        None
    }

    /// Parameters that are not trained as all others are.
    fn parameter_groups(&self) -> Vec<ParameterGroup> {
        Vec::new()
    }

    /// The model fitted to its first batch, before the first step.
    ///
    /// # Shapes
    ///
    /// - images: `[batch, channels, height, width]`, pixels in [0, 1]
    fn calibrate(self, _images: Tensor<4>) -> Self {
        self
    }

    /// Whether [`at`](Self::at) changes anything.
    fn has_schedule(&self) -> bool {
        false
    }

    /// The model as it is to be at this share of the training, from 0 before the first step to 1 after the last one.
    fn at(self, _progress: f64) -> Self {
        self
    }

    /// Told to a model whose record was loaded, before it goes on: so many steps were taken. What is neither in the record
    /// nor said here does not change in training.
    fn after_steps(&self, _steps: usize) {}

    /// Whether [`after_step`](Self::after_step) changes anything.
    fn has_running_state(&self) -> bool {
        false
    }

    /// The model after a step, with the embeddings of the whole batch from before it and their classes.
    ///
    /// # Shapes
    ///
    /// - embedding: `[batch, embedding_dim]`
    /// - targets: `[batch]`
    fn after_step(self, _embedding: Tensor<2>, _targets: Tensor<1, Int>) -> Self {
        self
    }
}

/// What a model makes of a batch or a shard of it.
#[derive(Debug)]
pub struct Outputs {
    /// The mean loss, `[1]`.
    pub loss: Tensor<1>,
    /// `[batch, classes]`, the largest is the prediction.
    pub scores: Tensor<2>,
    /// `[batch, embedding_dim]`, if the model has an embedding.
    pub embedding: Option<Tensor<2>>,
}
