use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::folder::first_difference;
use super::{RunError, RunFolder};

/// What a run came from, but for its seed: its configuration and its data.
#[derive(Debug)]
pub(super) struct RunOrigin {
    config: Map<String, Value>,
    /// From the manifest; old runs have none.
    data: Option<Data>,
}

/// What is read of a manifest.
#[derive(Debug, Deserialize)]
struct Manifest {
    data: Data,
}

#[derive(Debug, Deserialize)]
struct Data {
    /// Of the set as a whole; a run before there were such has nothing.
    #[serde(default)]
    files: BTreeMap<String, String>,
    training: Part,
    test: Part,
}

#[derive(Debug, Deserialize)]
struct Part {
    checksum: String,
}

impl RunOrigin {
    /// Reads it from a run of heads.
    pub fn read(folder: &RunFolder) -> Result<Self, RunError> {
        // Through the experiment, so that configurations of all versions have the same words.
        let config = serde_json::to_value(folder.config()?);
        let config = config.ok().and_then(|config| match config {
            Value::Object(object) => Some(object),
            _ => None,
        });
        let manifest: Option<Manifest> = folder.manifest()?;
        let mut config = config.expect("an experiment is an object in JSON");
        config.remove("seed");
        Ok(Self {
            config,
            data: manifest.map(|manifest| manifest.data),
        })
    }

    /// The first thing, if any, in which it differs from another run's.
    pub fn difference(&self, other: &Self) -> Option<String> {
        let mut configs = [&self.config, &other.config].map(Clone::clone);
        if let (Some(a), Some(b)) = (&self.data, &other.data) {
            // Data are known by their content; where they were does not matter.
            for config in &mut configs {
                config.remove("data");
            }
            let limited = !self.config["limit_train"].is_null();
            if let Some(difference) = a.difference(b, limited) {
                return Some(difference);
            }
        }
        let [a, b] = configs.map(Value::Object);
        let (key, a, b) = first_difference(&a, &b)?;
        Some(format!("{key} is {a} in the first, {b} in the second"))
    }
}

impl Data {
    fn difference(&self, other: &Self, limited: bool) -> Option<String> {
        let mut parts = vec![("test", &self.test, &other.test)];
        // Training images that were drawn differ with the seed.
        if !limited {
            parts.push(("training", &self.training, &other.training));
        }
        let part = |(part, a, b): (&str, &Part, &Part)| {
            (a.checksum != b.checksum).then(|| format!("the {part} images differ in their content"))
        };
        let part = parts.into_iter().find_map(part);
        let whole = !self.files.is_empty() && !other.files.is_empty();
        let file = || {
            let (file, _) = self
                .files
                .iter()
                .find(|(file, md5)| other.files.get(*file) != Some(md5))?;
            Some(format!(
                "the files {file} of the data differ in their content"
            ))
        };
        part.or_else(|| whole.then(file).flatten())
    }
}
