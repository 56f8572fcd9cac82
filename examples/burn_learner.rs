//! A `MultiDomeHead` inside Burn's own training: the dashboard, metrics and checkpoints of burn-train, as in Burn's
//! MNIST example, on the bundled images.
//!
//! `cargo run --release --example burn_learner --features train -- --help`

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;

use burn::data::dataloader::batcher::Batcher;
use burn::data::dataloader::{DataLoader, DataLoaderBuilder};
use burn::data::dataset::InMemDataset;
use burn::lr_scheduler::cosine::CosineAnnealingLrSchedulerConfig;
use burn::module::Module;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::pool::{MaxPool2d, MaxPool2dConfig};
use burn::nn::{Linear, LinearConfig, PaddingConfig2d, Relu};
use burn::optim::AdamConfig;
use burn::tensor::{Device, ExecutionError, Int, Tensor, TensorData, TensorReadError};
use burn::train::metric::state::{FormatOptions, NumericMetricState};
use burn::train::metric::{
    AccuracyInput, AccuracyMetric, Adaptor, ItemLazy, LossInput, LossMetric, Metric,
    MetricAttributes, MetricMetadata, MetricName, Numeric, NumericAttributes, NumericEntry,
    SerializedEntry,
};
use burn::train::{InferenceStep, Learner, SupervisedTraining, TrainOutput, TrainStep};
use clap::Parser;
use dome_burn::{MultiDomeConfig, MultiDomeHead, MultiDomeHeadConfig};
use mnist_experiments::data::{Bundled, Part};

/// Train a small convolutional network with a MultiDOME output by burn-train.
#[derive(Parser)]
#[command(version)]
struct Cli {
    /// Passes over the training images
    #[arg(long, default_value_t = 4)]
    epochs: usize,
    /// Images a step
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..))]
    batch_size: u16,
    /// Adam's learning rate at the first step; it falls to 0 along a cosine
    #[arg(long, default_value_t = 1e-3)]
    learning_rate: f64,
    /// Train on the first N images only
    #[arg(long, value_name = "N")]
    limit_train: Option<usize>,
    /// Folder for logs and checkpoints
    #[arg(long, value_name = "DIR", default_value = "runs/burn_learner")]
    out: PathBuf,
    /// Go on after this epoch, whose checkpoint is in the folder
    #[arg(long, value_name = "EPOCH")]
    resume: Option<usize>,
}

#[derive(Module, Debug)]
struct Net {
    conv1: Conv2d,
    conv2: Conv2d,
    pool: MaxPool2d,
    hidden: Linear,
    relu: Relu,
    head: MultiDomeHead,
}

impl Net {
    fn new(device: &Device) -> Self {
        let conv = |channels| {
            let config = Conv2dConfig::new(channels, [3, 3]);
            config.with_padding(PaddingConfig2d::Same).init(device)
        };
        Self {
            conv1: conv([1, 8]),
            conv2: conv([8, 16]),
            pool: MaxPool2dConfig::new([2, 2]).with_strides([2, 2]).init(),
            hidden: LinearConfig::new(16 * 7 * 7, 128).init(device),
            relu: Relu::new(),
            head: MultiDomeHeadConfig::new(128, MultiDomeConfig::new(10)).init(device),
        }
    }

    fn features(&self, images: Tensor<4>) -> Tensor<2> {
        let x = self
            .pool
            .forward(self.relu.forward(self.conv1.forward(images)));
        let x = self.pool.forward(self.relu.forward(self.conv2.forward(x)));
        self.relu.forward(self.hidden.forward(x.flatten(1, 3)))
    }

    fn output(&self, batch: Batch) -> Output {
        let features = self.features(batch.images);
        Output {
            loss: self.head.loss(features.clone(), batch.targets.clone()),
            scores: self.head.scores(features),
            targets: batch.targets,
            mu: self.head.multi_dome.mu.val(),
            sigma: self.head.multi_dome.sigma.val(),
        }
    }
}

impl TrainStep for Net {
    type Input = Batch;
    type Output = Output;

    fn step(&self, batch: Batch) -> TrainOutput<Output> {
        let output = self.output(batch);
        let gradients = output.loss.backward();
        TrainOutput::new(self, gradients, output)
    }
}

impl InferenceStep for Net {
    type Input = Batch;
    type Output = Output;

    fn step(&self, batch: Batch) -> Output {
        self.output(batch)
    }
}

#[derive(Debug, Clone)]
struct Batch {
    images: Tensor<4>,
    targets: Tensor<1, Int>,
}

/// What metrics are computed from.
struct Output {
    loss: Tensor<1>,
    scores: Tensor<2>,
    targets: Tensor<1, Int>,
    mu: Tensor<1>,
    sigma: Tensor<1>,
}

impl ItemLazy for Output {
    fn sync(self) -> Result<Self, ExecutionError> {
        self.loss.device().flush()?;
        Ok(Self {
            loss: self.loss.without_autodiff(),
            scores: self.scores.without_autodiff(),
            targets: self.targets.without_autodiff(),
            mu: self.mu.without_autodiff(),
            sigma: self.sigma.without_autodiff(),
        })
    }
}

impl Adaptor<LossInput> for Output {
    fn adapt(&self) -> LossInput {
        LossInput::new(self.loss.clone())
    }
}

impl Adaptor<AccuracyInput> for Output {
    fn adapt(&self) -> AccuracyInput {
        AccuracyInput::new(self.scores.clone(), self.targets.clone())
    }
}

/// The parameters of the activation.
struct Parameters {
    mu: Tensor<1>,
    sigma: Tensor<1>,
}

impl Adaptor<Parameters> for Output {
    fn adapt(&self) -> Parameters {
        Parameters {
            mu: self.mu.clone(),
            sigma: self.sigma.clone(),
        }
    }
}

/// mu or sigma, so that the dashboard draws how they move.
#[derive(Clone)]
struct ParameterMetric {
    name: MetricName,
    of: fn(&Parameters) -> &Tensor<1>,
    state: NumericMetricState,
}

impl ParameterMetric {
    fn new(name: &str, of: fn(&Parameters) -> &Tensor<1>) -> Self {
        Self {
            name: Arc::new(name.to_owned()),
            of,
            state: NumericMetricState::default(),
        }
    }

    fn format(&self) -> FormatOptions {
        FormatOptions::new(self.name()).precision(4)
    }
}

impl Metric for ParameterMetric {
    type Input = Parameters;

    fn name(&self) -> MetricName {
        self.name.clone()
    }

    fn update(
        &mut self,
        item: &Parameters,
        _: &MetricMetadata,
    ) -> Result<SerializedEntry, TensorReadError> {
        let value = (self.of)(item).clone().try_into_scalar::<f64>()?;
        self.state.update(value, 1);
        Ok(self.state.compute_update(self.format()))
    }

    fn compute(&mut self) -> Result<SerializedEntry, TensorReadError> {
        Ok(self.state.compute_final(self.format()))
    }

    fn clear(&mut self) {
        self.state.reset();
    }

    fn attributes(&self) -> MetricAttributes {
        let attributes = NumericAttributes {
            unit: None,
            higher_is_better: false,
        };
        attributes.into()
    }
}

impl Numeric for ParameterMetric {
    fn value(&self) -> Option<NumericEntry> {
        Some(self.state.current_value())
    }

    fn running_value(&self) -> Option<NumericEntry> {
        Some(self.state.running_value())
    }

    fn final_value(&self) -> NumericEntry {
        self.state.final_value()
    }
}

/// A grey image of 28 x 28 pixels and its digit.
#[derive(Debug, Clone)]
struct Item {
    pixels: Vec<u8>,
    digit: u8,
}

#[derive(Clone)]
struct ToTensors;

impl Batcher<Item, Batch> for ToTensors {
    fn batch(&self, items: Vec<Item>, device: &Device) -> Batch {
        let shape = [items.len(), 1, 28, 28];
        // The mean and deviation of MNIST's training images, as in PyTorch's and Burn's examples.
        let normalized = |&pixel: &u8| (f32::from(pixel) / 255.0 - 0.1307) / 0.3081;
        let pixels = items.iter().flat_map(|item| &item.pixels);
        let pixels: Vec<f32> = pixels.map(normalized).collect();
        let digits: Vec<i64> = items.iter().map(|item| i64::from(item.digit)).collect();
        Batch {
            images: Tensor::from_data(TensorData::new(pixels, shape), device),
            targets: Tensor::from_data(TensorData::new(digits, [items.len()]), device),
        }
    }
}

fn items(part: Part, limit: Option<usize>) -> Result<Vec<Item>, Box<dyn Error>> {
    let split = Bundled::Mnist.load(part)?;
    let count = split.len().min(limit.unwrap_or(usize::MAX));
    let item = |i| Item {
        pixels: split.image(i).to_vec(),
        digit: split.labels[i],
    };
    Ok((0..count).map(item).collect())
}

fn loader(items: Vec<Item>, size: usize, shuffle: bool) -> Arc<dyn DataLoader<Batch>> {
    let builder = DataLoaderBuilder::new(ToTensors)
        .batch_size(size)
        .num_workers(1);
    let builder = if shuffle { builder.shuffle(0) } else { builder };
    builder.build(InMemDataset::new(items))
}

fn main() -> Result<(), Box<dyn Error>> {
    let cli = Cli::parse();
    let device = Device::flex().autodiff();
    device.seed(0);
    let size = usize::from(cli.batch_size);
    let training = items(Part::Train, cli.limit_train)?;
    let steps = training.len().div_ceil(size) * cli.epochs;

    let mut net = Net::new(&device);
    // Once, with the first images: more badly scaled embeddings train with it than without.
    let first = ToTensors.batch(training[..size.min(training.len())].to_vec(), &device);
    let features = net.features(first.images);
    net.head = net.head.calibrate(features.without_autodiff());

    let learning_rate = CosineAnnealingLrSchedulerConfig::new(cli.learning_rate, steps).init()?;
    let mut supervised = SupervisedTraining::new(
        &cli.out,
        loader(training, size, true),
        loader(items(Part::Test, None)?, 500, false),
    )
    .metrics((
        AccuracyMetric::new(),
        LossMetric::new(),
        ParameterMetric::new("mu", |of| &of.mu),
        ParameterMetric::new("sigma", |of| &of.sigma),
    ))
    .with_default_checkpointers()
    .num_epochs(cli.epochs)
    .summary();
    if let Some(epoch) = cli.resume {
        supervised = supervised.checkpoint(epoch);
    }
    let result = supervised.launch(Learner::new(net, AdamConfig::new().init(), learning_rate));
    if let Some(error) = result.error {
        return Err(error.to_string().into());
    }
    let path = cli.out.join("model");
    result.model.into_record().save(&path)?;
    println!("the trained model is in {}.bpk", path.display());
    Ok(())
}
