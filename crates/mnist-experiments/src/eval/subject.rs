use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use burn::tensor::{Device, TensorReadError};

use super::{Features, Notices, Predictions};
use crate::data::Part;
use crate::experiment_data::ExperimentData;
use crate::head::HeadConfig;
use crate::model::Classifier;
use crate::train::Samples;

/// What an [`Evaluation`](super::Evaluation) measures: a trained classifier and the images of its experiment.
///
/// What the model makes of images is computed when it is first asked for, and kept.
#[derive(Debug)]
pub struct Subject<'a> {
    head: HeadConfig,
    model: Classifier,
    data: &'a ExperimentData,
    device: Device,
    seed: u64,
    notices: &'a Notices,
    passes: Kept<Pass>,
}

/// What a pass over images gives.
type Pass = (Arc<Predictions>, Arc<Features>);

type Kept<T> = Mutex<BTreeMap<String, T>>;

impl<'a> Subject<'a> {
    /// A `model`, without autodiff, on `device`, of an experiment on `data` with `seed`. Evaluations that take long say
    /// so in `notices`.
    pub fn new(
        head: HeadConfig,
        model: Classifier,
        data: &'a ExperimentData,
        device: Device,
        seed: u64,
        notices: &'a Notices,
    ) -> Self {
        Self {
            head,
            model,
            data,
            device,
            seed,
            notices,
            passes: Kept::default(),
        }
    }

    /// What the model's head was made from.
    pub fn head(&self) -> HeadConfig {
        self.head
    }

    /// The model, without autodiff.
    pub fn model(&self) -> &Classifier {
        &self.model
    }

    /// The images that it was trained and is measured on.
    pub fn data(&self) -> &ExperimentData {
        self.data
    }

    /// Where it computes.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// The seed of the experiment, for evaluations that draw.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// Where evaluations that take long say so.
    pub fn notices(&self) -> &Notices {
        self.notices
    }

    /// The images of a part.
    pub fn samples(&self, part: Part) -> &'a Samples {
        match part {
            Part::Train => self.data.training(),
            Part::Test => self.data.test(),
        }
    }

    /// What the model makes of the images of a part.
    ///
    /// # Errors
    ///
    /// If the device cannot be read.
    pub fn predictions(&self, part: Part) -> Result<Arc<Predictions>, TensorReadError> {
        self.predictions_of(&part.to_string(), self.samples(part))
    }

    /// What the model makes of other images, which are known by a name of their own: outliers, or attacked ones.
    ///
    /// # Errors
    ///
    /// If the device cannot be read.
    pub fn predictions_of(
        &self,
        set: &str,
        samples: &Samples,
    ) -> Result<Arc<Predictions>, TensorReadError> {
        Ok(self.pass(set, samples)?.0)
    }

    /// The layer in front of the embedding, of the images of a part.
    ///
    /// # Errors
    ///
    /// If the device cannot be read.
    pub fn features(&self, part: Part) -> Result<Arc<Features>, TensorReadError> {
        self.features_of(&part.to_string(), self.samples(part))
    }

    /// The layer in front of the embedding, of other images, which are known by a name of their own.
    ///
    /// # Errors
    ///
    /// If the device cannot be read.
    pub fn features_of(
        &self,
        set: &str,
        samples: &Samples,
    ) -> Result<Arc<Features>, TensorReadError> {
        Ok(self.pass(set, samples)?.1)
    }

    fn pass(&self, set: &str, samples: &Samples) -> Result<Pass, TensorReadError> {
        kept(&self.passes, set, || {
            let both = Predictions::with_features(&self.model, samples, &self.device)?;
            Ok((Arc::new(both.0), Arc::new(both.1)))
        })
    }
}

/// What is there under this name, or is computed now.
fn kept<T: Clone, E>(
    all: &Kept<T>,
    name: &str,
    compute: impl FnOnce() -> Result<T, E>,
) -> Result<T, E> {
    // Nobody else computes the same meanwhile.
    let mut all = all.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    if let Some(there) = all.get(name) {
        return Ok(there.clone());
    }
    let computed = compute()?;
    all.insert(name.to_owned(), computed.clone());
    Ok(computed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_computed_is_kept() {
        let all = Kept::default();
        assert_eq!(kept(&all, "test", || Ok::<_, ()>(1)), Ok(1));
        assert_eq!(kept(&all, "test", || Err(())), Ok(1));
        assert_eq!(kept(&all, "other", || Err("failed")), Err("failed"));
        assert_eq!(kept(&all, "other", || Ok::<_, ()>(2)), Ok(2));
    }
}
