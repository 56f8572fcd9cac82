use crate::data::Split;
use crate::train::Samples;

/// Images that a model was not made for.
#[derive(Debug, Clone)]
pub struct OutlierSet {
    /// The name in tables and files.
    pub name: String,
    /// The images; their labels mean nothing.
    pub samples: Samples,
}

impl OutlierSet {
    /// A set of these images.
    pub fn new(name: impl Into<String>, split: Split) -> Self {
        Self {
            name: name.into(),
            samples: Samples::by_label(split),
        }
    }
}
