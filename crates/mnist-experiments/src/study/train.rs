use std::path::Path;

use anyhow::{Result, ensure};
use burn::tensor::Device;

use super::{Results, StudyResult, Training};
use crate::experiment_data::ExperimentData;
use crate::note;
use crate::report::RunFolder;
use crate::run::Manifest;
use crate::runner::{self, RunnerError};
use crate::train::TrainError;

/// Trains, whatever was in the folder's place unfinished; whether there is a model now.
pub(super) fn train(
    training: &Training,
    results: &Results,
    path: &Path,
    device: &Device,
) -> Result<bool> {
    let experiment = &training.experiment;
    note!("training {}", training.name());
    let set = experiment.data.load(&experiment.selection())?;
    let data = ExperimentData::new(set, experiment.task)?;
    let folder = RunFolder::create(path, experiment, false)?;
    match runner::run(experiment, &data, device, 1, &folder) {
        Ok(metrics) => {
            let failed = metrics.failed.first();
            ensure!(
                failed.is_none(),
                "{}",
                failed.map(ToString::to_string).unwrap_or_default()
            );
            folder.finish()?;
            Ok(true)
        }
        Err(RunnerError::Train(error @ TrainError::Diverged { .. })) => {
            let manifest = Manifest::new(experiment, &data);
            let mut known = StudyResult::new(&training.part, experiment, manifest);
            known.failure = Some(error.to_string());
            results.write(training, &known)?;
            note!("{}: {error}", training.name());
            Ok(false)
        }
        Err(error) => Err(error.into()),
    }
}
