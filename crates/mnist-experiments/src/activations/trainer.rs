use std::time::Instant;

use burn::lr_scheduler::cosine::CosineAnnealingLrSchedulerConfig;
use burn::module::Module;
use burn::nn::loss::CrossEntropyLossConfig;
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::{Device, Int, Tensor, TensorData};
use serde::{Deserialize, Serialize};

use super::{ActivationsExperiment, Network};
use crate::train::{Epoch, Progress, Samples, TrainError};

/// Steps between two points of the loss curve: reading a point waits for the device.
const POINT_STEPS: usize = 50;

/// Images in a step of the evaluation.
const TEST_BATCH: usize = 500;

/// A point of a loss curve.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LossPoint {
    /// Images that the training has seen.
    pub images: usize,
    /// Mean cross-entropy of those since the last point, each before its step.
    pub loss: f64,
}

/// A trained network and how it came there.
#[derive(Debug)]
pub struct TrainedNetwork {
    /// The network, off autodiff.
    pub network: Network,
    /// One entry an epoch.
    pub epochs: Vec<Epoch>,
    /// The course of the training loss.
    pub losses: Vec<LossPoint>,
    /// Share of test images classified correctly.
    pub test_accuracy: f64,
    /// Mean cross-entropy of the test images.
    pub test_loss: f64,
}

/// Trains `network` with Adam on the labels of `training`, on a device with autodiff, and evaluates
/// it on `test`.
///
/// # Errors
///
/// If the loss diverges or the device fails.
pub fn train_network(
    name: &str,
    mut network: Network,
    [training, test]: [&Samples; 2],
    experiment: &ActivationsExperiment,
    seed: u64,
    device: &Device,
    progress: &Progress,
) -> Result<TrainedNetwork, TrainError> {
    let ActivationsExperiment {
        epochs: epoch_count,
        batch_size,
        learning_rate,
        ..
    } = *experiment;
    let device = device.clone().autodiff();
    let steps = epoch_count * training.len().div_ceil(batch_size);
    let mut schedule = CosineAnnealingLrSchedulerConfig::new(learning_rate, steps)
        .init()
        .map_err(TrainError::LearningRate)?;
    let mut optimizer = AdamConfig::new().init();
    let (mut epochs, mut losses) = (Vec::new(), Vec::new());
    let mut seen = 0;
    for epoch in 1..=epoch_count {
        let start = Instant::now();
        let (mut total, mut recent) = (Tally::new(&device), Tally::new(&device));
        let order = training.shuffled(seed, epoch);
        for indices in order.chunks(batch_size) {
            let batch = score(&network, training, indices, &device);
            recent.add(&batch);
            let gradients = GradientsParams::from_grads(batch.loss.backward(), &network);
            network = optimizer.step(schedule.step(), network, gradients);

            if recent.batches == POINT_STEPS || total.images + recent.images == training.len() {
                let (loss, _) = recent.means()?;
                if !loss.is_finite() {
                    return Err(TrainError::Diverged {
                        head: name.into(),
                        loss,
                        epoch,
                    });
                }
                seen += recent.images;
                losses.push(LossPoint { images: seen, loss });
                total.merge(&recent);
                let (loss, accuracy) = total.means()?;
                progress.advance(recent.images, loss, accuracy);
                recent = Tally::new(&device);
            }
        }
        let (train_loss, train_accuracy) = total.means()?;
        let seconds = start.elapsed().as_secs_f64();
        let images_per_second = training.len() as f64 / seconds;
        epochs.push(Epoch {
            epoch,
            train_loss,
            train_accuracy,
            seconds,
            images_per_second,
        });
        progress.epoch(&epochs[epoch - 1]);
    }
    progress.finish();

    let network = network.valid();
    let device = device.without_autodiff();
    let mut tally = Tally::new(&device);
    let all: Vec<usize> = (0..test.len()).collect();
    for indices in all.chunks(TEST_BATCH) {
        tally.add(&score(&network, test, indices, &device));
    }
    let (test_loss, test_accuracy) = tally.means()?;
    Ok(TrainedNetwork {
        network,
        epochs,
        losses,
        test_accuracy,
        test_loss,
    })
}

/// What a batch came to.
struct Scored {
    images: usize,
    /// Mean over the batch, `[1]`.
    loss: Tensor<1>,
    /// Number of images classified correctly, `[1]`.
    correct: Tensor<1>,
}

fn score(network: &Network, samples: &Samples, indices: &[usize], device: &Device) -> Scored {
    let labels: Vec<i32> = indices
        .iter()
        .map(|&index| samples.split().labels[index].into())
        .collect();
    let labels = TensorData::new(labels, [indices.len()]);
    let targets = Tensor::<1, Int>::from_data(labels, device);
    let logits = network.forward(samples.batch(indices, device).images);
    let predicted = logits.clone().detach().argmax(1).squeeze_dim(1);
    let loss = CrossEntropyLossConfig::new().init(device);
    Scored {
        images: indices.len(),
        correct: predicted.equal(targets.clone()).int().sum().float(),
        loss: loss.forward(logits, targets),
    }
}

/// Sums that stay on the device until they are read.
struct Tally {
    batches: usize,
    images: usize,
    loss: Tensor<1>,
    correct: Tensor<1>,
}

impl Tally {
    fn new(device: &Device) -> Self {
        let zero = Tensor::zeros([1], &device.clone().without_autodiff());
        Self {
            batches: 0,
            images: 0,
            loss: zero.clone(),
            correct: zero,
        }
    }

    fn add(&mut self, batch: &Scored) {
        let off_tape = |tensor: &Tensor<1>| tensor.clone().without_autodiff();
        self.merge(&Self {
            batches: 1,
            images: batch.images,
            loss: off_tape(&batch.loss) * batch.images as f64,
            correct: off_tape(&batch.correct),
        });
    }

    fn merge(&mut self, other: &Self) {
        self.batches += other.batches;
        self.images += other.images;
        self.loss = self.loss.clone() + other.loss.clone();
        self.correct = self.correct.clone() + other.correct.clone();
    }

    /// Mean loss and accuracy.
    fn means(&self) -> Result<(f64, f64), TrainError> {
        let read = |sum: &Tensor<1>| -> Result<f64, TrainError> {
            let sum = sum.clone().try_into_scalar::<f64>();
            Ok(sum.map_err(|error| TrainError::Device(error.to_string()))? / self.images as f64)
        };
        Ok((read(&self.loss)?, read(&self.correct)?))
    }
}
