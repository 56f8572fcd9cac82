use super::super::{FixedDetector, Question, StudyPart, StudyResult};
use crate::attack::{AttackKind, Norm, Surface};
use crate::head::HeadConfig;

/// A number of each model.
pub(super) struct Column {
    /// The head of the column.
    pub title: String,
    /// Digits behind the point.
    pub digits: usize,
    /// What it is.
    pub what: What,
}

/// Where the number is.
pub(super) enum What {
    /// An evaluation's number, by its key, times a factor.
    Number(&'static str, &'static str, f64),
    /// A number of an evaluation of outliers, `auroc` or `fpr95`, by the head's fixed detector.
    Fixed(&'static str, &'static str),
    /// What an attack leaves.
    Robust(Question),
}

impl Column {
    /// An evaluation's number.
    pub fn number(
        title: &str,
        evaluation: &'static str,
        key: &'static str,
        factor: f64,
        digits: usize,
    ) -> Self {
        Self {
            title: title.into(),
            digits,
            what: What::Number(evaluation, key, factor),
        }
    }

    /// Of outliers by the fixed detector.
    pub fn fixed(title: &str, key: &'static str) -> Self {
        Self {
            title: title.into(),
            digits: 1,
            what: What::Fixed("outliers", key),
        }
    }

    /// The same of another evaluation.
    pub fn fixed_of(title: &str, evaluation: &'static str, key: &'static str) -> Self {
        Self {
            what: What::Fixed(evaluation, key),
            ..Self::fixed(title, key)
        }
    }

    /// The attacks of a part that robustness is measured by: of a chain the end of it.
    pub fn robust(part: &StudyPart) -> Vec<Self> {
        Self::attacks(part, Question::is_plain)
    }

    /// The attacks of a part that are chosen; of a chain the end of it.
    pub fn attacks(part: &StudyPart, chosen: impl Fn(&Question) -> bool) -> Vec<Self> {
        let mut questions: Vec<Question> = Vec::new();
        for battery in &part.batteries {
            let of_battery = battery.questions(part.experiment.class_count());
            let of_battery = of_battery.into_iter();
            let last = |question: &Question| {
                let of_eps = battery.questions(part.experiment.class_count());
                let mut of_eps = of_eps.into_iter().filter(|other| other.eps == question.eps);
                !battery.chained || of_eps.next_back().as_ref() == Some(question)
            };
            for question in of_battery.filter(last) {
                if !questions.contains(&question) {
                    questions.push(question);
                }
            }
        }
        questions
            .into_iter()
            .filter(|question| chosen(question))
            .map(|question| Self {
                title: title(&question),
                digits: 1,
                what: What::Robust(question),
            })
            .collect()
    }

    /// The number of a model; nothing if it is not known.
    pub fn value(&self, head: HeadConfig, result: &StudyResult) -> Option<f64> {
        match &self.what {
            What::Number(evaluation, key, factor) => {
                result.number(evaluation, key).map(|number| factor * number)
            }
            What::Fixed(evaluation, key) => {
                let detector = FixedDetector::of(head).detector;
                let number = result.number(evaluation, &format!("{key} {detector}"));
                number.map(|number| 100.0 * number)
            }
            What::Robust(question) => {
                let answer = result.answer(question)?;
                Some(100.0 * answer.left.share())
            }
        }
    }

    /// Of each image whether it is classified correctly, where the number is the share of such images.
    pub fn images<'a>(&self, result: &'a StudyResult) -> Option<&'a [bool]> {
        match &self.what {
            What::Number("accuracy", ..) => result.right.as_ref().map(|right| &right.0[..]),
            What::Robust(question) => result.answer(question).map(|answer| &answer.left.0[..]),
            _ => None,
        }
    }

    /// Whether the number of a head with a seed is asked for.
    pub fn is_planned(&self, part: &StudyPart, head: HeadConfig, seed: u64) -> bool {
        match &self.what {
            What::Robust(question) => part.training(head, seed).questions.contains(question),
            What::Number(evaluation, ..) => part.asks_for(evaluation),
            What::Fixed(evaluation, _) => part.asks_for(evaluation),
        }
    }
}

/// The attack and its size.
fn title(question: &Question) -> String {
    let attack = match question.attack {
        _ if !question.after.is_empty() => "ensemble".into(),
        AttackKind::Fgsm => "FGSM".into(),
        AttackKind::Pgd => "PGD-40".into(),
        AttackKind::PgdMargin => "PGD-40 margin".into(),
        AttackKind::PgdTransfer => "PGD-40".into(),
        AttackKind::ApgdCe => "APGD-CE".into(),
        other => other.attack().name(),
    };
    let attack = match (question.surface, question.transfer) {
        (_, Some(transfer)) => format!("{attack} {}", transfer.title()),
        (Surface::Scores, None) => attack,
        (surface, None) => format!("{attack} through the {}", surface.title()),
    };
    match question.norm {
        Norm::Linf => format!("{attack}, {}", question.eps),
        Norm::L2 => format!("{attack}, L2 {}", question.eps),
    }
}
