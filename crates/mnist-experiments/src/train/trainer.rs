use std::time::Instant;

use burn::lr_scheduler::cosine::CosineAnnealingLrSchedulerConfig;
use burn::lr_scheduler::module_lr_scheduler::{ModuleLrScheduler, ModuleLrSchedulerConfig};
use burn::module::{Module, ModuleDisplay};
use burn::optim::decay::WeightDecayConfig;
use burn::optim::{AdamConfig, ModuleOptimizer};
use burn::tensor::{Device, Tensor};

use super::{Batch, Epoch, Progress, Samples, Tally, TrainError, data_parallel};
use crate::head::{ClassifierHead, LossScope, ParameterGroup};
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
    /// Images of a shard; absent, what [suits the device](data_parallel::shard_size). A loss that is one of
    /// the [whole batch](LossScope::WholeBatch) is not cut.
    pub shard: Option<usize>,
    /// Adam's learning rate at the first step; it falls to 0 along a cosine.
    pub learning_rate: f64,
    /// Seed of the order of the images.
    pub seed: u64,
    /// Whether the head is [calibrated](ClassifierHead::calibrate) with the first batch.
    pub calibrate: bool,
}

/// Trains `model` with Adam on `samples`, on a device with autodiff. Returns it with its epochs.
///
/// A batch may be computed in shards, side by side; see [`ClassifierHead`] for what a loss may be.
///
/// # Errors
///
/// If the loss diverges or the device fails.
pub fn train<H: ClassifierHead + Module + ModuleDisplay>(
    name: &str,
    mut model: Classifier<H>,
    samples: &Samples,
    config: &TrainingConfig,
    device: &Device,
    progress: &Progress,
) -> Result<(Classifier<H>, Vec<Epoch>), TrainError> {
    let steps = config.epochs * samples.len().div_ceil(config.batch_size);
    let groups = model.head.parameter_groups();
    let mut schedule = schedule(config.learning_rate, steps, &groups)?;
    let mut optimizer = optimizer(&groups);
    let mut epochs = Vec::new();
    for epoch in 1..=config.epochs {
        let start = Instant::now();
        let mut tally = Tally::new(device);
        let order = samples.shuffled(config.seed, epoch);
        let mut unreported = 0;
        for (step, indices) in order.chunks(config.batch_size).enumerate() {
            if config.calibrate && epoch == 1 && step == 0 {
                model = model.calibrate(samples.batch(indices, device).images);
            }
            let shard = match model.head.loss_scope() {
                LossScope::PerSample => config
                    .shard
                    .unwrap_or_else(|| data_parallel::shard_size(indices.len(), device)),
                LossScope::WholeBatch => indices.len(),
            };
            let shards = indices.chunks(shard).enumerate();
            let loss = |model: &Classifier<H>, (index, shard): (usize, &[usize])| {
                let Outputs {
                    mut loss,
                    tally,
                    embedding,
                } = outputs(model, samples.batch(shard, device));
                loss = loss * (shard.len() as f64 / indices.len() as f64);
                // Once a step, whatever the number of shards.
                if index == 0
                    && let Some(penalty) = model.head.penalty()
                {
                    loss = loss + penalty;
                }
                (loss, (tally, embedding))
            };
            let (gradients, outputs) =
                data_parallel::gradients(&model, shards.collect(), device, loss);
            outputs.iter().for_each(|(shard, _)| tally.merge(shard));
            model = optimizer.step(schedule.step(), model, gradients);
            if model.head.has_running_state() {
                let embeddings = outputs.into_iter().map(|(_, embedding)| embedding);
                let embedding = Tensor::cat(embeddings.collect(), 0);
                let targets = samples.batch_targets(indices, device);
                model.head = model.head.after_step(embedding, targets);
            }

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

fn optimizer(groups: &[ParameterGroup]) -> ModuleOptimizer {
    let mut optimizer = AdamConfig::new().init();
    for group in groups {
        let decay = group.weight_decay.map(WeightDecayConfig::new);
        let adam = AdamConfig::new().with_weight_decay(decay).build();
        optimizer = optimizer.with_group(group.parameters.clone(), adam, None);
    }
    optimizer
}

/// From the learning rate to 0 along a cosine, in groups from as many times that.
fn schedule(
    learning_rate: f64,
    steps: usize,
    groups: &[ParameterGroup],
) -> Result<ModuleLrScheduler, TrainError> {
    let from = |rate| CosineAnnealingLrSchedulerConfig::new(rate, steps);
    let mut schedule = ModuleLrSchedulerConfig::new(from(learning_rate).into());
    for group in groups {
        let rate = learning_rate * group.learning_rate_factor;
        schedule = schedule.with_group(group.parameters.clone(), from(rate));
    }
    schedule.init().map_err(TrainError::LearningRate)
}

/// What a shard comes to.
struct Outputs {
    /// The mean over its images.
    loss: Tensor<1>,
    tally: Tally,
    /// Without gradients.
    embedding: Tensor<2>,
}

fn outputs<H: ClassifierHead + Module>(model: &Classifier<H>, batch: Batch) -> Outputs {
    let Batch { images, targets } = batch;
    let embedding = model.embed(images);
    let scores = model.head.scores(embedding.clone().detach());
    let loss = model.head.loss(embedding.clone(), targets.clone());
    Outputs {
        tally: Tally::of(&loss, scores, targets),
        loss,
        embedding: embedding.without_autodiff(),
    }
}
