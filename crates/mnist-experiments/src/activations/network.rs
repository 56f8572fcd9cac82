use burn::module::{Module, Param};
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::loss::CrossEntropyLossConfig;
use burn::nn::{Initializer, Linear, LinearConfig};
use burn::tensor::{Device, Tensor};

use super::{ActivationKind, HiddenActivation, NetworkKind};
use crate::generator::initialized;
use crate::model::Normalization;
use crate::train::{Batch, Outputs, Trainable};

/// A classifier with the same activation behind every layer but the last: convolutions, if any,
/// then hidden layers, then the logits of the classes.
#[derive(Module, Debug)]
pub struct Network {
    #[module(skip)]
    normalization: Normalization,
    convolutions: Vec<Conv2d>,
    hidden: Vec<Linear>,
    output: Linear,
    /// Of the convolutions first, then of the hidden layers.
    activations: Vec<HiddenActivation>,
}

/// What a [`Network`] is made from.
#[derive(Debug, Clone, Copy)]
pub struct NetworkConfig {
    /// The layers.
    pub kind: NetworkKind,
    /// What is between them.
    pub activation: ActivationKind,
    /// Height and width of the images, at least [`MIN_SIDE`](Self::MIN_SIDE).
    pub image_size: [usize; 2],
    /// Their channels.
    pub channels: usize,
    /// Number of classes.
    pub classes: usize,
    /// Statistics of the training pixels.
    pub normalization: Normalization,
}

impl NetworkConfig {
    /// Smallest height and width that the two convolutions leave something of.
    pub const MIN_SIDE: usize = 13;

    const KERNEL: usize = 5;
    const STRIDE: usize = 2;

    /// The network with the initial weights of `seed`, the same on every device.
    ///
    /// The first layer, whose inputs are pixels of variance 1, has a gain of 1, the others the
    /// activation's. Weights of the same seed differ between activations by their gain only,
    /// except for those of Maxout, which are twice as many.
    ///
    /// # Panics
    ///
    /// If the images are smaller than [`MIN_SIDE`](Self::MIN_SIDE).
    pub fn init(&self, seed: u64, device: &Device) -> Network {
        let [height, width] = self.image_size;
        assert!(
            height.min(width) >= Self::MIN_SIDE,
            "NetworkConfig: images of {height} x {width} pixels are too small, it needs at least \
             {min} x {min}",
            min = Self::MIN_SIDE,
        );
        initialized(seed, device, |cpu| self.draw(seed, cpu))
    }

    fn draw(&self, seed: u64, device: &Device) -> Network {
        let Self {
            kind, activation, ..
        } = *self;
        let mut activations: Vec<HiddenActivation> = Vec::new();
        let initializer = |layer: usize| match layer {
            0 => Initializer::KaimingNormal {
                gain: 1.0,
                fan_out_only: false,
            },
            _ => activation.initializer(),
        };
        let mut next = |channels: usize| {
            let layer = activations.len();
            activations.push(activation.init(channels, layer as u64, seed, device));
            (
                initializer(layer),
                channels * activation.inputs_per_output(),
            )
        };

        let mut inputs = self.channels;
        let mut convolutions = Vec::new();
        for &channels in kind.channels() {
            let (initializer, outputs) = next(channels);
            let convolution = Conv2dConfig::new([inputs, outputs], [Self::KERNEL; 2])
                .with_stride([Self::STRIDE; 2])
                .with_initializer(initializer)
                .init(device);
            convolutions.push(Conv2d {
                bias: Some(zeros(outputs, device)),
                ..convolution
            });
            inputs = channels;
        }
        let side = |pixels: usize| {
            let shrink = |pixels, _| (pixels - Self::KERNEL) / Self::STRIDE + 1;
            convolutions.iter().fold(pixels, shrink)
        };
        inputs *= self.image_size.map(side).iter().product::<usize>();

        let linear = |inputs, outputs, initializer| Linear {
            bias: Some(zeros(outputs, device)),
            ..LinearConfig::new(inputs, outputs)
                .with_initializer(initializer)
                .init(device)
        };
        let mut hidden = Vec::new();
        for &size in kind.hidden() {
            let (initializer, outputs) = next(size);
            hidden.push(linear(inputs, outputs, initializer));
            inputs = size;
        }
        Network {
            normalization: self.normalization,
            convolutions,
            hidden,
            output: linear(inputs, self.classes, activation.initializer()),
            activations,
        }
    }
}

fn zeros(size: usize, device: &Device) -> Param<Tensor<1>> {
    Initializer::Zeros.init([size], device)
}

impl Network {
    /// Logits of the classes.
    ///
    /// # Shapes
    ///
    /// - images: `[batch, channels, height, width]`, pixels in [0, 1]
    /// - output: `[batch, classes]`
    pub fn forward(&self, images: Tensor<4>) -> Tensor<2> {
        let (first, rest) = self.activations.split_at(self.convolutions.len());
        let mut features = self.normalization.forward(images);
        for (layer, activation) in self.convolutions.iter().zip(first) {
            features = activation.forward(layer.forward(features));
        }
        let mut features = features.flatten(1, 3);
        for (layer, activation) in self.hidden.iter().zip(rest) {
            features = activation.forward(layer.forward(features));
        }
        self.output.forward(features)
    }

    /// The activations from the first layer to the last.
    pub fn activations(&self) -> &[HiddenActivation] {
        &self.activations
    }
}

impl Trainable for Network {
    /// The loss is the cross-entropy of the logits.
    fn outputs(&self, Batch { images, targets }: Batch) -> Outputs {
        let logits = self.forward(images);
        let loss = CrossEntropyLossConfig::new().init(&logits.device());
        Outputs {
            loss: loss.forward(logits.clone(), targets),
            scores: logits,
            embedding: None,
        }
    }

    fn scores(&self, images: Tensor<4>) -> Tensor<2> {
        self.forward(images)
    }

    /// RReLU draws once a step, since batches of these networks are not cut.
    fn after_steps(&self, steps: usize) {
        for activation in &self.activations {
            if let HiddenActivation::RRelu(rrelu) = activation {
                rrelu.after_draws(steps as u64);
            }
        }
    }
}
