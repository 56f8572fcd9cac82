//! Training steps of the experiments' networks: forward, loss, backward, Adam.

use burn::module::Module;
use burn::nn::loss::CrossEntropyLossConfig;
use burn::optim::AdamConfig;
use burn::tensor::{Device, Distribution, Int, Tensor};
use mnist_experiments::activations::{ActivationKind, NetworkConfig, NetworkKind};
use mnist_experiments::head::ClassifierHead;
use mnist_experiments::model::{ClassifierConfig, EncoderConfig, Normalization};
use mnist_experiments::task::Task;
use mnist_experiments::train::data_parallel;

use crate::Case;

const SIZE: [usize; 2] = [28, 28];
const LEARNING_RATE: f64 = 1e-3;
/// Of MNIST.
const NORMALIZATION: Normalization = Normalization::grey(0.1307, 0.3081);

/// The training of that name, one step a call, with the same batch each time; none if there is no
/// such training.
pub fn case(name: &str, batch: usize, device: &Device) -> Option<Case> {
    use Task::{Digits, EvenOdd};
    let channels = EncoderConfig::new(SIZE, EvenOdd.embedding_dim()).channels;
    Some(match name {
        "mnist-binary" => classifier("dome", EvenOdd, channels, batch, device),
        "mnist-binary-sigmoid" => classifier("sigmoid", EvenOdd, channels, batch, device),
        "mnist-digits" => classifier("multi-dome-brier", Digits, channels, batch, device),
        "mnist-digits-softmax" => classifier("softmax", Digits, channels, batch, device),
        "reference" => classifier("dome", EvenOdd, [16, 32], batch, device),
        "layers-tanh" => network(ActivationKind::Tanh, batch, device),
        "layers-pdome" => network(ActivationKind::PDome, batch, device),
        _ => return None,
    })
}

/// An encoder to the embedding of the task's experiment, with a head.
fn classifier(
    head: &str,
    task: Task,
    channels: [usize; 2],
    batch: usize,
    device: &Device,
) -> Case {
    let device = device.clone().autodiff();
    let config = ClassifierConfig {
        encoder: EncoderConfig::new(SIZE, task.embedding_dim()).with_channels(channels),
        normalization: NORMALIZATION,
        head: head.parse().expect("a head of the list"),
        classes: task.classes(),
    };
    let loss = |model: &mnist_experiments::model::Classifier, images, targets| {
        model.head.loss(model.embed(images), targets)
    };
    let shard = data_parallel::shard_size(batch, &device);
    let sizes = [batch, shard];
    steps(config.init(0, &device), loss, task.classes(), sizes, device)
}

/// Two convolutions and a hidden layer with an activation behind each.
fn network(activation: ActivationKind, batch: usize, device: &Device) -> Case {
    let device = device.clone().autodiff();
    let config = NetworkConfig {
        kind: NetworkKind::Cnn,
        activation,
        image_size: SIZE,
        channels: 1,
        classes: 10,
        normalization: NORMALIZATION,
    };
    let cross_entropy = CrossEntropyLossConfig::new().init(&device);
    let loss = move |model: &mnist_experiments::activations::Network, images, targets| {
        cross_entropy.forward(model.forward(images), targets)
    };
    // Its experiment trains networks side by side, each on one core.
    steps(config.init(0, &device), loss, 10, [batch; 2], device)
}

/// Steps with batches of the first size, in shards of the second, as the experiment computes them.
fn steps<M: Module + 'static>(
    model: M,
    loss: impl Fn(&M, Tensor<4>, Tensor<1, Int>) -> Tensor<1> + Sync + 'static,
    classes: usize,
    [batch, shard]: [usize; 2],
    device: Device,
) -> Case {
    let uniform = Distribution::Uniform(0.0, 1.0);
    let starts: Vec<usize> = (0..batch).step_by(shard).collect();
    let shards = starts.iter().map(|&start| {
        let end = (start + shard).min(batch);
        let shape = [end - start, 1, SIZE[0], SIZE[1]];
        let images = Tensor::<4>::random(shape, uniform, &device).detach();
        let targets: Vec<i32> = (start..end).map(|i| (i % classes) as i32).collect();
        let targets = Tensor::<1, Int>::from_ints(targets.as_slice(), &device);
        (images, targets)
    });
    let shards: Vec<_> = shards.collect();
    let share = move |model: &M, (images, targets): (Tensor<4>, Tensor<1, Int>)| {
        let [count] = targets.dims();
        (
            loss(model, images, targets) * (count as f64 / batch as f64),
            (),
        )
    };
    let mut optimizer = AdamConfig::new().init();
    let mut model = Some(model);
    Box::new(move || {
        let current = model.take().expect("the model of the last step");
        let (gradients, _) = data_parallel::gradients(&current, shards.clone(), &device, &share);
        model = Some(optimizer.step(LEARNING_RATE, current, gradients));
    })
}
