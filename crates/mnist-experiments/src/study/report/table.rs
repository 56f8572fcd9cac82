use std::fmt::Write;

use super::column::Column;
use super::part::{Part, Row};
use crate::head::HeadConfig;
use crate::report::markdown::mean_and_deviation;

/// Something to say of each head in front of the numbers.
pub(super) type Said<'a> = (&'a str, &'a dyn Fn(HeadConfig) -> String);

/// A line a head, in Markdown.
pub(super) fn of(part: &Part, columns: &[Column], said: Option<Said>) -> String {
    let mut header = vec!["head"];
    header.extend(said.map(|(title, _)| title));
    header.extend(columns.iter().map(|column| column.title.as_str()));
    let mut text = format!(
        "| {} |\n|{}\n",
        header.join(" | "),
        "---|".repeat(header.len())
    );
    for row in &part.rows {
        let mut cells = vec![row.head.to_string()];
        cells.extend(said.map(|(_, say)| say(row.head)));
        cells.extend(columns.iter().map(|column| cell(part, row, column)));
        let _ = writeln!(text, "| {} |", cells.join(" | "));
    }
    text
}

/// Mean and deviation, or that it is not known.
fn cell(part: &Part, row: &Row, column: &Column) -> String {
    let seeds = 0..row.results.len() as u64;
    let planned = seeds.filter(|&seed| column.is_planned(part.part, row.head, seed));
    let planned = planned.count();
    let values: Vec<f64> = row
        .values(column)
        .into_iter()
        .map(|(_, value)| value)
        .collect();
    let failed = row
        .known()
        .filter(|result| result.failure.is_some())
        .count();
    match (values.len(), planned) {
        (0, 0) => "–".into(),
        (0, planned) if failed >= planned => "diverged".into(),
        (0, _) => "missing".into(),
        (known, planned) if known < planned => {
            let numbers = mean_and_deviation(&values, column.digits);
            format!("{numbers} ({known} of {planned})")
        }
        _ => mean_and_deviation(&values, column.digits),
    }
}
