//! The layers of the network `mnist-binary` one by one, at the sizes of its training step: forward, and
//! backward to the input and the weights. And the batch that the step gets: gathered from pixels of a byte.

use std::hint::black_box;

use burn::nn::conv::Conv2dConfig;
use burn::nn::pool::MaxPool2dConfig;
use burn::nn::{LinearConfig, Relu};
use burn::tensor::{Device, Distribution, Int, Tensor};
use dome_burn::{DomeBinaryCrossEntropyLossConfig, DomeConfig};
use mnist_experiments::data::Split;
use mnist_experiments::train::Samples;

use crate::Case;

/// The layer of that name; none if there is no such layer.
pub fn case(name: &str, batch: usize, device: &Device) -> Option<Case> {
    let device = &device.clone().autodiff();
    Some(match name {
        "batch" => gather(batch, device.clone()),
        // Images have no gradient.
        "conv-1" | "conv-1-no-bias" => {
            let layer = convolution([1, 8], name).init(device);
            let images = random([batch, 1, 28, 28], device);
            Box::new(move || {
                black_box(layer.forward(images.clone()).backward());
            })
        }
        "conv-2" | "conv-2-no-bias" => {
            let layer = convolution([8, 16], name).init(device);
            of(random([batch, 8, 12, 12], device), move |x| {
                layer.forward(x)
            })
        }
        "relu" => {
            let layer = Relu::new();
            of(random([batch, 8, 24, 24], device), move |x| {
                layer.forward(x)
            })
        }
        "max-pool" => {
            let config = MaxPool2dConfig::new([2, 2]).with_strides([2, 2]);
            let layer = config.init();
            of(random([batch, 8, 24, 24], device), move |x| {
                layer.forward(x)
            })
        }
        "linear" => {
            let layer = LinearConfig::new(256, 128).init(device);
            of(random([batch, 256], device), move |x| layer.forward(x))
        }
        "dome-head" => {
            let linear = LinearConfig::new(2, 1).with_bias(false).init(device);
            let dome = DomeConfig::new().init(device);
            let loss = DomeBinaryCrossEntropyLossConfig::new().init(device);
            let targets = (0..batch).map(|i| (i % 2) as i32).collect::<Vec<_>>();
            let targets = Tensor::<1, Int>::from_ints(targets.as_slice(), device);
            let targets = targets.unsqueeze_dim::<2>(1);
            of(random([batch, 2], device), move |x| {
                loss.forward(&dome, linear.forward(x), targets.clone())
            })
        }
        _ => return None,
    })
}

fn convolution(channels: [usize; 2], name: &str) -> Conv2dConfig {
    Conv2dConfig::new(channels, [5, 5]).with_bias(!name.ends_with("-no-bias"))
}

/// Batches one after the other, of images in an order like that of a shuffled epoch.
fn gather(batch: usize, device: Device) -> Case {
    let count = 60_000;
    let split = Split {
        images: (0..count * 28 * 28).map(|i| (i * 31) as u8).collect(),
        labels: (0..count).map(|i| (i % 10) as u8).collect(),
        rows: 28,
        columns: 28,
    };
    let samples = Samples::by_label(split);
    let order: Vec<usize> = (0..count).map(|i| i * 7919 % count).collect();
    let mut start = 0;
    Box::new(move || {
        black_box(samples.batch(&order[start..start + batch], &device));
        start = (start + batch) % (count - batch);
    })
}

fn of<const D: usize, const O: usize>(
    x: Tensor<D>,
    layer: impl Fn(Tensor<D>) -> Tensor<O> + 'static,
) -> Case {
    Box::new(move || {
        black_box(layer(x.clone().require_grad()).backward());
    })
}

fn random<const D: usize>(shape: [usize; D], device: &Device) -> Tensor<D> {
    Tensor::random(shape, Distribution::Uniform(-1.0, 1.0), device).detach()
}
