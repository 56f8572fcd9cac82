use crate::data::Split;
use crate::experiment::Experiment;
use crate::model::Normalization;
use crate::task::UnknownClass;
use crate::train::Samples;

/// The images of an experiment.
#[derive(Debug, Clone)]
pub struct ExperimentData {
    name: String,
    training: Samples,
    test: Samples,
    normalization: Normalization,
}

impl ExperimentData {
    /// The images in the classes of the task; of the training images `limit_train`, drawn by the seed.
    ///
    /// # Errors
    ///
    /// If a label is no class of the task.
    pub fn new(
        name: String,
        training: Split,
        test: Split,
        experiment: &Experiment,
    ) -> Result<Self, UnknownClass> {
        let limit = experiment.limit_train.unwrap_or(training.len());
        let training = Samples::new(experiment.task, training.draw(limit, experiment.seed))?;
        let normalization = Normalization::of(&training.split().images);
        Ok(Self {
            name,
            training,
            test: Samples::new(experiment.task, test)?,
            normalization,
        })
    }

    /// Name of the set.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Statistics of the training pixels.
    pub fn normalization(&self) -> Normalization {
        self.normalization
    }

    /// The training images.
    pub fn training(&self) -> &Samples {
        &self.training
    }

    /// The test images.
    pub fn test(&self) -> &Samples {
        &self.test
    }
}
