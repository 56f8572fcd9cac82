use std::fmt;

use super::{Question, StudyResult, Training};

/// What can be interrupted without a loss of what was done before.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// The training, and the evaluations that belong to it.
    Train,
    /// A further evaluation, by its name.
    Evaluate(String),
    /// What figures are drawn from.
    Curves,
    /// An attack.
    Attack(Question),
}

/// The name of its time.
impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Train => f.write_str("training"),
            Self::Evaluate(name) => f.write_str(name),
            Self::Curves => f.write_str("curves"),
            Self::Attack(question) => question.fmt(f),
        }
    }
}

/// What is not known of a training yet, in the order in which it can be done. Nothing, if there is no model.
pub fn missing(training: &Training, result: Option<&StudyResult>) -> Vec<Step> {
    let failed = result.is_some_and(|result| result.failure.is_some());
    if failed {
        return Vec::new();
    }
    let metrics = result.and_then(|result| result.metrics.as_ref());
    let mut steps = Vec::new();
    steps.extend(metrics.is_none().then_some(Step::Train));
    for name in &training.evaluations {
        let there = metrics.is_some_and(|metrics| metrics.has(name));
        steps.extend((!there).then(|| Step::Evaluate(name.clone())));
    }
    let curves = result.and_then(|result| result.curves.as_ref());
    steps.extend((training.curves && curves.is_none()).then_some(Step::Curves));
    for question in &training.questions {
        let there = result.and_then(|result| result.answer(question));
        steps.extend(there.is_none().then(|| Step::Attack(question.clone())));
    }
    steps
}
