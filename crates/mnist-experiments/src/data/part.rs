use std::fmt;

/// One of the two parts of a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// The examples to learn from: files that start with `train`.
    Train,
    /// The examples held out: files that start with `t10k`.
    Test,
}

impl Part {
    /// How the file names of this part start.
    pub(super) fn file_prefix(self) -> &'static str {
        match self {
            Part::Train => "train",
            Part::Test => "t10k",
        }
    }
}

impl fmt::Display for Part {
    /// `train` or `test`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Part::Train => "train",
            Part::Test => "test",
        })
    }
}
