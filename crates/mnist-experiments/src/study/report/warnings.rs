use std::collections::BTreeMap;
use std::fmt::Write;

use super::super::{Answer, StudyResult};
use super::part::Part;
use crate::attack::AttackKind;

/// Signs of gradients that hide what a model does, after Athalye et al. (arXiv 1802.00420): for each head and sign at how
/// many models.
pub(super) fn of(part: &Part) -> String {
    let mut text = String::new();
    for row in &part.rows {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        let mut models = 0;
        for result in row.known() {
            models += usize::from(!result.answers.is_empty());
            for sign in signs(result) {
                *counts.entry(sign).or_default() += 1;
            }
        }
        for (sign, count) in counts {
            let _ = writeln!(text, "- {}: {sign}, {count} of {models} models.", row.head);
        }
    }
    match text.is_empty() {
        true => text,
        false => format!("\nTo be doubted:\n\n{text}"),
    }
}

/// Shares that differ by less are the same.
const MARGIN: f64 = 0.005;

/// The signs of a model, each once.
fn signs(result: &StudyResult) -> Vec<String> {
    let mut signs = Vec::new();
    let plain = || {
        let answers = result.answers.iter();
        answers.filter(|answer| answer.question.is_plain())
    };
    let zero = plain().map(|answer| answer.zero_gradients);
    if zero.fold(0.0, f64::max) > 0.01 {
        signs.push("the gradient is 0 at more than 1 % of the images".into());
    }
    let left = |answer: &Answer| answer.left.share();
    for answer in plain() {
        let question = &answer.question;
        let before = question.before().and_then(|before| result.answer(&before));
        if question.attack == AttackKind::Square
            && before.is_some_and(|before| left(before) - left(answer) > 0.002)
        {
            let eps = question.eps;
            signs.push(format!(
                "Square, without gradients, finds more than all attacks by gradients at {eps}"
            ));
        }
        let others = || {
            let alone = plain().filter(|other| other.question.after == question.after);
            alone.filter(|other| other.question.norm == question.norm)
        };
        let weaker = |other: &&Answer| {
            other.question.attack == AttackKind::Fgsm && other.question.eps == question.eps
        };
        let is_pgd = question.attack == AttackKind::Pgd;
        if let Some(one_step) = others().find(weaker).filter(|_| is_pgd)
            && left(one_step) < left(answer) - MARGIN
        {
            let eps = question.eps;
            signs.push(format!("one step finds more than forty at {eps}"));
        }
        let mut smaller = others().filter(|other| {
            other.question.attack == question.attack && other.question.eps < question.eps
        });
        if smaller.any(|smaller| left(smaller) < left(answer) - MARGIN) {
            let attack = question.attack.attack().name();
            signs.push(format!("{attack} finds less with a larger eps"));
        }
    }
    signs.sort();
    signs.dedup();
    signs
}
