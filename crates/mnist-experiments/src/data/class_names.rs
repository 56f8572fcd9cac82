use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::DataError;

/// The file of a set's folder that names its classes.
pub(super) const CLASS_NAMES: &str = "classes.txt";

/// The most bytes that are read of it: 256 labels with long names.
const MOST_BYTES: u64 = 1 << 16;

/// Reads the names of the classes from the file `classes.txt` of a folder: one a line, UTF-8, in the
/// order of the labels; `None` without such a file.
///
/// # Errors
///
/// If there are fewer than `classes`, a name is empty, there twice or has control characters, or the
/// file is too long, not UTF-8, or cannot be read.
pub(super) fn read_class_names(
    dir: &Path,
    classes: usize,
) -> Result<Option<Vec<String>>, DataError> {
    let path = dir.join(CLASS_NAMES);
    let mut bytes = Vec::new();
    let read = File::open(&path).and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut bytes));
    match read {
        Ok(_) => {}
        Err(reason) if reason.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(reason) => return Err(DataError::Unreadable { path, reason }),
    }
    parse(&bytes, classes)
        .map(Some)
        .map_err(|problem| DataError::ClassNames { path, problem })
}

/// The names, or what is wrong with them.
fn parse(bytes: &[u8], classes: usize) -> Result<Vec<String>, String> {
    if bytes.len() as u64 > MOST_BYTES {
        return Err(format!("it is longer than {MOST_BYTES} bytes"));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = 1 + bytes[..error.valid_up_to()]
            .iter()
            .filter(|&&b| b == b'\n')
            .count();
        format!("line {line} is not UTF-8")
    })?;
    let mut names: Vec<String> = Vec::new();
    let mut lines = HashMap::new();
    // Some editors put a byte order mark in front.
    for (line, name) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let (line, name) = (line + 1, name.trim());
        if name.is_empty() {
            return Err(format!("line {line} is empty"));
        }
        if name.chars().any(char::is_control) {
            return Err(format!("line {line} has a control character"));
        }
        if let Some(other) = lines.insert(name, line) {
            return Err(format!("lines {other} and {line} are the same, {name:?}"));
        }
        names.push(name.into());
    }
    match names.len() < classes {
        true => Err(format!(
            "it has {} names, but the highest label of the set is {}, so {classes} are needed",
            names.len(),
            classes - 1,
        )),
        false => Ok(names),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_name_a_line() {
        for text in [
            "cat\nbig dog\n\u{732b}",
            "\u{feff}cat\r\nbig dog \r\n\u{732b}\r\n",
        ] {
            let names = parse(text.as_bytes(), 3).unwrap();
            assert_eq!(names, ["cat", "big dog", "\u{732b}"]);
        }
        assert_eq!(parse(b"a\nb\nc", 2).unwrap().len(), 3);
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, problem) in [
            (
                b"a\nb".as_slice(),
                "it has 2 names, but the highest label of the set is 2, so 3",
            ),
            (b"a\n\nc\n", "line 2 is empty"),
            (b"a\nb\na\n", "lines 1 and 3 are the same, \"a\""),
            (b"a\nb\x07\nc\n", "line 2 has a control character"),
            (b"a\nb\n\xff\n", "line 3 is not UTF-8"),
            (&[b'a'; 70_000], "longer than"),
        ] {
            let error = parse(text, 3).unwrap_err();
            assert!(error.contains(problem), "{error}");
        }
    }

    #[test]
    fn a_folder_need_not_have_names() {
        let dir = tempfile::tempdir().unwrap();
        assert!(read_class_names(dir.path(), 3).unwrap().is_none());
        std::fs::write(dir.path().join(CLASS_NAMES), "a\nb\n").unwrap();
        assert_eq!(
            read_class_names(dir.path(), 2).unwrap().unwrap(),
            ["a", "b"]
        );
        let error = read_class_names(dir.path(), 3).unwrap_err().to_string();
        assert!(
            error.contains("classes.txt names the classes, but it has 2"),
            "{error}"
        );
    }
}
