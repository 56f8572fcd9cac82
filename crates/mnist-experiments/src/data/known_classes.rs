use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The labels that an experiment learns, if not all: images of the others are outliers.
///
/// As a text it is the labels with commas between them. The i-th of them, in ascending order, is class i.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<u8>", into = "Vec<u8>")]
pub struct KnownClasses(Vec<u8>);

/// Labels that are no classes to learn.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("two labels or more, each once, are expected, such as 0,1,2,3,4, but not {0}")]
pub struct InvalidClasses(String);

impl KnownClasses {
    /// The labels, in ascending order.
    pub fn labels(&self) -> &[u8] {
        &self.0
    }

    /// The class of a label; none of an unknown one.
    pub fn class_of(&self, label: u8) -> Option<u8> {
        self.0.binary_search(&label).ok().map(|class| class as u8)
    }
}

impl TryFrom<Vec<u8>> for KnownClasses {
    type Error = InvalidClasses;

    fn try_from(mut labels: Vec<u8>) -> Result<Self, InvalidClasses> {
        labels.sort_unstable();
        let invalid = labels.len() < 2 || labels.windows(2).any(|pair| pair[0] == pair[1]);
        let all = Self(labels);
        match invalid {
            true => Err(InvalidClasses(all.to_string())),
            false => Ok(all),
        }
    }
}

impl From<KnownClasses> for Vec<u8> {
    fn from(classes: KnownClasses) -> Self {
        classes.0
    }
}

impl FromStr for KnownClasses {
    type Err = InvalidClasses;

    fn from_str(text: &str) -> Result<Self, InvalidClasses> {
        let labels: Result<Vec<u8>, _> =
            text.split(',').map(|label| label.trim().parse()).collect();
        labels.map_err(|_| InvalidClasses(text.into()))?.try_into()
    }
}

impl fmt::Display for KnownClasses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let labels: Vec<String> = self.0.iter().map(u8::to_string).collect();
        f.write_str(&labels.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_in_their_order() {
        let known: KnownClasses = "7, 0,4".parse().unwrap();
        assert_eq!(known.labels(), [0, 4, 7]);
        assert_eq!(
            [0, 4, 7, 3].map(|label| known.class_of(label)),
            [Some(0), Some(1), Some(2), None]
        );
        let json = serde_json::to_string(&known).unwrap();
        assert_eq!(
            (json.as_str(), known.to_string().as_str()),
            ("[0,4,7]", "0,4,7")
        );
        assert_eq!(serde_json::from_str::<KnownClasses>(&json).unwrap(), known);
        for bad in ["", "3", "1,2,1", "1,x", "1,300"] {
            assert!(bad.parse::<KnownClasses>().is_err(), "{bad}");
        }
        assert!(serde_json::from_str::<KnownClasses>("[1,1]").is_err());
    }
}
