use burn::config::Config;
use burn::module::Module;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::{Linear, LinearConfig, PaddingConfig2d, Relu};
use burn::tensor::{Device, Tensor};

use super::Normalization;

/// A small convolutional encoder: three strided convolutions, a hidden layer, the embedding.
///
/// Strides instead of pooling, because they cost a fraction of the time on a CPU, and because no
/// feature map is then large enough for the bias gradient of a whole batch to exceed the 65,535
/// steps at which some software GPU drivers cut a reduction.
#[derive(Module, Debug)]
pub struct Encoder {
    normalization: Normalization,
    convolutions: Vec<Conv2d>,
    hidden: Linear,
    embedding: Linear,
    activation: Relu,
}

/// Configuration to create an [`Encoder`].
#[derive(Config, Debug)]
pub struct EncoderConfig {
    /// Height and width of the images.
    pub image_size: [usize; 2],
    /// Size of the embedding.
    pub embedding_dim: usize,
    /// Output channels of the convolutions.
    #[config(default = "[8, 16, 32]")]
    pub channels: [usize; 3],
    /// Size of the layer in front of the embedding.
    #[config(default = 128)]
    pub hidden: usize,
}

impl EncoderConfig {
    /// Initializes the encoder on `device`.
    pub fn init(&self, normalization: Normalization, device: &Device) -> Encoder {
        let [c1, c2, c3] = self.channels;
        let convolution = |channels: [usize; 2], kernel: usize| {
            let pad = kernel / 2;
            Conv2dConfig::new(channels, [kernel, kernel])
                .with_stride([2, 2])
                .with_padding(PaddingConfig2d::Explicit(pad, pad, pad, pad))
                .init(device)
        };
        let [height, width] = self.image_size.map(|side| side.div_ceil(8));
        Encoder {
            normalization,
            convolutions: vec![
                convolution([1, c1], 5),
                convolution([c1, c2], 3),
                convolution([c2, c3], 3),
            ],
            hidden: LinearConfig::new(height * width * c3, self.hidden).init(device),
            embedding: LinearConfig::new(self.hidden, self.embedding_dim).init(device),
            activation: Relu::new(),
        }
    }
}

impl Encoder {
    /// # Shapes
    ///
    /// - images: `[batch, 1, height, width]`, pixels in [0, 1]
    /// - output: `[batch, embedding_dim]`
    pub fn forward(&self, images: Tensor<4>) -> Tensor<2> {
        let features = self
            .convolutions
            .iter()
            .fold(self.normalization.forward(images), |x, convolution| {
                self.activation.forward(convolution.forward(x))
            });
        let hidden = self
            .activation
            .forward(self.hidden.forward(features.flatten(1, 3)));
        self.embedding.forward(hidden)
    }
}
