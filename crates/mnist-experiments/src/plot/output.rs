//! Writing a canvas to files.

use std::error::Error;
use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};

use burn_pack::AtomicFile;

use super::canvas::{Canvas, Shape};
use super::error::FigureError;
use super::font::is_missing;
use super::png::png;
use super::raster::pixels;
use super::svg::svg;
use crate::note;

type AnyError = Box<dyn Error + Send + Sync>;

/// Writes `<stem>.svg` and `<stem>.png` and returns their paths in this order.
pub(super) fn write(canvas: &Canvas, stem: &Path) -> Result<[PathBuf; 2], FigureError> {
    let paths = [".svg", ".png"].map(|suffix| with_suffix(stem, suffix));
    let picture = || png(&pixels(canvas).ok_or("the picture is too large")?);
    let contents: [&dyn Fn() -> Result<Vec<u8>, AnyError>; 2] =
        [&|| Ok(svg(canvas)?.into_bytes()), &picture];
    for (path, contents) in paths.iter().zip(contents) {
        let written = contents().and_then(|bytes| save(path, &bytes));
        written.map_err(|source| FigureError::Write {
            path: path.clone(),
            source,
        })?;
    }
    if let Some(missing) = missing(canvas) {
        note!(
            "warning: no font on this machine has {missing}: empty boxes in {}; {} has the \
             characters for the fonts of its viewer",
            paths[1].display(),
            paths[0].display()
        );
    }
    Ok(paths)
}

/// A file is complete or not there; what was there stays until then.
fn save(path: &Path, bytes: &[u8]) -> Result<(), AnyError> {
    let (scratch, mut file) = AtomicFile::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    drop(file);
    Ok(scratch.commit()?)
}

/// `Path::with_extension` would cut off the end of a stem such as `lambda-0.5`.
fn with_suffix(stem: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(stem);
    name.push(suffix);
    name.into()
}

/// The characters that no font has.
fn missing(canvas: &Canvas) -> Option<String> {
    let mut missing: Vec<char> = Vec::new();
    for shape in &canvas.shapes {
        if let Shape::Text(text) = shape {
            missing.extend(text.text.chars().filter(|&sign| is_missing(sign)));
        }
    }
    missing.sort_unstable();
    missing.dedup();
    let named = |sign: &char| format!("{sign} (U+{:04X})", u32::from(*sign));
    let names: Vec<String> = missing.iter().map(named).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::super::text::Text;
    use super::*;

    #[test]
    fn missing_characters_are_named_once() {
        let mut canvas = Canvas::new(100.0);
        canvas.text(Text::new("μ = 1, \u{1}", [0.0, 0.0], 10.0));
        assert_eq!(missing(&canvas), None);
        // Of Hebrew, which needs shaping, and for private use.
        for _ in 0..2 {
            canvas.text(Text::new("\u{f8f0}אa", [0.0, 0.0], 10.0));
        }
        let named = missing(&canvas).unwrap();
        assert!(named.starts_with("א (U+05D0)"), "{named}");
        assert_eq!(named.matches("U+05D0").count(), 1);
    }
}
