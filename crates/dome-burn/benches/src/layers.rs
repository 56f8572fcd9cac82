//! The layers of the network `mnist-binary` one by one, at the sizes of its training step and in its
//! shards: forward, and backward to the input and the weights. And the batch that the step gets:
//! gathered from pixels of a byte.

use std::hint::black_box;

use burn::module::Module;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Distribution, Int, Tensor};
use conv_block::conv_block;
use dome_burn::{DomeBinaryCrossEntropyLossConfig, DomeConfig};
use mnist_experiments::data::Split;
use mnist_experiments::train::{Samples, data_parallel};
use rayon::prelude::*;

use crate::Case;

/// The layer of that name; none if there is no such layer.
pub fn case(name: &str, batch: usize, device: &Device) -> Option<Case> {
    let device = &device.clone().autodiff();
    let block = |channels: [usize; 2], side, tracked| {
        let layer: Conv2d = Conv2dConfig::new(channels, [5, 5]).init(device);
        let shape = [batch, channels[0], side, side];
        of(layer, shape, tracked, |layer, x| {
            let bias = layer.bias.as_ref().expect("Burn's default is a bias");
            conv_block(x, layer.weight.val(), bias.val())
        })
    };
    Some(match name {
        "batch" => gather(batch, device.clone()),
        // Images have no gradient.
        "conv-block-1" => block([1, 8], 28, false),
        "conv-block-2" => block([8, 16], 12, true),
        "linear" => {
            let layer = LinearConfig::new(256, 128).init(device);
            of(layer, [batch, 256], true, Linear::forward)
        }
        "dome-head" => {
            let loss = DomeBinaryCrossEntropyLossConfig::new().init(device);
            let head = (
                LinearConfig::new(2, 1).with_bias(false).init(device),
                DomeConfig::new().init(device),
            );
            of(
                head,
                [batch, 2],
                true,
                move |(linear, dome), x: Tensor<2>| {
                    let [count, _] = x.dims();
                    let targets = Tensor::<1, Int>::arange(0..count as i64, &x.device()) % 2;
                    loss.forward(dome, linear.forward(x), targets.unsqueeze_dim::<2>(1))
                },
            )
        }
        _ => return None,
    })
}

/// Batches one after the other, of images in an order like that of a shuffled epoch.
fn gather(batch: usize, device: Device) -> Case {
    let count = 60_000;
    let split = Split {
        images: (0..count * 28 * 28).map(|i| (i * 31) as u8).collect(),
        labels: (0..count).map(|i| (i % 10) as u8).collect(),
        rows: 28,
        columns: 28,
        channels: 1,
    };
    let samples = Samples::by_label(split);
    let order: Vec<usize> = (0..count).map(|i| i * 7919 % count).collect();
    let mut start = 0;
    Box::new(move || {
        black_box(samples.batch(&order[start..start + batch], &device));
        start = (start + batch) % (count - batch);
    })
}

/// A layer on an input of that shape, in shards side by side like a training step.
fn of<M: Module + 'static, const D: usize, const O: usize>(
    layer: M,
    shape: [usize; D],
    tracked: bool,
    forward: impl Fn(&M, Tensor<D>) -> Tensor<O> + Sync + 'static,
) -> Case {
    let device = layer.devices().remove(0);
    let batch = shape[0];
    let shard = data_parallel::shard_size(batch, &device);
    let mut shards: Vec<(M, Tensor<D>)> = (0..batch)
        .step_by(shard)
        .map(|start| {
            let mut shape = shape;
            shape[0] = shard.min(batch - start);
            let uniform = Distribution::Uniform(-1.0, 1.0);
            let x = Tensor::random(shape, uniform, &device).detach();
            (layer.clone().fork(&device), x)
        })
        .collect();
    Box::new(move || {
        shards.par_iter_mut().for_each(|(layer, x)| {
            let x = match tracked {
                true => x.clone().require_grad(),
                false => x.clone(),
            };
            black_box(forward(layer, x).backward());
        });
    })
}
