use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use burn::lr_scheduler::cosine::CosineAnnealingLrSchedulerConfig;
use burn::lr_scheduler::module_lr_scheduler::{ModuleLrScheduler, ModuleLrSchedulerConfig};
use burn::optim::decay::WeightDecayConfig;
use burn::optim::{AdamConfig, ModuleOptimizer};
use burn::store::{ModuleRecord, RecordError};
use burn::tensor::{Bytes, Device, Tensor};

use super::adversary::{self, Adversary};
use super::curve::LossCurve;
use super::{
    Epoch, Keeper, LossPoint, Moment, Position, Progress, Samples, State, Tally, TrainError,
    Trainable, data_parallel,
};
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
    after_epoch: impl FnMut(&M, &Epoch) -> Result<(), TrainError>,
) -> Result<Trained<M>, TrainError> {
    go_on(
        name,
        model,
        samples,
        config,
        device,
        progress,
        &mut (),
        after_epoch,
    )
}

/// [`train`], from the state that the `keeper` has, to what it would have come to without a break.
///
/// # Errors
///
/// As [`train`]; if the keeper says stop; or if its state is not one of this training.
#[allow(clippy::too_many_arguments)]
pub fn go_on<M: Trainable>(
    name: &str,
    model: M,
    samples: &Samples,
    config: &TrainingConfig,
    device: &Device,
    progress: &Progress,
    keeper: &mut dyn Keeper,
    mut after_epoch: impl FnMut(&M, &Epoch) -> Result<(), TrainError>,
) -> Result<Trained<M>, TrainError> {
    let mut steps = Steps::new(&model, samples, config, device)?;
    let mut model = model;
    let mut tally = Tally::new(device);
    let mut epochs = Vec::new();
    let mut before = Duration::ZERO;
    if let Some(State {
        position,
        model: of_model,
        optimizer,
    }) = keeper.kept()
    {
        let refused = |reason: String| TrainError::State {
            head: name.into(),
            reason,
        };
        model = loaded(model, of_model).map_err(refused)?;
        model.after_steps(position.steps);
        steps.restore(&position, optimizer).map_err(refused)?;
        tally = Tally::from_sums(position.tally, device);
        before = Duration::try_from_secs_f64(position.seconds).unwrap_or_default();
        progress.skip(epochs_and_rest(&position, samples, config));
        epochs = position.epochs;
    }
    let report_steps = config.curve_steps.unwrap_or(REPORT_STEPS);
    let of_epoch = samples.len().div_ceil(config.batch_size).max(1);
    let mut skip = steps.count[0] % of_epoch;
    for epoch in steps.count[0] / of_epoch + 1..=config.epochs {
        let start = Instant::now();
        let mut unreported = 0;
        let order = samples.shuffled(config.seed, epoch);
        for (step, indices) in order.chunks(config.batch_size).enumerate().skip(skip) {
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
                steps.check(&tally, name, epoch, step)?;
                let (loss, accuracy) = tally.means()?;
                progress.advance(unreported, loss, accuracy);
                unreported = 0;
            }
            let stopped = keeper.is_stopped();
            if !is_last && (stopped || keeper.is_due(Moment::Step, steps.count[0])) {
                steps.check(&tally, name, epoch, step)?;
                let seconds = before + start.elapsed();
                keeper.keep(steps.state(&model, &epochs, &tally, seconds, name)?);
                if stopped {
                    return Err(stopped_at(name, epoch, step + 1));
                }
            }
        }
        skip = 0;
        let time = std::mem::take(&mut before) + start.elapsed();
        let ended = Epoch::new(epoch, samples.len(), tally.means()?, time);
        tally = Tally::new(device);
        progress.epoch(&ended);
        after_epoch(&model, &ended)?;
        epochs.push(ended);
        let moment = match epoch == config.epochs {
            true => Moment::End,
            false => Moment::Epoch,
        };
        let stopped = keeper.is_stopped();
        if stopped || keeper.is_due(moment, steps.count[0]) {
            keeper.keep(steps.state(&model, &epochs, &tally, Duration::ZERO, name)?);
        }
        if stopped && moment == Moment::Epoch {
            return Err(stopped_at(name, epoch, of_epoch));
        }
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

fn stopped_at(name: &str, epoch: usize, step: usize) -> TrainError {
    TrainError::Stopped {
        head: name.into(),
        epoch,
        step,
    }
}

/// Images of the epochs that ended and of the one that did not.
fn epochs_and_rest(position: &Position, samples: &Samples, config: &TrainingConfig) -> usize {
    let ended = position.epochs.len();
    let of_epoch = samples.len().div_ceil(config.batch_size);
    let rest = position.steps.saturating_sub(ended * of_epoch) * config.batch_size;
    ended * samples.len() + rest.min(samples.len())
}

/// The model with a record of one like it.
fn loaded<M: Trainable>(model: M, record: Vec<u8>) -> Result<M, String> {
    let record = ModuleRecord::from_bytes(Bytes::from_bytes_vec(record));
    let loaded = record.and_then(|record| model.try_load_record(record));
    loaded.map_err(|error| error.to_string())
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
    /// What the steps came to, shard by shard, whose losses nobody has read yet, with their numbers.
    unread: Vec<(usize, Tally)>,
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
            unread: Vec::new(),
            device,
        })
    }

    /// All that it takes to go on from here.
    fn state(
        &self,
        model: &impl Trainable,
        epochs: &[Epoch],
        tally: &Tally,
        time: Duration,
        name: &str,
    ) -> Result<State, TrainError> {
        let unwritable = |error: RecordError| TrainError::State {
            head: name.into(),
            reason: error.to_string(),
        };
        let curve = match &self.curve {
            Some(curve) => Some((curve.points.clone(), curve.recent.sums()?)),
            None => None,
        };
        let model = model.clone().into_record().into_bytes();
        Ok(State {
            position: Position {
                steps: self.count[0],
                epochs: epochs.to_vec(),
                tally: tally.sums()?,
                curve,
                seconds: time.as_secs_f64(),
            },
            model: model.map_err(unwritable)?.to_vec(),
            optimizer: self.optimizer.into_bytes().map_err(unwritable)?.to_vec(),
        })
    }

    /// Goes to where another one was.
    fn restore(&mut self, position: &Position, optimizer: Vec<u8>) -> Result<(), String> {
        let [_, all] = self.count;
        if position.steps > all {
            return Err(format!("it has {} of {all} steps", position.steps));
        }
        let fresh = self.optimizer.clone();
        // Burn makes the tensors on its default device first, and panics where that has no driver.
        let restored = catch_unwind(AssertUnwindSafe(|| {
            fresh.from_bytes(Bytes::from_bytes_vec(optimizer))
        }));
        self.optimizer = match restored {
            Ok(restored) => restored.map_err(|error| error.to_string())?,
            Err(_) => {
                return Err(
                    "Burn's default device does not work: try again with BURN_DEVICE=flex in the environment".into(),
                );
            }
        };
        // The learning rate depends on the number of the step alone.
        for _ in 0..position.steps {
            self.schedule.step();
        }
        if let (Some(curve), Some((points, recent))) = (&mut self.curve, &position.curve) {
            curve.points = points.clone();
            curve.recent = Tally::from_sums(*recent, self.device);
        }
        self.count[0] = position.steps;
        Ok(())
    }

    /// An error that names the first step without a loss, if there is one.
    fn check(
        &mut self,
        tally: &Tally,
        name: &str,
        epoch: usize,
        step: usize,
    ) -> Result<(), TrainError> {
        let recent = self.curve.as_ref().map(|curve| &curve.recent);
        let unread = std::mem::take(&mut self.unread);
        if tally.is_finite()? && recent.map_or(Ok(true), Tally::is_finite)? {
            return Ok(());
        }
        // After the end of a point its sums are in the tally.
        let sums = match recent.filter(|recent| recent.images > 0) {
            Some(recent) => recent.sums()?,
            None => tally.sums()?,
        };
        let mut first = step + 1;
        for (taken, shard) in &unread {
            if !shard.is_finite()? {
                first -= self.count[0] - taken;
                break;
            }
        }
        Err(TrainError::Diverged {
            head: name.into(),
            loss: sums.loss / sums.images.max(1) as f64,
            epoch,
            step: first,
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
        let taken = self.count[0];
        let of_step = outputs.iter().map(|(shard, _)| (taken, shard.clone()));
        self.unread.extend(of_step);
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
