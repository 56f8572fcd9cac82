use std::num::NonZeroUsize;
use std::path::PathBuf;

use anyhow::Result;
use burn::tensor::Device;
use clap::Args;

use crate::device::{self, DeviceSpec};
use crate::note;

/// What all experiments have in common on the command line.
#[derive(Args, Debug, Clone)]
pub(crate) struct CommonArgs {
    /// What computes: flex (CPU), ndarray (CPU), wgpu (the best GPU) or wgpu:N (the N-th adapter);
    /// the last three need the cargo feature of that name
    #[arg(long, default_value_t = DeviceSpec::Flex)]
    pub device: DeviceSpec,
    /// Train on N images only, drawn with the seed; labels keep their shares
    #[arg(long, value_name = "N")]
    pub limit_train: Option<usize>,
    /// Folder of another set in MNIST's format, gzip or raw (Fashion-MNIST, KMNIST, ...): four
    /// files named as MNIST's [default: the bundled MNIST]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
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
    pub fn open(&self) -> Result<Device> {
        if let Some(threads) = self.threads {
            device::limit_threads(threads);
        }
        let device = self.device.open()?;
        if let Some(caveat) = device::caveat(&device) {
            note!("note: {caveat}");
        }
        Ok(device)
    }

    /// Trainings at the same time.
    pub fn jobs(&self) -> usize {
        let jobs = self.jobs.unwrap_or_else(|| self.device.default_jobs());
        jobs.get()
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
