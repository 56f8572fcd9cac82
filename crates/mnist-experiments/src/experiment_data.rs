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
    unknown: Option<Samples>,
    normalization: Normalization,
    class_names: Vec<String>,
    evaluated_on: EvaluateOn,
    files: BTreeMap<String, String>,
}

impl ExperimentData {
    /// The images of a set in the classes of a task, or in its [known classes](ImageSet::known).
    ///
    /// # Errors
    ///
    /// If a label is no class of the task.
    pub fn new(set: ImageSet, task: Task) -> Result<Self, UnknownClass> {
        let all = task.class_names(set.class_names.as_deref());
        let class_names = match &set.known {
            None => all,
            Some(known) => {
                let labels = known.labels().iter();
                let name = |&label: &u8| all.get(usize::from(label)).cloned();
                labels
                    .map(|label| name(label).unwrap_or_else(|| label.to_string()))
                    .collect()
            }
        };
        let sorted = |split| match &set.known {
            None => Samples::new(task, split),
            Some(known) => Ok(Samples::of_known(known, split)),
        };
        Ok(Self {
            name: set.name,
            normalization: Normalization::of(&set.training),
            training: sorted(set.training)?,
            test: sorted(set.test)?,
            unknown: set.unknown.map(Samples::by_label),
            class_names,
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

    /// The images beside the [test images](Self::test) whose labels are not known; none if all are.
    pub fn unknown(&self) -> Option<&Samples> {
        self.unknown.as_ref()
    }

    /// The images to measure on.
    pub fn test(&self) -> &Samples {
        &self.test
    }
}
