use std::time::Instant;

use burn::lr_scheduler::cosine::CosineAnnealingLrSchedulerConfig;
use burn::optim::AdamConfig;
use burn::tensor::{Device, Tensor};

use super::{Batch, Epoch, Progress, Samples, Tally, data_parallel};
use crate::head::ClassifierHead;
use crate::model::Classifier;

/// Steps between two readings of the loss: a reading waits for the device.
const REPORT_STEPS: usize = 20;

/// How to train.
#[derive(Debug, Clone)]
pub struct TrainingConfig {
    /// Passes over the images.
    pub epochs: usize,
    /// Images a step.
    pub batch_size: usize,
    /// Adam's learning rate at the first step; it falls to 0 along a cosine.
    pub learning_rate: f64,
    /// Seed of the order of the images.
    pub seed: u64,
    /// Whether the head is [calibrated](ClassifierHead::calibrate) with the first batch.
    pub calibrate: bool,
}

/// Why a training ended early.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// The loss is not a number any more.
    #[error(
        "the training of {head} diverged: the loss is {loss} in epoch {epoch}; \
         try a smaller --learning-rate"
    )]
    Diverged {
        /// What was trained.
        head: String,
        /// The running mean of the loss.
        loss: f64,
        /// From 1.
        epoch: usize,
    },
    /// The scheduler refused the learning rate.
    #[error("the learning rate does not work: {0}")]
    LearningRate(String),
    /// The device could not be read.
    #[error("reading from the device failed: {0}")]
    Device(String),
}

impl TrainError {
    pub(crate) fn unless_finite(loss: f64, name: &str, epoch: usize) -> Result<(), Self> {
        match loss.is_finite() {
            true => Ok(()),
            false => Err(Self::Diverged {
                head: name.into(),
                loss,
                epoch,
            }),
        }
    }
}

/// Trains `model` with Adam on `samples`, on a device with autodiff. Returns it with its epochs.
///
/// # Errors
///
/// If the loss diverges or the device fails.
pub fn train(
    name: &str,
    mut model: Classifier,
    samples: &Samples,
    config: &TrainingConfig,
    device: &Device,
    progress: &Progress,
) -> Result<(Classifier, Vec<Epoch>), TrainError> {
    let steps = config.epochs * samples.len().div_ceil(config.batch_size);
    let mut schedule = CosineAnnealingLrSchedulerConfig::new(config.learning_rate, steps)
        .init()
        .map_err(TrainError::LearningRate)?;
    let mut optimizer = AdamConfig::new().init();
    let mut epochs = Vec::with_capacity(config.epochs);
    for epoch in 1..=config.epochs {
        let start = Instant::now();
        let mut tally = Tally::new(device);
        let order = samples.shuffled(config.seed, epoch);
        let mut unreported = 0;
        for (step, indices) in order.chunks(config.batch_size).enumerate() {
            if config.calibrate && epoch == 1 && step == 0 {
                model = model.calibrate(samples.batch(indices, device).images);
            }
            let shards = indices.chunks(data_parallel::shard_size(indices.len(), device));
            let loss = |model: &Classifier, shard: &[usize]| {
                let (loss, tally) = mean_loss(model, samples.batch(shard, device));
                (loss * (shard.len() as f64 / indices.len() as f64), tally)
            };
            let (gradients, tallies) =
                data_parallel::gradients(&model, shards.collect(), device, loss);
            tallies.iter().for_each(|shard| tally.merge(shard));
            model = optimizer.step(schedule.step(), model, gradients);

            unreported += indices.len();
            if step % REPORT_STEPS == REPORT_STEPS - 1 || tally.images == samples.len() {
                let (loss, accuracy) = tally.means()?;
                TrainError::unless_finite(loss, name, epoch)?;
                progress.advance(unreported, loss, accuracy);
                unreported = 0;
            }
        }
        epochs.push(Epoch::new(
            epoch,
            samples.len(),
            tally.means()?,
            start.elapsed(),
        ));
        progress.epoch(&epochs[epoch - 1]);
    }
    progress.finish();
    Ok((model, epochs))
}

/// The mean loss of a batch, and its tally.
fn mean_loss(model: &Classifier, batch: Batch) -> (Tensor<1>, Tally) {
    let Batch { images, targets } = batch;
    let embedding = model.embed(images);
    let scores = model.head.scores(embedding.clone().detach());
    let loss = model.head.loss(embedding, targets.clone());
    let tally = Tally::of(&loss, scores, targets);
    (loss, tally)
}
