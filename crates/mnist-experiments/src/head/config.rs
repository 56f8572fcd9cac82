//! Methods as text: `dome`, `logit-norm(tau=0.1)`, or a table with a `method` and its settings.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::HeadConfig;
use super::method::Settings;

/// The key of a table that names its method.
const METHOD: &str = "method";

impl HeadConfig {
    /// The name in figures.
    pub fn title(&self) -> String {
        self.any().title()
    }

    /// The name of the method, whatever its settings are.
    pub fn method(&self) -> &'static str {
        self.any().method()
    }

    /// Size of the head's embedding: `chosen`, unless the method or its settings say another.
    pub fn embedding_dim(&self, chosen: usize) -> usize {
        self.any().embedding_dim().unwrap_or(chosen)
    }

    /// The smallest embedding that the head can work on.
    pub fn min_embedding_dim(&self, classes: usize) -> usize {
        self.any().min_embedding_dim(classes)
    }

    /// How many classes it can tell apart.
    pub fn classes(&self) -> RangeInclusive<usize> {
        self.any().classes()
    }

    /// The name for a file: that of the text, with other characters than letters and digits as hyphens.
    pub fn file_name(&self) -> String {
        let text = self.to_string();
        let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '.');
        words
            .filter(|word| !word.is_empty())
            .collect::<Vec<_>>()
            .join("-")
    }

    /// Of a list such as `dome,logit-norm(tau=0.1)`, whose commas within parentheses part settings.
    ///
    /// # Errors
    ///
    /// As [`from_str`](Self::from_str), for the first that is wrong.
    pub fn list(text: &str) -> Result<Vec<Self>, InvalidHead> {
        let mut depth = 0;
        let parts = text.split(|c| {
            depth += i32::from(c == '(') - i32::from(c == ')');
            c == ',' && depth == 0
        });
        parts.map(str::parse).collect()
    }

    /// The named heads that can tell this number of classes apart.
    fn named_for(classes: usize) -> impl Iterator<Item = (&'static str, Self)> {
        let named = Self::named().into_iter();
        named.filter(move |(_, head)| head.classes().contains(&classes))
    }

    /// What the heads that can tell this number of classes apart do, and their settings: a line for each name.
    pub fn help(classes: usize) -> String {
        let line = |(name, head): (&str, Self)| {
            let settings = head.any().settings();
            // Nothing is said of what is for others to choose.
            let given = settings.iter().filter(|(_, value)| !value.is_null());
            let settings: Vec<String> = given.map(setting).collect();
            let settings = match settings.is_empty() {
                true => String::new(),
                false => format!(" ({})", settings.join(", ")),
            };
            format!("{name}: {}{settings}", head.any().about())
        };
        let lines: Vec<String> = Self::named_for(classes).map(line).collect();
        lines.join("\n")
    }

    /// The names of the heads that can tell this number of classes apart.
    pub fn names(classes: usize) -> String {
        joined(Self::named_for(classes))
    }

    /// Its own name, if these settings have one.
    fn name(&self) -> Option<&'static str> {
        let mut named = Self::named().into_iter();
        named.find(|(_, head)| head == self).map(|(name, _)| name)
    }
}

fn joined(heads: impl Iterator<Item = (&'static str, HeadConfig)>) -> String {
    let names: Vec<&str> = heads.map(|(name, _)| name).collect();
    names.join(", ")
}

fn setting((key, value): (&String, &Value)) -> String {
    match value {
        Value::String(text) => format!("{key}={text}"),
        other => format!("{key}={other}"),
    }
}

/// The name of these settings, or the method's with those in parentheses that are not what it means by itself.
impl fmt::Display for HeadConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(name) = self.name() {
            return f.pad(name);
        }
        let default = self.any().default_settings();
        let settings = self.any().settings();
        let changed = settings
            .iter()
            .filter(|(key, value)| default.get(*key) != Some(value));
        let changed: Vec<String> = changed.map(setting).collect();
        f.pad(&format!("{}({})", self.any().method(), changed.join(",")))
    }
}

/// Text that names no head.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum InvalidHead {
    /// No method has the name.
    #[error("no head is named `{name}`; there are {names}")]
    Unknown {
        /// What was given.
        name: String,
        /// What there is.
        names: String,
    },
    /// Not `name` or `name(key=value, ...)`.
    #[error("`{text}` is neither a name nor name(key=value, ...)")]
    Syntax {
        /// What was given.
        text: String,
    },
    /// A setting that the method has not, or a value that it does not take.
    #[error("{head}: {reason}")]
    Setting {
        /// What was given.
        head: String,
        /// What is wrong.
        reason: String,
    },
}

/// The head of a name, with some settings changed.
fn changed(name: &str, changes: Settings) -> Result<HeadConfig, InvalidHead> {
    let mut all = HeadConfig::named().into_iter().chain(HeadConfig::bare());
    let Some((_, head)) = all.find(|(of_head, _)| *of_head == name) else {
        return Err(InvalidHead::Unknown {
            name: name.into(),
            names: joined(HeadConfig::named().into_iter()),
        });
    };
    head.with(changes).map_err(|reason| InvalidHead::Setting {
        head: name.into(),
        reason,
    })
}

impl FromStr for HeadConfig {
    type Err = InvalidHead;

    fn from_str(text: &str) -> Result<Self, InvalidHead> {
        let text = text.trim();
        let Some((name, rest)) = text.split_once('(') else {
            return changed(text, Settings::new());
        };
        let syntax = || InvalidHead::Syntax { text: text.into() };
        let inside = rest.strip_suffix(')').ok_or_else(syntax)?;
        let mut settings = Settings::new();
        for part in inside.split(',').filter(|part| !part.trim().is_empty()) {
            let (key, value) = part.split_once('=').ok_or_else(syntax)?;
            let (key, value) = (key.trim(), value.trim());
            let value = serde_json::from_str(value).unwrap_or_else(|_| Value::from(value));
            if settings.insert(key.into(), value).is_some() {
                return Err(InvalidHead::Setting {
                    head: text.into(),
                    reason: format!("{key} is given twice"),
                });
            }
        }
        changed(name.trim(), settings)
    }
}

/// As text, which columns and names of results are made from.
impl Serialize for HeadConfig {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// From text or a table.
impl<'de> Deserialize<'de> for HeadConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(text) => text.parse().map_err(D::Error::custom),
            Value::Object(mut table) => {
                let Some(Value::String(method)) = table.remove(METHOD) else {
                    return Err(D::Error::custom(
                        "the table of a head lacks its `method`, a name",
                    ));
                };
                changed(&method, table).map_err(D::Error::custom)
            }
            other => Err(D::Error::custom(format!(
                "{other} is no head: a name or a table is expected"
            ))),
        }
    }
}

/// For a configuration: a name where there is one, else a table.
pub(crate) fn tables<S: Serializer>(
    heads: &[HeadConfig],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let table = |head: &HeadConfig| match head.name() {
        Some(name) => Value::from(name),
        None => {
            let mut table = Settings::new();
            table.insert(METHOD.into(), head.any().method().into());
            table.extend(head.any().settings());
            table.into()
        }
    };
    serializer.collect_seq(heads.iter().map(table))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Experiment;
    use crate::task::Task;

    fn head(text: &str) -> HeadConfig {
        text.parse().unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn every_name_comes_back() {
        for (name, config) in HeadConfig::named() {
            assert_eq!(config.to_string(), name);
            assert_eq!(head(name), config);
            assert_eq!(serde_json::to_value(config).unwrap(), name);
            assert_eq!(config.file_name(), name);
        }
        for (name, config) in HeadConfig::bare() {
            assert_eq!(head(name), config);
        }
    }

    #[test]
    fn settings_come_back() {
        for (text, shown, file) in [
            ("logit-norm(tau=0.2)", "logit-norm", "logit-norm"),
            (
                "logit-norm( tau = 0.5 )",
                "logit-norm(tau=0.5)",
                "logit-norm-tau-0.5",
            ),
            ("softmax(embedding-dim=2)", "softmax-2d", "softmax-2d"),
            ("dome(learnable=false)", "dome-fixed", "dome-fixed"),
            ("dome-fixed(learnable=true)", "dome", "dome"),
            ("multi-dome", "multi-dome-brier", "multi-dome-brier"),
            (
                "multi-dome(points=polygon,loss=nll)",
                "multi-dome(loss=nll,points=polygon)",
                "multi-dome-loss-nll-points-polygon",
            ),
        ] {
            let config = head(text);
            assert_eq!(config.to_string(), shown);
            assert_eq!(config.file_name(), file);
            let experiment = Experiment {
                heads: vec![config],
                ..Experiment::new(Task::Digits)
            };
            let json = serde_json::to_string(&experiment).unwrap();
            assert_eq!(
                serde_json::from_str::<Experiment>(&json).unwrap(),
                experiment
            );
            assert_eq!(json.contains("\"method\""), shown.contains('('), "{json}");
        }
    }

    #[test]
    fn a_list_parts_at_commas_outside_of_parentheses() {
        let list = HeadConfig::list("dome, multi-dome(points=polygon, loss=nll),tanh").unwrap();
        let names: Vec<String> = list.iter().map(ToString::to_string).collect();
        assert_eq!(
            names,
            ["dome", "multi-dome(loss=nll,points=polygon)", "tanh"]
        );
    }

    #[test]
    fn wrong_text_is_refused() {
        for (text, expected) in [
            ("domo", "no head is named `domo`; there are sigmoid, tanh"),
            ("", "no head is named ``"),
            ("logit-norm(tau=0.1", "neither a name nor name(key=value"),
            ("logit-norm(0.1)", "neither a name nor name(key=value"),
            ("logit-norm(tau=1,tau=2)", "tau is given twice"),
            ("logit-norm(tau=0)", "logit-norm: tau is 0, but must be"),
            (
                "logit-norm(tau=x)",
                "invalid type: string \"x\", expected f64",
            ),
            (
                "logit-norm(temperature=1)",
                "unknown field `temperature`, expected `tau`",
            ),
            ("dome(learnable=maybe)", "expected a boolean"),
            ("softmax(embedding-dim=0)", "embedding-dim is 0"),
        ] {
            let error = text.parse::<HeadConfig>().unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
