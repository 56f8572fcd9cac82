//! PDOME through depth: what [`PDomeConfig::gain`] promises for infinitely wide layers, measured in
//! a multilayer perceptron of 20 layers.

mod common;

use std::sync::Mutex;

use burn::nn::{Initializer, Linear, LinearConfig};
use burn::tensor::{Device, Distribution, Tensor};
use common::flex;
use dome_burn::{PDome, PDomeConfig};

const DEPTH: usize = 20;
const WIDTH: usize = 256;
const BATCH: usize = 128;

/// Mean squares in every layer: of the activations' inputs, and of the loss's gradients in them.
struct Signal {
    forward: Vec<f64>,
    backward: Vec<f64>,
}

fn mean_square(tensor: Tensor<2>) -> f64 {
    tensor.square().mean().into_scalar::<f32>().into()
}

/// Inputs of variance 1 through `DEPTH` layers with weights of the given initializers.
fn measure(activation: &PDomeConfig, initializer: impl Fn(usize) -> Initializer) -> Signal {
    // The generator belongs to the process, whose tests run side by side.
    static GENERATOR: Mutex<()> = Mutex::new(());
    let _alone = GENERATOR.lock();
    let device: Device = flex();
    device.seed(11);
    let activation: PDome = activation.init(&device);
    let mut x = Tensor::<2>::random([BATCH, WIDTH], Distribution::Normal(0.0, 1.0), &device);
    let mut inputs = Vec::new();
    for layer in 0..DEPTH {
        let linear: Linear = LinearConfig::new(WIDTH, WIDTH)
            .with_initializer(initializer(layer))
            .init(&device);
        // A zero that is tracked: its gradient is that of z, which is no leaf.
        let probe = Tensor::zeros([BATCH, WIDTH], &device).require_grad();
        let z = linear.forward(x) + probe.clone();
        x = activation.forward(z.clone());
        inputs.push((z, probe));
    }
    let weights = Tensor::random([BATCH, WIDTH], Distribution::Normal(0.0, 1.0), &device);
    let gradients = (x * weights).sum().backward();
    let gradient = |probe: &Tensor<2>| probe.grad(&gradients).expect("a tracked leaf");
    Signal {
        forward: inputs
            .iter()
            .map(|(z, _)| mean_square(z.clone().inner()))
            .collect(),
        backward: inputs
            .iter()
            .map(|(_, p)| mean_square(gradient(p)))
            .collect(),
    }
}

/// Weights of the activation's gain; the first layer's inputs have variance 1 already.
fn with_gain(activation: &PDomeConfig) -> impl Fn(usize) -> Initializer {
    let gain = activation.gain();
    move |layer| Initializer::KaimingNormal {
        gain: if layer == 0 { 1.0 } else { gain },
        fan_out_only: false,
    }
}

fn spread(values: &[f64]) -> f64 {
    let (low, high) = values
        .iter()
        .fold((f64::INFINITY, 0.0f64), |(low, high), &v| {
            (low.min(v), high.max(v))
        });
    high / low
}

#[test]
fn hidden_values_keep_both_variances_through_20_layers() {
    let activation = PDomeConfig::new();
    let signal = measure(&activation, with_gain(&activation));
    for (layer, variance) in signal.forward.iter().enumerate() {
        assert!((0.8..1.25).contains(variance), "layer {layer}: {variance}");
    }
    // chi = 1.035 a layer doubles the mean square of the gradient in 20.
    let growth = spread(&signal.backward);
    let expected = activation.backward_factor().powi(DEPTH as i32 - 1);
    assert!(growth < 4.0, "{growth}: {:?}", signal.backward);
    assert!(
        (0.5..2.0).contains(&(growth / expected)),
        "{growth}, expected {expected}"
    );
}

/// What the paper's `mu = sigma = 1` give with Burn's default weights, and with the right gain.
#[test]
fn naive_values_do_not() {
    let plain = PDomeConfig::paper();
    let defaults = measure(&plain, |_| LinearConfig::new(1, 1).initializer);
    assert!(spread(&defaults.forward) > 30.0, "{:?}", defaults.forward);
    assert!(
        spread(&defaults.backward) > 100.0,
        "{:?}",
        defaults.backward
    );

    let gain = measure(&plain, with_gain(&plain));
    assert!(spread(&gain.forward) < 2.0, "{:?}", gain.forward);
    assert!(spread(&gain.backward) > 1e5, "{:?}", gain.backward);
}
