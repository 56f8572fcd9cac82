use std::fmt::Write;

use super::super::{McNemar, PairedT, holm};
use super::column::Column;
use super::part::{Part, Row};

/// The head that the others are compared with.
const BASELINE: &str = "softmax";

/// Below it, a difference counts.
const LEVEL: f64 = 0.05;

/// A head against the baseline in a column; more is better in all of them.
struct Difference {
    /// Of the means over common seeds.
    mean: f64,
    seeds: usize,
    t: Option<PairedT>,
    images: Option<McNemar>,
}

/// The heads of a part against its softmax, in Markdown; nothing if it has none, or no other head.
pub(super) fn of(part: &Part, columns: &[Column]) -> String {
    let is_baseline = |row: &&Row| row.head.to_string() == BASELINE;
    let Some(baseline) = part.rows.iter().find(is_baseline) else {
        return String::new();
    };
    let others: Vec<&Row> = part.rows.iter().filter(|row| !is_baseline(row)).collect();
    if others.is_empty() {
        return String::new();
    }
    let cells: Vec<Vec<String>> = columns
        .iter()
        .map(|column| column_of(&others, baseline, column))
        .collect();
    let titles: Vec<&str> = columns.iter().map(|column| column.title.as_str()).collect();
    let rule = "---|".repeat(columns.len() + 1);
    let mut text = format!(
        "\n### Against softmax\n\n| head | {} |\n|{rule}\n",
        titles.join(" | ")
    );
    for (i, row) in others.iter().enumerate() {
        let of_row: Vec<&str> = cells.iter().map(|column| column[i].as_str()).collect();
        let _ = writeln!(text, "| {} | {} |", row.head, of_row.join(" | "));
    }
    text
}

fn column_of(others: &[&Row], baseline: &Row, column: &Column) -> Vec<String> {
    let differences: Vec<Option<Difference>> = others
        .iter()
        .map(|row| Difference::of(row, baseline, column))
        .collect();
    let adjusted = |p: &dyn Fn(&Difference) -> Option<f64>| -> Vec<Option<f64>> {
        let all: Vec<Option<f64>> = differences
            .iter()
            .map(|difference| difference.as_ref().and_then(p))
            .collect();
        let there: Vec<f64> = all.iter().copied().flatten().collect();
        let mut adjusted = holm(&there).into_iter();
        let next = |p: Option<f64>| p.and_then(|_| adjusted.next());
        all.into_iter().map(next).collect()
    };
    let t = adjusted(&|difference| difference.t.map(|t| t.p));
    let m = adjusted(&|difference| difference.images.map(|images| images.p));
    let cells = differences.iter().zip(t.into_iter().zip(m));
    cells
        .map(|(difference, (t, m))| match difference {
            None => "missing".into(),
            Some(difference) => difference.cell(column.digits, t, m),
        })
        .collect()
}

impl Difference {
    fn of(row: &Row, baseline: &Row, column: &Column) -> Option<Self> {
        let of_baseline = baseline.values(column);
        let mut pairs = Vec::new();
        let mut first = None;
        for (seed, value) in row.values(column) {
            let same = of_baseline.iter().find(|(other, _)| *other == seed);
            if let Some((_, other)) = same {
                pairs.push((value, *other));
                first = first.or(Some(seed));
            }
        }
        let first = first?;
        let images = |row: &Row| {
            let result = row.results[first]?;
            column.images(result).map(<[bool]>::to_vec)
        };
        let images = images(row).zip(images(baseline));
        let sum: f64 = pairs.iter().map(|(a, b)| a - b).sum();
        Some(Self {
            mean: sum / pairs.len() as f64,
            seeds: pairs.len(),
            t: PairedT::of(&pairs),
            images: images.and_then(|(a, b)| McNemar::of(&a, &b)),
        })
    }

    fn cell(&self, digits: usize, t: Option<f64>, m: Option<f64>) -> String {
        if !self.mean.is_finite() {
            return "n/a".into();
        }
        let mut text = format!("{:+.digits$}", self.mean);
        let tests = [("t", t), ("M", m)];
        let tests = tests.iter().filter_map(|(name, p)| Some((name, (*p)?)));
        let tests: Vec<String> = tests.map(|(name, p)| format!("{name} {p:.3}")).collect();
        if !tests.is_empty() {
            let _ = write!(text, " ({})", tests.join(", "));
        }
        if let Some(verdict) = self.verdict(t, m) {
            let _ = write!(text, " **{verdict}**");
        }
        text
    }

    /// In a word, if the tests say so.
    fn verdict(&self, t: Option<f64>, m: Option<f64>) -> Option<String> {
        let tests: Vec<f64> = [t, m].into_iter().flatten().collect();
        let shown = !tests.is_empty() && tests.iter().all(|p| *p < LEVEL);
        let agree = self.images.is_none_or(|images| {
            let of_images = images.first_only as f64 - images.second_only as f64;
            of_images * self.mean > 0.0
        });
        if !shown || !agree || (self.seeds > 1 && t.is_none()) {
            return None;
        }
        let word = if self.mean > 0.0 { "better" } else { "worse" };
        Some(match self.seeds {
            1 => format!("{word}, one seed"),
            _ => word.into(),
        })
    }
}
