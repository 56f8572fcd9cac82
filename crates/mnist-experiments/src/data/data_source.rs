use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::file_kind::FileKind;
use super::reader::{Keep, ReadPart, read_part};
use super::source::Source;
use super::{Bundled, DataError, Part};

/// Where the images of an experiment come from: a set by its name, or a folder.
///
/// As a text, in a configuration too, it is the name or the path; a name comes first, so that a
/// folder `mnist` is `./mnist`. A configuration of a former version has `null` for MNIST.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Option<String>", into = "String")]
pub enum DataSource {
    /// A set that comes with the program.
    Bundled(Bundled),
    /// The folder with this path, which holds a set in MNIST's format.
    Folder(String),
}

/// A path that no configuration can hold.
#[derive(Debug, thiserror::Error)]
#[error(
    "the path {0:?} is not UTF-8, but the configuration of a run, which has to hold it, is: rename the \
     folder, or give a link to it"
)]
pub struct PathNotUtf8(OsString);

/// Names that are at least as similar (Jaro-Winkler, 0 to 1) may be meant.
const SIMILAR: f64 = 0.8;

impl DataSource {
    /// Its folder.
    pub(super) fn dir(&self) -> Result<PathBuf, DataError> {
        let text = match self {
            Self::Bundled(set) => return Ok(set.dir()),
            Self::Folder(text) => text,
        };
        let path = PathBuf::from(text);
        match fs::metadata(&path) {
            Err(reason) if reason.kind() == io::ErrorKind::NotFound => Err(DataError::UnknownSet {
                text: text.clone(),
                sets: Bundled::ALL.map(Bundled::name).join(", "),
                hint: hint(text),
            }),
            // What else is wrong is said by those who read it.
            _ => Ok(path),
        }
    }

    /// Reads a part from [`dir`](Self::dir), of its images those to keep.
    pub(super) fn read(
        &self,
        dir: &Path,
        part: Part,
        keep: &mut Keep,
    ) -> Result<ReadPart, DataError> {
        match self {
            Self::Bundled(set) => set.read(dir, part, keep),
            Self::Folder(_) => {
                let images = Source::find(dir, part, FileKind::Images)?;
                let labels = Source::find(dir, part, FileKind::Labels)?;
                read_part(part, images, labels, keep)
            }
        }
    }
}

/// The set that may have been meant.
fn hint(text: &str) -> String {
    let text = text.to_lowercase();
    let similarity = |set: &Bundled| strsim::jaro_winkler(&text, set.name());
    let nearest = Bundled::ALL
        .into_iter()
        .max_by(|a, b| similarity(a).total_cmp(&similarity(b)))
        .filter(|set| similarity(set) >= SIMILAR);
    nearest.map_or_else(String::new, |set| format!("; did you mean {set}?"))
}

impl Default for DataSource {
    /// MNIST.
    fn default() -> Self {
        Self::Bundled(Bundled::Mnist)
    }
}

impl From<&str> for DataSource {
    fn from(text: &str) -> Self {
        match Bundled::named(text) {
            Some(set) => Self::Bundled(set),
            None => Self::Folder(text.into()),
        }
    }
}

impl From<Option<String>> for DataSource {
    fn from(text: Option<String>) -> Self {
        text.map_or_else(Self::default, |text| Self::from(text.as_str()))
    }
}

impl TryFrom<OsString> for DataSource {
    type Error = PathNotUtf8;

    fn try_from(text: OsString) -> Result<Self, PathNotUtf8> {
        match text.to_str() {
            Some(text) => Ok(text.into()),
            None => Err(PathNotUtf8(text)),
        }
    }
}

impl fmt::Display for DataSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bundled(set) => f.write_str(set.name()),
            Self::Folder(path) if Bundled::named(path).is_some() => write!(f, "./{path}"),
            Self::Folder(path) => f.write_str(path),
        }
    }
}

impl From<DataSource> for String {
    fn from(source: DataSource) -> Self {
        source.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::super::Selection;
    use super::*;

    #[test]
    fn names_come_first() {
        for (text, source) in [
            ("mnist", DataSource::Bundled(Bundled::Mnist)),
            ("fashion-mnist", DataSource::Bundled(Bundled::FashionMnist)),
            ("./mnist", DataSource::Folder("./mnist".into())),
            ("MNIST", DataSource::Folder("MNIST".into())),
            ("a/b", DataSource::Folder("a/b".into())),
        ] {
            assert_eq!(DataSource::from(text), source);
            assert_eq!(source.to_string(), text);
            let json = serde_json::to_value(&source).unwrap();
            assert_eq!(json, text);
            assert_eq!(serde_json::from_value::<DataSource>(json).unwrap(), source);
        }
        let folder = DataSource::Folder("mnist".into());
        assert_eq!(folder.to_string(), "./mnist");
        let old: DataSource = serde_json::from_str("null").unwrap();
        assert_eq!(old, DataSource::default());
    }

    #[test]
    fn what_is_neither_names_the_nearest() {
        for (text, hint) in [
            ("fasion-mnist", "; did you mean fashion-mnist?"),
            ("fashion_mnist", "; did you mean fashion-mnist?"),
            ("MNIST", "; did you mean mnist?"),
            ("mnsit", "; did you mean mnist?"),
            ("somewhere/else", "the sets are mnist, fashion-mnist"),
        ] {
            let source = DataSource::from(text);
            let error = source.load(&Selection::default()).unwrap_err().to_string();
            assert!(
                error.contains(&format!("`{text}`")) && error.ends_with(hint),
                "{error}"
            );
        }
    }
}
