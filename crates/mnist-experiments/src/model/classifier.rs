use burn::module::Module;
use burn::tensor::{Device, Tensor};

use super::{Encoder, EncoderConfig, Normalization};
use crate::generator::initialized;
use crate::head::{ClassifierHead, Head, HeadConfig};

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
    /// The classifier with its head [calibrated](ClassifierHead::calibrate) to a batch of images.
    ///
    /// # Shapes
    ///
    /// - images: `[batch, channels, height, width]`, pixels in [0, 1]
    pub fn calibrate(self, images: Tensor<4>) -> Self {
        let embedding = self.embed(images).detach();
        let head = self.head.calibrate(embedding);
        Self { head, ..self }
    }

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
