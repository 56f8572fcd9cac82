use burn::config::Config;
use burn::module::{Module, Param};
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::{Linear, LinearConfig, Relu};
use burn::tensor::{Device, Tensor};
use conv_block::conv_block;

use super::Normalization;

/// A small convolutional encoder in the manner of LeNet: two convolutions of 5 x 5 pixels, each
/// followed by ReLU and 2 x 2 max-pooling, a hidden layer, the embedding.
#[derive(Module, Debug)]
pub struct Encoder {
    #[module(skip)]
    normalization: Normalization,
    convolutions: Vec<Conv2d>,
    hidden: Linear,
    embedding: Linear,
    activation: Relu,
}

/// Configuration to create an [`Encoder`].
#[derive(Config, Debug)]
pub struct EncoderConfig {
    /// Height and width of the images, at least [`MIN_SIDE`](Self::MIN_SIDE).
    pub image_size: [usize; 2],
    /// Size of the embedding.
    pub embedding_dim: usize,
    /// Channels of the images.
    #[config(default = 1)]
    pub image_channels: usize,
    /// Output channels of the convolutions.
    #[config(default = "[8, 16]")]
    pub channels: [usize; 2],
    /// Size of the layer in front of the embedding.
    #[config(default = 128)]
    pub hidden: usize,
}

impl EncoderConfig {
    /// Smallest height and width that the two convolutions and poolings leave something of.
    pub const MIN_SIDE: usize = 16;

    /// Initializes the encoder on `device`.
    ///
    /// # Panics
    ///
    /// If the images are smaller than [`MIN_SIDE`](Self::MIN_SIDE).
    pub fn init(&self, normalization: Normalization, device: &Device) -> Encoder {
        let [height, width] = self.image_size;
        assert!(
            height.min(width) >= Self::MIN_SIDE,
            "EncoderConfig: images of {height} x {width} pixels are too small, it needs at least \
             {min} x {min}",
            min = Self::MIN_SIDE,
        );
        let [first, second] = self.channels;
        let convolution = |channels| Conv2dConfig::new(channels, [5, 5]).init(device);
        let side = |pixels: usize| ((pixels - 4) / 2 - 4) / 2;
        let features = second * side(height) * side(width);
        Encoder {
            normalization,
            convolutions: vec![
                convolution([self.image_channels, first]),
                convolution([first, second]),
            ],
            hidden: LinearConfig::new(features, self.hidden).init(device),
            embedding: LinearConfig::new(self.hidden, self.embedding_dim).init(device),
            activation: Relu::new(),
        }
    }
}

impl Encoder {
    /// The encoder with the weights and biases of its last layer times `factor`, and so are its
    /// embeddings.
    pub fn scale_embedding(mut self, factor: f64) -> Self {
        self.embedding.weight = scaled(self.embedding.weight, factor);
        self.embedding.bias = self.embedding.bias.map(|bias| scaled(bias, factor));
        self
    }

    /// # Shapes
    ///
    /// - images: `[batch, channels, height, width]`, pixels in [0, 1]
    /// - output: `[batch, embedding_dim]`
    pub fn forward(&self, images: Tensor<4>) -> Tensor<2> {
        self.embed(self.features(images))
    }

    /// The embedding of the [features](Self::features).
    ///
    /// # Shapes
    ///
    /// - features: `[batch, hidden]`
    /// - output: `[batch, embedding_dim]`
    pub fn embed(&self, features: Tensor<2>) -> Tensor<2> {
        self.embedding.forward(features)
    }

    /// The hidden layer in front of the embedding, after its ReLU.
    ///
    /// # Shapes
    ///
    /// - images: `[batch, 1, height, width]`, pixels in [0, 1]
    /// - output: `[batch, hidden]`
    pub fn features(&self, images: Tensor<4>) -> Tensor<2> {
        let mut features = self.normalization.forward(images);
        for convolution in &self.convolutions {
            let bias = convolution.bias.as_ref().expect("Burn's default is a bias");
            features = conv_block(features, convolution.weight.val(), bias.val());
        }
        self.activation
            .forward(self.hidden.forward(features.flatten(1, 3)))
    }
}

fn scaled<const D: usize>(parameter: Param<Tensor<D>>, factor: f64) -> Param<Tensor<D>> {
    let learned = parameter.is_require_grad();
    // Operation first, detach after: the result is a leaf again.
    parameter.map(|value| (value * factor).detach().set_require_grad(learned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scaled_layer_scales_the_embedding_and_learns() {
        let device = Device::flex().autodiff();
        let normalization = Normalization::grey(0.1, 0.3);
        let encoder = EncoderConfig::new([28, 28], 3).init(normalization, &device);
        let images = Tensor::<4>::ones([2, 1, 28, 28], &device);
        let before = encoder.forward(images.clone());
        // A power of two, so that no rounding depends on it, however the terms cancel.
        let encoder = encoder.scale_embedding(32.0);
        let after = encoder.forward(images);
        (before * 32.0)
            .into_data()
            .assert_eq(&after.clone().into_data(), true);
        let gradients = after.sum().backward();
        assert!(encoder.embedding.weight.grad(&gradients).is_some());
    }
}
