//! What the labels of a set are sorted into.

use std::fmt;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use crate::head::HeadConfig;

/// A classification task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub enum Task {
    /// Class 0 for even labels, class 1 for odd ones: sections 3 and 4 of the paper.
    EvenOdd,
    /// One class a label, ten of them: sections 5 and 6 of the paper.
    Digits,
}

/// A label that is no class of a task.
#[derive(Debug, thiserror::Error, PartialEq)]
#[error(
    "label {label} is no class of the task {task}, which has {classes}, labels 0 to {last}; \
     the even-odd experiment takes any label",
    classes = task.classes(),
    last = task.classes() - 1,
)]
pub struct UnknownClass {
    task: Task,
    label: u8,
}

impl Task {
    /// The name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::EvenOdd => "even_odd",
            Self::Digits => "digits",
        }
    }

    /// The name of the experiment on it, in `metrics.json` and of its folder.
    pub fn experiment(self) -> &'static str {
        match self {
            Self::EvenOdd => "mnist_binary",
            Self::Digits => "mnist_digits",
        }
    }

    /// Number of classes.
    pub fn classes(self) -> usize {
        match self {
            Self::EvenOdd => 2,
            Self::Digits => 10,
        }
    }

    /// The classes in words, in the order of their indices: where each label is a class, the names
    /// that its set gives the labels, and the label itself where it has none.
    pub fn class_names(self, of_set: Option<&[String]>) -> Vec<String> {
        let name = |label: usize| {
            let name = of_set.and_then(|names| names.get(label)).cloned();
            name.unwrap_or_else(|| label.to_string())
        };
        match self {
            Self::EvenOdd => vec!["even".into(), "odd".into()],
            Self::Digits => (0..self.classes()).map(name).collect(),
        }
    }

    /// The class of a label.
    ///
    /// # Errors
    ///
    /// If the task has no class for it.
    pub fn class_of(self, label: u8) -> Result<u8, UnknownClass> {
        match self {
            Self::EvenOdd => Ok(label % 2),
            Self::Digits if usize::from(label) < self.classes() => Ok(label),
            Self::Digits => Err(UnknownClass { task: self, label }),
        }
    }

    /// The heads that are compared if nobody chooses others, in this order.
    pub fn heads(self) -> Vec<HeadConfig> {
        let names: &[&str] = match self {
            Self::EvenOdd => &["sigmoid", "tanh", "softmax", "dome", "dome-fixed"],
            Self::Digits => &[
                "softmax",
                "multi-dome-nll",
                "multi-dome-brier",
                "softmax-2d",
                "multi-dome-2d",
            ],
        };
        let head = |name: &&str| name.parse().expect("a name of the list");
        names.iter().map(head).collect()
    }

    /// Size of the embedding, where the head leaves it open and nobody chose another: the plane for
    /// two classes, and for more the smallest space that has room for the simplex of their
    /// reference points.
    pub fn embedding_dim(self) -> usize {
        match self {
            Self::EvenOdd => 2,
            Self::Digits => self.classes() - 1,
        }
    }

    /// Passes over the training images, where nobody chose another number: ten classes take longer.
    pub fn epochs(self) -> usize {
        match self {
            Self::EvenOdd => 5,
            Self::Digits => 8,
        }
    }
}

impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Task; 2] = [Task::EvenOdd, Task::Digits];

    #[test]
    fn one_name_everywhere() {
        for task in ALL {
            assert_eq!(serde_json::to_value(task).unwrap(), task.name());
            assert_eq!(task.to_possible_value().unwrap().get_name(), task.name());
            assert_eq!(task.class_names(None).len(), task.classes());
        }
    }

    #[test]
    fn a_set_names_its_labels() {
        let names = ["cat".to_owned(), "dog".to_owned()];
        let of_labels = Task::Digits.class_names(Some(&names));
        assert_eq!(of_labels[..4], ["cat", "dog", "2", "3"]);
        assert_eq!(of_labels.len(), 10);
        assert_eq!(Task::EvenOdd.class_names(Some(&names)), ["even", "odd"]);
    }

    #[test]
    fn labels_become_classes() {
        assert_eq!(
            [0, 7, 9, 26].map(|l| Task::EvenOdd.class_of(l)),
            [Ok(0), Ok(1), Ok(1), Ok(0)]
        );
        assert_eq!([0, 9].map(|l| Task::Digits.class_of(l)), [Ok(0), Ok(9)]);
        let error = Task::Digits.class_of(10).unwrap_err().to_string();
        assert_eq!(
            error,
            "label 10 is no class of the task digits, which has 10, labels 0 to 9; the even-odd \
             experiment takes any label"
        );
    }

    #[test]
    fn every_head_has_a_task() {
        for (name, head) in HeadConfig::named() {
            let of = |task: &Task| head.classes().contains(&task.classes());
            assert!(ALL.iter().any(of), "{name}");
        }
        for task in ALL {
            assert!(
                task.heads()
                    .iter()
                    .all(|head| head.classes().contains(&task.classes()))
            );
        }
    }
}
