use std::time::Instant;

use burn::lr_scheduler::cosine::CosineAnnealingLrSchedulerConfig;
use burn::module::Module;
use burn::nn::loss::CrossEntropyLossConfig;
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

use super::{ActivationsExperiment, Network};
use crate::train::{Batch, Epoch, Progress, Samples, Tally, TrainError};

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
        for (step, indices) in order.chunks(batch_size).enumerate() {
            let loss = score(&network, training, indices, &device, &mut recent);
            let gradients = GradientsParams::from_grads(loss.backward(), &network);
            network = optimizer.step(schedule.step(), network, gradients);

            let last = total.images + recent.images == training.len();
            if step % POINT_STEPS == POINT_STEPS - 1 || last {
                let (loss, _) = recent.means()?;
                TrainError::unless_finite(loss, name, epoch)?;
                seen += recent.images;
                losses.push(LossPoint { images: seen, loss });
                total.merge(&recent);
                let (loss, accuracy) = total.means()?;
                progress.advance(recent.images, loss, accuracy);
                recent = Tally::new(&device);
            }
        }
        epochs.push(Epoch::new(
            epoch,
            training.len(),
            total.means()?,
            start.elapsed(),
        ));
        progress.epoch(&epochs[epoch - 1]);
    }
    progress.finish();

    let network = network.valid();
    let device = device.without_autodiff();
    let mut tally = Tally::new(&device);
    let all: Vec<usize> = (0..test.len()).collect();
    for indices in all.chunks(TEST_BATCH) {
        score(&network, test, indices, &device, &mut tally);
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

/// The mean loss of a batch, added to the tally before it is returned.
fn score(
    network: &Network,
    samples: &Samples,
    indices: &[usize],
    device: &Device,
    tally: &mut Tally,
) -> Tensor<1> {
    let Batch { images, targets } = samples.batch(indices, device);
    let logits = network.forward(images);
    let loss = CrossEntropyLossConfig::new().init(device);
    let loss = loss.forward(logits.clone(), targets.clone());
    tally.merge(&Tally::of(&loss, logits, targets));
    loss
}
