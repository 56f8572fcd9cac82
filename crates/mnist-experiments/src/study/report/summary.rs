use std::fmt::Write;

use super::column::Column;
use super::part::Part;
use super::table;
use crate::attack::AttackKind;

/// A table of each part of which something is known, with the numbers that most people ask for, of the heads of which
/// something is known.
pub(super) fn of(parts: &[Part]) -> String {
    let mut text = String::new();
    for part in parts.iter().filter(|part| part.is_known()) {
        let part = part.known();
        let _ = write!(
            text,
            "{}, {}:\n\n{}\n",
            part.part.title,
            seeds(&part),
            table::of(&part, &columns(&part), None)
        );
    }
    text
}

/// How many seeds the heads have.
fn seeds(part: &Part) -> String {
    let counts = part.rows.iter().map(|row| row.results.len());
    let (fewest, most) = (counts.clone().min(), counts.max().unwrap_or(0));
    match fewest {
        Some(fewest) if fewest < most => format!("{fewest} to {most} seeds"),
        _ if most == 1 => "1 seed".into(),
        _ => format!("{most} seeds"),
    }
}

fn columns(part: &Part) -> Vec<Column> {
    let mut columns = vec![
        Column::number("accuracy, %", "accuracy", "test_accuracy", 100.0, 2),
        Column::number("compactness", "compactness", "compactness_ratio", 1.0, 2),
    ];
    if part.part.asks_for("outliers") {
        let auroc = |title, key| Column::number(title, "outliers", key, 100.0, 1);
        columns.push(auroc("outliers by MSP, AUROC, %", "auroc msp"));
        columns.push(auroc("by energy", "auroc energy"));
    }
    let batteries = &part.part.batteries;
    let sizes = batteries.iter().flat_map(|battery| &battery.eps);
    let smallest = sizes.copied().fold(f32::INFINITY, f32::min);
    let adversarial = part.part.experiment.adversary.is_some();
    columns.extend(Column::attacks(part.part, |question| {
        let alone = question.attack == AttackKind::Pgd && question.after.is_empty();
        let ensemble = adversarial && !question.after.is_empty();
        question.is_plain() && question.eps == smallest && (alone || ensemble)
    }));
    columns
}
