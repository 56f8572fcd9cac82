//! The plateau: DOME has no gradient many sigmas away from its modes, so that an embedding which is
//! too large at the start is never learned. How large it may be, with and without calibration.

use std::fmt;

use burn::module::Module;
use burn::tensor::{Device, TensorReadError};
use serde::{Deserialize, Serialize};

use crate::data::{DataSource, EvaluateOn, ImageSet, Selection};
use crate::device::DeviceSpec;
use crate::eval::Predictions;
use crate::experiment::{Experiment, InvalidExperiment, check, check_list};
use crate::experiment_data::ExperimentData;
use crate::note;
use crate::queue;
use crate::report::{Failure, PlateauResults, PlateauRun, RunFolder};
use crate::runner::{RunnerError, fit, initial};
use crate::task::{Task, UnknownClass};
use crate::train::{Progress, Trained};

/// Trainings of one epoch that differ in the scale of the embedding layer's initial weights and
/// biases, in their seed, and in whether the head is calibrated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlateauExperiment {
    /// Where the images come from.
    #[serde(default)]
    pub data: DataSource,
    /// What computes.
    pub device: DeviceSpec,
    /// What is learned, each with the DOME head for it.
    pub tasks: Vec<Task>,
    /// Factors of the embedding layer's initial weights and biases.
    pub scales: Vec<f64>,
    /// Number of seeds, from 0.
    pub seeds: u64,
    /// Train on this number of images only, drawn with the seed 0; labels keep their shares.
    pub limit_train: Option<usize>,
    /// What the trained models are measured on.
    #[serde(default)]
    pub evaluate_on: EvaluateOn,
}

impl Default for PlateauExperiment {
    fn default() -> Self {
        Self {
            data: DataSource::default(),
            device: DeviceSpec::Flex,
            tasks: vec![Task::EvenOdd, Task::Digits],
            scales: vec![1.0, 10.0, 30.0, 100.0],
            seeds: 10,
            limit_train: None,
            evaluate_on: EvaluateOn::default(),
        }
    }
}

/// More than anybody waits for.
const MOST_SEEDS: u64 = 100_000;

/// One of the trainings.
struct Training {
    experiment: Experiment,
    scale: f64,
}

impl fmt::Display for Training {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Experiment {
            heads,
            calibrate,
            seed,
            ..
        } = &self.experiment;
        let calibrated = if *calibrate { "" } else { "not " };
        let scale = self.scale;
        write!(
            f,
            "{} at {scale}, {calibrated}calibrated, seed {seed}",
            heads[0]
        )
    }
}

impl PlateauExperiment {
    /// Checks what can be checked before the data are read.
    ///
    /// # Errors
    ///
    /// If a number is out of range, or a list empty.
    pub fn validate(&self) -> Result<(), InvalidExperiment> {
        check_list("--tasks", &self.tasks, Task::to_string)?;
        check_list("--scales", &self.scales, f64::to_string)?;
        for &scale in &self.scales {
            check(
                scale > 0.0 && scale.is_finite(),
                "--scales",
                scale,
                "a positive finite number",
            )?;
        }
        check(
            (1..=MOST_SEEDS).contains(&self.seeds),
            "--seeds",
            self.seeds,
            format!("at least 1 and at most {MOST_SEEDS}"),
        )?;
        self.of_task(Task::EvenOdd).validate()
    }

    /// The images that it takes of a set.
    pub fn selection(&self) -> Selection {
        self.of_task(Task::EvenOdd).selection()
    }

    /// The images in the classes of each task.
    ///
    /// # Errors
    ///
    /// If a label is no class of a task.
    pub fn data(&self, set: &ImageSet) -> Result<Vec<ExperimentData>, UnknownClass> {
        let of = |&task: &Task| ExperimentData::new(set.clone(), task);
        self.tasks.iter().map(of).collect()
    }

    /// One epoch of a task's DOME head; of several, the one with the better loss.
    fn of_task(&self, task: Task) -> Experiment {
        let head = match task {
            Task::EvenOdd => "dome",
            Task::Digits => "multi-dome-brier",
        };
        Experiment {
            data: self.data.clone(),
            device: self.device,
            heads: vec![head.parse().expect("a name of the list")],
            epochs: 1,
            limit_train: self.limit_train,
            evaluate_on: self.evaluate_on,
            ..Experiment::new(task)
        }
    }

    /// All trainings of a task.
    fn trainings(&self, task: Task) -> Vec<Training> {
        let mut trainings = Vec::new();
        for &scale in &self.scales {
            for calibrate in [true, false] {
                trainings.extend((0..self.seeds).map(|seed| Training {
                    experiment: Experiment {
                        seed,
                        calibrate,
                        ..self.of_task(task)
                    },
                    scale,
                }));
            }
        }
        trainings
    }
}

/// Runs the trainings, up to `jobs` at a time, on the [data](PlateauExperiment::data) of the tasks,
/// and writes their results to the folder.
///
/// # Errors
///
/// If all trainings fail, the device fails or a file cannot be written. The results of the trainings that ended before
/// are in the folder then. Where some fail, the [results](PlateauResults::failed) say which.
pub fn run(
    experiment: &PlateauExperiment,
    data: &[ExperimentData],
    device: &Device,
    jobs: usize,
    folder: &RunFolder,
) -> Result<PlateauResults, RunnerError> {
    let first = data.first().expect("a validated experiment has a task");
    let mut results = PlateauResults {
        dataset: first.name().into(),
        evaluated_on: first.evaluated_on(),
        device: experiment.device.to_string(),
        epochs: 1,
        train_images: first.training().len(),
        test_images: first.test().len(),
        runs: Vec::new(),
        failed: Vec::new(),
    };
    let mut trainings = Vec::new();
    for (&task, data) in experiment.tasks.iter().zip(data) {
        let of_task = experiment.trainings(task).into_iter();
        trainings.extend(of_task.map(|training| (training, data)));
    }
    let train = |(training, data): &(Training, &ExperimentData)| {
        let run = run_one(training, data, device)?;
        note!("{run}");
        Ok(run)
    };
    let save = |runs: &[&PlateauRun]| {
        results.runs = runs.iter().map(|&run| run.clone()).collect();
        Ok::<_, RunnerError>(folder.write_plateau(&results)?)
    };
    let failures = queue::results(&trainings, jobs, train, save)?;
    results.failed = Failure::list(failures, |number| trainings[number].0.to_string());
    folder.write_plateau(&results)?;
    Ok(results)
}

fn run_one(
    Training { experiment, scale }: &Training,
    data: &ExperimentData,
    device: &Device,
) -> Result<PlateauRun, RunnerError> {
    let head = experiment.heads[0];
    let model = initial(head, experiment, data, device).scale_embedding(*scale);
    let trained = fit(
        model,
        head,
        experiment,
        data,
        device,
        &Progress::silent(),
        &mut (),
        |_, _| Ok(()),
    )?;
    let Trained { model, epochs, .. } = trained;
    let accuracy = |model| -> Result<f64, TensorReadError> {
        Ok(Predictions::of(&model, data.test(), device)?.accuracy)
    };
    Ok(PlateauRun {
        task: experiment.task,
        head,
        scale: *scale,
        calibrate: experiment.calibrate,
        seed: experiment.seed,
        test_accuracy: accuracy(model.valid())?,
        train_loss: epochs.last().map_or(f64::NAN, |epoch| epoch.train_loss),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_bad_value_is_named() {
        let default = PlateauExperiment::default;
        assert_eq!(default().validate(), Ok(()));
        let no_tasks = PlateauExperiment {
            tasks: vec![],
            ..default()
        };
        let no_scales = PlateauExperiment {
            scales: vec![],
            ..default()
        };
        let bad_scale = PlateauExperiment {
            scales: vec![1.0, -3.0],
            ..default()
        };
        let twice = PlateauExperiment {
            scales: vec![1.0, 3.0, 1.0],
            ..default()
        };
        let no_seeds = PlateauExperiment {
            seeds: 0,
            ..default()
        };
        let many_seeds = PlateauExperiment {
            seeds: u64::MAX,
            ..default()
        };
        let no_images = PlateauExperiment {
            limit_train: Some(0),
            ..default()
        };
        for (bad, message) in [
            (no_tasks, "--tasks is empty"),
            (no_scales, "--scales is empty"),
            (
                bad_scale,
                "--scales is -3, but must be a positive finite number",
            ),
            (twice, "--scales is a list with 1 twice"),
            (no_seeds, "--seeds is 0"),
            (
                many_seeds,
                "--seeds is 18446744073709551615, but must be at least 1 and at most",
            ),
            (no_images, "--limit-train is 0"),
        ] {
            let error = bad.validate().unwrap_err().to_string();
            assert!(error.contains(message), "{error}");
        }
    }

    #[test]
    fn every_combination_once() {
        let experiment = PlateauExperiment::default();
        let trainings = experiment.trainings(Task::Digits);
        assert_eq!(trainings.len(), 4 * 2 * 10);
        let calibrated = trainings.iter().filter(|t| t.experiment.calibrate);
        assert_eq!(calibrated.filter(|t| t.scale == 30.0).count(), 10);
    }
}
