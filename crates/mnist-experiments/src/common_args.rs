use std::num::NonZeroUsize;

use anyhow::Result;
use burn::tensor::Device;
use clap::Args;
use clap::builder::{OsStringValueParser, TypedValueParser};

use crate::data::{DataSource, EvaluateOn};
use crate::device::{self, DeviceSpec};
use crate::note;

/// What all experiments have in common on the command line.
#[derive(Args, Debug, Clone)]
pub(crate) struct CommonArgs {
    /// What computes: flex (CPU), ndarray (CPU), wgpu (the best GPU) or wgpu:N (the N-th adapter);
    /// the last three need the cargo feature of that name
    /// [default: flex]
    #[arg(long)]
    pub device: Option<DeviceSpec>,
    /// Train on N images only, drawn with the seed; labels keep their shares
    #[arg(long, value_name = "N")]
    pub limit_train: Option<usize>,
    /// Images: mnist, fashion-mnist, or the folder of another set in MNIST's format, gzip or raw, grey
    /// or colour: four files named as MNIST's, and classes.txt with a name for each label if you like
    /// [default: mnist]
    #[arg(
        long,
        value_name = "SET|DIR",
        value_parser = OsStringValueParser::new().try_map(DataSource::try_from)
    )]
    pub data: Option<DataSource>,
    /// What trained models are measured on: the test images, or 5,000 of the training images, held
    /// out of training, to choose settings by [default: test]
    #[arg(long, value_enum, value_name = "PART")]
    pub evaluate_on: Option<EvaluateOn>,
    /// Trainings at the same time, which share the threads; it changes the time, not the
    /// results [default: as many as there are threads, one on a GPU]
    #[arg(long, value_name = "N", value_parser = count)]
    jobs: Option<NonZeroUsize>,
    /// Threads that compute; it changes the time, not the results [default: RAYON_NUM_THREADS, or as many as
    /// there are cores]
    #[arg(long, value_name = "N", value_parser = count)]
    threads: Option<NonZeroUsize>,
    /// Replace what the folder holds, even if it is the run of another configuration
    #[arg(long)]
    pub force: bool,
}

impl CommonArgs {
    /// Opens the device and says what to know of it.
    ///
    /// # Errors
    ///
    /// If the device is not built in or has no adapter.
    pub fn open(&self, device: DeviceSpec) -> Result<Device> {
        if let Some(threads) = self.threads {
            device::limit_threads(threads);
        }
        let device = device.open()?;
        if let Some(caveat) = device::caveat(&device) {
            note!("note: {caveat}");
        }
        Ok(device)
    }

    /// Trainings at the same time.
    pub fn jobs(&self, device: DeviceSpec) -> usize {
        self.jobs.unwrap_or_else(|| device.default_jobs()).get()
    }
}

/// More threads than any machine has; systems refuse some thousands.
const MOST_THREADS: usize = 1024;

/// Reads a number of threads.
pub(crate) fn count(text: &str) -> Result<NonZeroUsize, String> {
    let number: usize = text
        .parse()
        .map_err(|_| "a number is expected".to_owned())?;
    match NonZeroUsize::new(number) {
        Some(count) if number <= MOST_THREADS => Ok(count),
        _ => Err(format!("must be at least 1 and at most {MOST_THREADS}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_threads() {
        assert_eq!(count("3").unwrap().get(), 3);
        for bad in ["0", "1025", "-1", "two", ""] {
            assert!(count(bad).is_err(), "{bad}");
        }
    }
}
