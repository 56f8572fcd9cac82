//! Experiments from files: TOML that people write, and the `config.json` that runs leave.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::experiment::Experiment;
use crate::task::Task;

/// Why a configuration file cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{}: {reason}", path.display())]
pub(crate) struct ConfigError {
    path: PathBuf,
    reason: String,
}

/// Keys that are at least as similar (Jaro-Winkler, 0 to 1) may be meant.
const SIMILAR: f64 = 0.8;

/// More than any configuration has.
const MOST_BYTES: u64 = 1 << 20;

/// The default experiment on a task with what the file says.
///
/// # Errors
///
/// If it cannot be read, is of another task, or has an unknown key or a value that the key does not take.
pub(crate) fn read(path: &Path, task: Task) -> Result<Experiment, ConfigError> {
    let read = || -> Result<Experiment, String> {
        let size = fs::metadata(path).map_err(|error| format!("cannot be read: {error}"))?;
        if size.len() > MOST_BYTES {
            return Err(format!(
                "has {} bytes, which is no configuration: it may have {MOST_BYTES}",
                size.len()
            ));
        }
        let text = fs::read_to_string(path).map_err(|error| format!("cannot be read: {error}"))?;
        of_text(&text, task)
    };
    read().map_err(|reason| ConfigError {
        path: path.into(),
        reason,
    })
}

fn of_text(text: &str, task: Task) -> Result<Experiment, String> {
    let given: Map<String, Value> = match text.trim_start().starts_with('{') {
        true => serde_json::from_str(text).map_err(|error| error.to_string())?,
        false => toml::from_str(text).map_err(|error| {
            let before = error
                .span()
                .map_or("", |span| &text[..span.start.min(text.len())]);
            let line = before.matches('\n').count() + 1;
            format!("line {line}: {}", error.message().replace('\n', " "))
        })?,
    };
    let default = Experiment::new(task);
    let mut all = match serde_json::to_value(&default) {
        Ok(Value::Object(all)) => all,
        _ => return Err("the default experiment is no table".into()),
    };
    let mut experiment = default;
    let mut seen = Vec::new();
    for (written, value) in given {
        // As on the command line, too.
        let key = written.replace('-', "_");
        if !all.contains_key(&key) {
            let keys: Vec<&str> = all.keys().map(String::as_str).collect();
            return Err(unknown(&written, &keys));
        }
        if seen.contains(&key) {
            return Err(format!("{key} is there twice"));
        }
        all.insert(key.clone(), value);
        experiment = Experiment::deserialize(Value::Object(all.clone()))
            .map_err(|error| format!("{written}: {error}"))?;
        seen.push(key);
    }
    match experiment.task == task {
        true => Ok(experiment),
        false => Err(format!(
            "it is for the task {}, but this command trains on {task}",
            experiment.task
        )),
    }
}

fn unknown(key: &str, keys: &[&str]) -> String {
    let similarity = |other: &str| strsim::jaro_winkler(&key.replace('-', "_"), other);
    let nearest = keys
        .iter()
        .max_by(|a, b| similarity(a).total_cmp(&similarity(b)))
        .filter(|other| similarity(other) >= SIMILAR);
    match nearest {
        Some(nearest) => format!("unknown key `{key}`; did you mean `{nearest}`?"),
        None => format!("unknown key `{key}`; there are {}", keys.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::EvaluateOn;

    #[test]
    fn what_is_not_there_is_the_default() {
        let text = "heads = [\"dome\", { method = \"logit-norm\", tau = 0.1 }]\nbatch-size = 32\n\
                    learning_rate = 0.01\nevaluate-on = \"validation\"\nlimit-train = 2000";
        let experiment = of_text(text, Task::EvenOdd).unwrap();
        let heads: Vec<String> = experiment.heads.iter().map(ToString::to_string).collect();
        assert_eq!(heads, ["dome", "logit-norm(tau=0.1)"]);
        let wanted = Experiment {
            heads: experiment.heads.clone(),
            batch_size: 32,
            learning_rate: 0.01,
            evaluate_on: EvaluateOn::Validation,
            limit_train: Some(2000),
            ..Experiment::new(Task::EvenOdd)
        };
        assert_eq!(experiment, wanted);
        assert_eq!(of_text("", Task::Digits), Ok(Experiment::new(Task::Digits)));
        // As a run writes it.
        let json = serde_json::to_string_pretty(&wanted).unwrap();
        assert_eq!(of_text(&json, Task::EvenOdd), Ok(wanted));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, expected) in [
            ("epoch = 3", "unknown key `epoch`; did you mean `epochs`?"),
            ("learning-rat = 1", "did you mean `learning_rate`?"),
            ("nope = 3", "unknown key `nope`; there are "),
            (
                "epochs = \"three\"",
                "epochs: invalid type: string \"three\", expected usize",
            ),
            ("epochs = -1", "epochs: invalid value: integer `-1`"),
            ("seed = 1\nseed = 2", "line 2: duplicate key"),
            (
                "batch-size = 1\nbatch_size = 2",
                "batch_size is there twice",
            ),
            ("heads = [\"domo\"]", "heads: no head is named `domo`"),
            (
                "task = \"digits\"",
                "it is for the task digits, but this command trains on even_odd",
            ),
            ("epochs 3", "line 1: "),
            ("{\"epochs\": 3", "EOF"),
            (
                "adversary = { eps = 0.1 }",
                "adversary: missing field `steps`",
            ),
        ] {
            let error = of_text(text, Task::EvenOdd).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
            assert!(!error.contains('\n') || text.starts_with('{'), "{error}");
        }
    }
}
