use std::collections::BTreeMap;
use std::path::PathBuf;

use super::super::{StudyPart, StudyResult};
use super::column::Column;
use crate::head::HeadConfig;

/// A part of the study with what is known of it.
pub(super) struct Part<'a> {
    pub part: &'a StudyPart,
    /// For each head the results of its seeds.
    pub rows: Vec<Row<'a>>,
}

/// A head with the results of all its seeds, those that are not known too.
#[derive(Clone)]
pub(super) struct Row<'a> {
    pub head: HeadConfig,
    pub results: Vec<Option<&'a StudyResult>>,
}

impl Row<'_> {
    /// The known numbers of a column with their seeds.
    pub fn values(&self, column: &Column) -> Vec<(usize, f64)> {
        let results = self.results.iter().enumerate();
        let known = results.filter_map(|(seed, result)| {
            let value = column.value(self.head, (*result)?)?;
            Some((seed, value))
        });
        known.collect()
    }

    /// The results that are known.
    pub fn known(&self) -> impl Iterator<Item = &StudyResult> {
        self.results.iter().copied().flatten()
    }
}

impl<'a> Part<'a> {
    /// Without the rows of which no column is asked for.
    pub fn few(&self, columns: &[Column]) -> Self {
        let asked = |row: &&Row| {
            let seeds = 0..row.results.len() as u64;
            let of = |column: &Column| {
                seeds
                    .clone()
                    .any(|seed| column.is_planned(self.part, row.head, seed))
            };
            columns.iter().any(of)
        };
        Self {
            part: self.part,
            rows: self.rows.iter().filter(asked).cloned().collect(),
        }
    }

    /// Whether there is a result.
    pub fn is_known(&self) -> bool {
        self.rows.iter().any(|row| row.known().next().is_some())
    }

    /// Without the seeds, and the rows, of which nothing is known.
    pub fn known(&self) -> Self {
        let known = |row: &Row<'a>| {
            let results = row.results.iter().filter(|result| result.is_some());
            Row {
                head: row.head,
                results: results.copied().collect(),
            }
        };
        let rows = self.rows.iter().map(known);
        Self {
            part: self.part,
            rows: rows.filter(|row| !row.results.is_empty()).collect(),
        }
    }

    pub fn new(part: &'a StudyPart, results: &'a BTreeMap<PathBuf, StudyResult>) -> Self {
        let row = |(head, seeds)| Row {
            head,
            results: (0..seeds)
                .map(|seed| results.get(&part.training(head, seed).path()))
                .collect(),
        };
        Self {
            part,
            rows: part.rows().map(row).collect(),
        }
    }
}
