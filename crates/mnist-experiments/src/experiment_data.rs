use std::collections::BTreeMap;

use crate::data::{EvaluateOn, ImageSet};
use crate::model::Normalization;
use crate::task::{Task, UnknownClass};
use crate::train::Samples;

/// The images of an experiment.
#[derive(Debug, Clone)]
pub struct ExperimentData {
    name: String,
    training: Samples,
    test: Samples,
    normalization: Normalization,
    class_names: Vec<String>,
    evaluated_on: EvaluateOn,
    files: BTreeMap<String, String>,
}

impl ExperimentData {
    /// The images of a set in the classes of a task.
    ///
    /// # Errors
    ///
    /// If a label is no class of the task.
    pub fn new(set: ImageSet, task: Task) -> Result<Self, UnknownClass> {
        Ok(Self {
            name: set.name,
            normalization: Normalization::of(&set.training),
            training: Samples::new(task, set.training)?,
            test: Samples::new(task, set.test)?,
            class_names: task.class_names(set.class_names.as_deref()),
            evaluated_on: set.evaluated_on,
            files: set.files,
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

    /// The names of the classes.
    pub fn class_names(&self) -> &[String] {
        &self.class_names
    }

    /// What the [test images](Self::test) are.
    pub fn evaluated_on(&self) -> EvaluateOn {
        self.evaluated_on
    }

    /// MD5s of the set's [files](ImageSet::files).
    pub fn files(&self) -> &BTreeMap<String, String> {
        &self.files
    }

    /// The images to measure on.
    pub fn test(&self) -> &Samples {
        &self.test
    }
}
