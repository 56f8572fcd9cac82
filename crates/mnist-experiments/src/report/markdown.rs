//! Tables in Markdown files, between markers.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::{Failure, RunError, write_file};
use crate::measured::decimal;

/// Why a table cannot be put into a file.
#[derive(Debug, thiserror::Error)]
pub enum MarkdownError {
    /// The file to write into has no place for the table.
    #[error(
        "{} needs the lines `{}` and `{}`: the table goes between them",
        path.display(),
        begin(marker),
        end(marker)
    )]
    NoMarkers {
        /// The file.
        path: PathBuf,
        /// The name in the markers.
        marker: String,
    },
    /// The file cannot be written.
    #[error(transparent)]
    Write(#[from] RunError),
    /// The file cannot be read.
    #[error("cannot update {}: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: std::io::Error,
    },
}

/// Replaces what stands between the lines `<!-- marker:begin -->` and `<!-- marker:end -->` of a
/// Markdown file by a table.
///
/// # Errors
///
/// If the file lacks the markers or cannot be written.
pub fn write_into(path: &Path, marker: &str, table: &str) -> Result<(), MarkdownError> {
    let file_error = |reason| MarkdownError::File {
        path: path.into(),
        reason,
    };
    let text = fs::read_to_string(path).map_err(file_error)?;
    let new = replace_between(&text, marker, table).ok_or_else(|| MarkdownError::NoMarkers {
        path: path.into(),
        marker: marker.into(),
    })?;
    Ok(write_file(path, |mut file| {
        Ok(file.write_all(new.as_bytes())?)
    })?)
}

/// A line below a table, if any training failed.
pub(crate) fn failures_in_markdown(failed: &[Failure]) -> String {
    let each = |Failure { training, reason }: &Failure| format!("{training} ({reason})");
    let each: Vec<String> = failed.iter().map(each).collect();
    match each.is_empty() {
        true => String::new(),
        false => format!("\nFailed: {}.\n", each.join("; ")),
    }
}

/// Mean and standard deviation of one value or more, the mean alone of a single one; `n/a` if a value
/// is no number.
pub(crate) fn mean_and_deviation(values: &[f64], digits: usize) -> String {
    let (mean, deviation) = moments(values);
    match deviation.filter(|_| mean.is_finite()) {
        Some(deviation) => format!("{mean:.digits$} ± {deviation:.digits$}"),
        None => decimal(mean, digits),
    }
}

/// Mean and, of more than one value, standard deviation of a sample.
pub(super) fn moments(values: &[f64]) -> (f64, Option<f64>) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0);
    (mean, (values.len() > 1).then(|| variance.sqrt()))
}

fn begin(marker: &str) -> String {
    format!("<!-- {marker}:begin -->")
}

fn end(marker: &str) -> String {
    format!("<!-- {marker}:end -->")
}

fn replace_between(text: &str, marker: &str, table: &str) -> Option<String> {
    let start = text.find(&begin(marker))? + begin(marker).len();
    let stop = start + text[start..].find(&end(marker))?;
    Some(format!("{}\n{}{}", &text[..start], table, &text[stop..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mean_needs_numbers() {
        assert_eq!(mean_and_deviation(&[1.5], 2), "1.50");
        // Standard deviation with n - 1: sqrt(2).
        assert_eq!(mean_and_deviation(&[1.0, 3.0], 3), "2.000 ± 1.414");
        for values in [[f64::NAN].as_slice(), &[1.0, f64::NAN], &[f64::INFINITY]] {
            assert_eq!(mean_and_deviation(values, 2), "n/a");
        }
    }

    #[test]
    fn the_table_goes_between_its_markers() {
        let text = "a\n<!-- t:begin -->\nold\n<!-- t:end -->\nb\n";
        let new = replace_between(text, "t", "new\n").unwrap();
        assert_eq!(new, text.replace("old", "new"));
        assert_eq!(replace_between(text, "other", "new"), None);
        assert_eq!(
            replace_between("<!-- t:end --> <!-- t:begin -->", "t", "new"),
            None
        );
    }
}
