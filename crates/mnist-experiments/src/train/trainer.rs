use std::time::Instant;

use burn::lr_scheduler::cosine::CosineAnnealingLrSchedulerConfig;
use burn::lr_scheduler::module_lr_scheduler::{ModuleLrScheduler, ModuleLrSchedulerConfig};
use burn::optim::decay::WeightDecayConfig;
use burn::optim::{AdamConfig, ModuleOptimizer};
use burn::tensor::{Device, Tensor};

use super::adversary::{self, Adversary};
use super::curve::LossCurve;
use super::{Epoch, LossPoint, Progress, Samples, Tally, TrainError, Trainable, data_parallel};
use crate::head::{LossScope, ParameterGroup};

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
    /// Whether the model is [calibrated](Trainable::calibrate) with the first batch.
    pub calibrate: bool,
    /// Steps between two points of the loss curve; absent, there is none.
    pub curve_steps: Option<usize>,
    /// Who perturbs the images of each batch; absent, nobody.
    pub adversary: Option<Adversary>,
}

/// A model that was trained, and how it came there.
#[derive(Debug)]
pub struct Trained<M> {
    /// The model, still on autodiff.
    pub model: M,
    /// One entry an epoch.
    pub epochs: Vec<Epoch>,
    /// The course of the loss, if it was asked for.
    pub curve: Vec<LossPoint>,
}

/// Trains `model` with Adam on `samples`, on a device with autodiff; `after_epoch` sees the model after each.
///
/// A batch may be computed in shards, side by side; see [`Trainable`] for what a loss may be.
///
/// # Errors
///
/// If the loss diverges, the device fails, or `after_epoch` does.
pub fn train<M: Trainable>(
    name: &str,
    model: M,
    samples: &Samples,
    config: &TrainingConfig,
    device: &Device,
    progress: &Progress,
    mut after_epoch: impl FnMut(&M, &Epoch) -> Result<(), TrainError>,
) -> Result<Trained<M>, TrainError> {
    let mut steps = Steps::new(&model, samples, config, device)?;
    let mut model = model;
    let mut epochs = Vec::new();
    let report_steps = config.curve_steps.unwrap_or(REPORT_STEPS);
    for epoch in 1..=config.epochs {
        let start = Instant::now();
        let mut tally = Tally::new(device);
        let mut unreported = 0;
        let order = samples.shuffled(config.seed, epoch);
        for (step, indices) in order.chunks(config.batch_size).enumerate() {
            if config.calibrate && epoch == 1 && step == 0 {
                model = model.calibrate(samples.batch(indices, device).images);
            }
            model = steps.take(model, indices, &mut tally);
            unreported += indices.len();
            let is_last = (step + 1) * config.batch_size >= samples.len();
            if step % report_steps == report_steps - 1 || is_last {
                if let Some(curve) = &mut steps.curve {
                    curve.end_point(&mut tally, device)?;
                }
                let (loss, accuracy) = tally.means()?;
                TrainError::unless_finite(loss, name, epoch)?;
                progress.advance(unreported, loss, accuracy);
                unreported = 0;
            }
        }
        let epoch = Epoch::new(epoch, samples.len(), tally.means()?, start.elapsed());
        progress.epoch(&epoch);
        after_epoch(&model, &epoch)?;
        epochs.push(epoch);
    }
    progress.finish();
    if model.has_schedule() {
        model = model.at(1.0);
    }
    Ok(Trained {
        model,
        epochs,
        curve: steps.curve.map_or(Vec::new(), |curve| curve.points),
    })
}

/// What goes from one step to the next, beside the model.
struct Steps<'a> {
    optimizer: ModuleOptimizer,
    schedule: ModuleLrScheduler,
    curve: Option<LossCurve>,
    samples: &'a Samples,
    config: &'a TrainingConfig,
    /// Taken, and of all.
    count: [usize; 2],
    device: &'a Device,
}

impl<'a> Steps<'a> {
    fn new(
        model: &impl Trainable,
        samples: &'a Samples,
        config: &'a TrainingConfig,
        device: &'a Device,
    ) -> Result<Self, TrainError> {
        let groups = model.parameter_groups();
        let of_epoch = samples.len().div_ceil(config.batch_size);
        // Nobody waits for so many; the schedule needs a number.
        let steps = config.epochs.saturating_mul(of_epoch);
        Ok(Self {
            optimizer: optimizer(&groups),
            schedule: schedule(config.learning_rate, steps, &groups)?,
            curve: config.curve_steps.map(|_| LossCurve::new(device)),
            samples,
            config,
            count: [0, steps],
            device,
        })
    }

    /// A step of the optimizer. What the batch came to before it goes into the curve, or else into the tally.
    fn take<M: Trainable>(&mut self, mut model: M, indices: &[usize], tally: &mut Tally) -> M {
        let (samples, device) = (self.samples, self.device);
        let [step, all] = self.count;
        self.count[0] += 1;
        let TrainingConfig {
            adversary, seed, ..
        } = *self.config;
        if model.has_schedule() {
            model = model.at(step as f64 / all as f64);
        }
        let shard_size = match model.loss_scope() {
            LossScope::PerSample => self
                .config
                .shard
                .unwrap_or_else(|| data_parallel::shard_size(indices.len(), device)),
            LossScope::WholeBatch => indices.len(),
        };
        let shards = indices.chunks(shard_size).enumerate();
        let loss = |model: &M, (index, shard): (usize, &[usize])| {
            let mut batch = samples.batch(shard, device);
            if let Some(adversary) = adversary {
                let shape = batch.images.dims();
                let noise = adversary::noise(shape, index * shard_size, seed, step, device);
                batch = adversary.perturb(model, batch, adversary.eps_at(step, all), noise);
            }
            let targets = batch.targets.clone();
            let outputs = model.outputs(batch);
            let tally = Tally::of(&outputs.loss, outputs.scores, targets);
            let mut loss = outputs.loss * (shard.len() as f64 / indices.len() as f64);
            // Once a step, whatever the number of shards.
            if index == 0
                && let Some(penalty) = model.penalty()
            {
                loss = loss + penalty;
            }
            let embedding = outputs.embedding.map(Tensor::without_autodiff);
            (loss, (tally, embedding))
        };
        let (gradients, outputs) = data_parallel::gradients(&model, shards.collect(), device, loss);
        let tally = match &mut self.curve {
            Some(curve) => &mut curve.recent,
            None => tally,
        };
        outputs.iter().for_each(|(shard, _)| tally.merge(shard));
        let model = self.optimizer.step(self.schedule.step(), model, gradients);
        if !model.has_running_state() {
            return model;
        }
        let embeddings = outputs.into_iter().filter_map(|(_, embedding)| embedding);
        let embedding = Tensor::cat(embeddings.collect(), 0);
        model.after_step(embedding, samples.batch_targets(indices, device))
    }
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
