use std::collections::BTreeMap;

use super::{EvaluateOn, KnownClasses, Split};

/// The images of a set that an experiment takes.
#[derive(Debug, Clone)]
pub struct ImageSet {
    /// The set's name: that of the bundled set with the same content, else of its folder.
    pub name: String,
    /// The images to train on.
    pub training: Split,
    /// The images to measure on.
    pub test: Split,
    /// The labels that both of them have, if not all.
    pub known: Option<KnownClasses>,
    /// The images beside those to measure on whose labels are not known.
    pub unknown: Option<Split>,
    /// What the images to measure on are.
    pub evaluated_on: EvaluateOn,
    /// The number of classes: the highest label of all images of the set + 1.
    pub class_count: usize,
    /// The names of the classes, in the order of the labels, at least as many as there are classes;
    /// `None` where nobody gave any.
    pub class_names: Option<Vec<String>>,
    /// MD5s of the raw bytes of the set's files, by `train-images` and the like, by which the set is
    /// known whatever was taken of it.
    pub files: BTreeMap<String, String>,
}
