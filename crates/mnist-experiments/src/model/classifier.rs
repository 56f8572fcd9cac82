use burn::module::{Module, ModuleDisplay};
use burn::tensor::{Device, Int, Tensor};

use super::{Encoder, EncoderConfig, Normalization};
use crate::generator::initialized;
use crate::head::{ClassifierHead, Head, HeadConfig, LossScope, ParameterGroup};
use crate::train::{Batch, Outputs, Trainable};

/// An encoder and the head that classifies its embedding.
#[derive(Module, Debug)]
pub struct Classifier<H: Module = Head> {
    /// Images to embeddings.
    pub encoder: Encoder,
    /// Embeddings to scores and losses.
    pub head: H,
}

/// What a [`Classifier`] is made from.
#[derive(Debug, Clone)]
pub struct ClassifierConfig {
    /// The encoder.
    pub encoder: EncoderConfig,
    /// Statistics of the training pixels.
    pub normalization: Normalization,
    /// The head.
    pub head: HeadConfig,
    /// Number of classes.
    pub classes: usize,
}

impl ClassifierConfig {
    /// The classifier with the initial weights of `seed`, the same on every device; heads with the
    /// same seed share the encoder's weights.
    pub fn init(&self, seed: u64, device: &Device) -> Classifier {
        initialized(seed, device, |cpu| Classifier {
            encoder: self.encoder.init(self.normalization, cpu),
            head: self
                .head
                .init(self.encoder.embedding_dim, self.classes, cpu),
        })
    }
}

impl<H: ClassifierHead + Module> Classifier<H> {
    /// The classifier with the [embedding layer scaled](Encoder::scale_embedding).
    pub fn scale_embedding(self, factor: f64) -> Self {
        let encoder = self.encoder.scale_embedding(factor);
        Self { encoder, ..self }
    }

    /// Embeddings of images.
    ///
    /// # Shapes
    ///
    /// - images: `[batch, channels, height, width]`, pixels in [0, 1]
    /// - output: `[batch, embedding_dim]`
    pub fn embed(&self, images: Tensor<4>) -> Tensor<2> {
        self.encoder.forward(images)
    }

    /// The head's scores of the classes.
    ///
    /// # Shapes
    ///
    /// - images: `[batch, channels, height, width]`, pixels in [0, 1]
    /// - output: `[batch, classes]`
    pub fn scores(&self, images: Tensor<4>) -> Tensor<2> {
        self.head.scores(self.embed(images))
    }
}

impl<H: ClassifierHead + Module + ModuleDisplay> Trainable for Classifier<H> {
    fn outputs(&self, Batch { images, targets }: Batch) -> Outputs {
        let embedding = self.embed(images);
        Outputs {
            scores: self.head.scores(embedding.clone().detach()),
            loss: self.head.loss(embedding.clone(), targets),
            embedding: Some(embedding),
        }
    }

    fn scores(&self, images: Tensor<4>) -> Tensor<2> {
        self.head.scores(self.embed(images))
    }

    fn loss_scope(&self) -> LossScope {
        self.head.loss_scope()
    }

    fn penalty(&self) -> Option<Tensor<1>> {
        self.head.penalty()
    }

    fn parameter_groups(&self) -> Vec<ParameterGroup> {
        self.head.parameter_groups()
    }

    /// The classifier with its head [calibrated](ClassifierHead::calibrate) to the images' embedding.
    fn calibrate(self, images: Tensor<4>) -> Self {
        let embedding = self.embed(images).detach();
        let head = self.head.calibrate(embedding);
        Self { head, ..self }
    }

    fn has_schedule(&self) -> bool {
        self.head.has_schedule()
    }

    fn at(self, progress: f64) -> Self {
        let head = self.head.at(progress);
        Self { head, ..self }
    }

    fn has_running_state(&self) -> bool {
        self.head.has_running_state()
    }

    fn after_step(self, embedding: Tensor<2>, targets: Tensor<1, Int>) -> Self {
        let head = self.head.after_step(embedding, targets);
        Self { head, ..self }
    }
}
