//! Training steps of the experiments' networks: forward, loss, backward, Adam.

use burn::module::Module;
use burn::nn::loss::CrossEntropyLossConfig;
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::{Device, Distribution, Int, Tensor};
use mnist_experiments::activations::{ActivationKind, NetworkConfig, NetworkKind};
use mnist_experiments::head::{ClassifierHead, HeadKind};
use mnist_experiments::model::{ClassifierConfig, EncoderConfig, Normalization};
use mnist_experiments::task::Task;

use crate::Case;

const SIZE: [usize; 2] = [28, 28];
const LEARNING_RATE: f64 = 1e-3;
/// Of MNIST.
const NORMALIZATION: Normalization = Normalization {
    mean: 0.1307,
    deviation: 0.3081,
};

/// The training of that name, one step a call, with the same batch each time; none if there is no
/// such training.
pub fn case(name: &str, batch: usize, device: &Device) -> Option<Case> {
    use Task::{Digits, EvenOdd};
    let channels = EncoderConfig::new(SIZE, EvenOdd.embedding_dim()).channels;
    Some(match name {
        "mnist-binary" => classifier(HeadKind::Dome, EvenOdd, channels, batch, device),
        "mnist-binary-sigmoid" => classifier(HeadKind::Sigmoid, EvenOdd, channels, batch, device),
        "mnist-digits" => classifier(HeadKind::MultiDomeBrier, Digits, channels, batch, device),
        "mnist-digits-softmax" => classifier(HeadKind::Softmax, Digits, channels, batch, device),
        "reference" => classifier(HeadKind::Dome, EvenOdd, [16, 32], batch, device),
        "layers-tanh" => network(ActivationKind::Tanh, batch, device),
        "layers-pdome" => network(ActivationKind::PDome, batch, device),
        _ => return None,
    })
}

/// An encoder to the embedding of the task's experiment, with a head.
fn classifier(
    head: HeadKind,
    task: Task,
    channels: [usize; 2],
    batch: usize,
    device: &Device,
) -> Case {
    let device = device.clone().autodiff();
    let config = ClassifierConfig {
        encoder: EncoderConfig::new(SIZE, task.embedding_dim()).with_channels(channels),
        normalization: NORMALIZATION,
        head,
        classes: task.classes(),
    };
    let loss = |model: &mnist_experiments::model::Classifier, images, targets| {
        model.head.loss(model.embed(images), targets)
    };
    steps(config.init(0, &device), loss, task.classes(), batch, device)
}

/// Two convolutions and a hidden layer with an activation behind each.
fn network(activation: ActivationKind, batch: usize, device: &Device) -> Case {
    let device = device.clone().autodiff();
    let config = NetworkConfig {
        kind: NetworkKind::Cnn,
        activation,
        image_size: SIZE,
        classes: 10,
        normalization: NORMALIZATION,
    };
    let cross_entropy = CrossEntropyLossConfig::new().init(&device);
    let loss = move |model: &mnist_experiments::activations::Network, images, targets| {
        cross_entropy.forward(model.forward(images), targets)
    };
    steps(config.init(0, &device), loss, 10, batch, device)
}

fn steps<M: Module + 'static>(
    model: M,
    loss: impl Fn(&M, Tensor<4>, Tensor<1, Int>) -> Tensor<1> + 'static,
    classes: usize,
    batch: usize,
    device: Device,
) -> Case {
    let uniform = Distribution::Uniform(0.0, 1.0);
    let shape = [batch, 1, SIZE[0], SIZE[1]];
    let images = Tensor::<4>::random(shape, uniform, &device).detach();
    let targets: Vec<i32> = (0..batch).map(|i| (i % classes) as i32).collect();
    let targets = Tensor::<1, Int>::from_ints(targets.as_slice(), &device);
    let mut optimizer = AdamConfig::new().init();
    let mut model = Some(model);
    Box::new(move || {
        let current = model.take().expect("the model of the last step");
        let gradients = loss(&current, images.clone(), targets.clone()).backward();
        let gradients = GradientsParams::from_grads(gradients, &current);
        model = Some(optimizer.step(LEARNING_RATE, current, gradients));
    })
}
