use std::collections::BTreeMap;

use csv::{Reader, StringRecord};

use crate::report::{RunError, RunFolder};

/// The numbers of an epoch, by the names of their columns; what is no number is left out.
pub(super) type CurvePoint = BTreeMap<String, f64>;

/// A head's lines of `epochs.csv`, with whatever columns it has; none if there is no such file.
///
/// # Errors
///
/// If it is damaged.
pub(super) fn curves(folder: &RunFolder, head: &str) -> Result<Vec<CurvePoint>, RunError> {
    let path = folder.file("epochs.csv");
    if !path.exists() {
        return Ok(Vec::new());
    }
    let read = || -> Result<Vec<CurvePoint>, csv::Error> {
        let mut file = Reader::from_path(&path)?;
        let names = file.headers()?.clone();
        let mut points = Vec::new();
        for record in file.records() {
            let record = record?;
            if record.get(0) == Some(head) {
                points.push(point(&names, &record));
            }
        }
        Ok(points)
    };
    read().map_err(|error| RunError::file("read", &path, error))
}

fn point(names: &StringRecord, record: &StringRecord) -> CurvePoint {
    let number = |(name, text): (&str, &str)| {
        let number = text.parse::<f64>().ok().filter(|x| x.is_finite())?;
        Some((name.to_owned(), number))
    };
    names
        .iter()
        .zip(record)
        .skip(1)
        .filter_map(number)
        .collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn lines_of_a_head_with_all_columns() {
        let dir = tempfile::tempdir().unwrap();
        let folder = RunFolder::open(dir.path());
        assert!(curves(&folder, "dome").unwrap().is_empty());
        let text = "head,epoch,train_loss,mu\nsoftmax,1,0.5,\ndome,1,0.25,1.5\ndome,2,NaN,1.25\n";
        fs::write(folder.file("epochs.csv"), text).unwrap();
        let of = |pairs: &[(&str, f64)]| -> CurvePoint {
            pairs
                .iter()
                .map(|&(name, x)| (name.to_owned(), x))
                .collect()
        };
        let right = [
            of(&[("epoch", 1.0), ("train_loss", 0.25), ("mu", 1.5)]),
            of(&[("epoch", 2.0), ("mu", 1.25)]),
        ];
        assert_eq!(curves(&folder, "dome").unwrap(), right);
    }
}
