use std::fs;

use burn::tensor::f16;

use crate::head::HeadConfig;
use crate::report::{RunError, RunFolder};

/// The embeddings after every epoch that a run kept: `[images, dim]` each, `images` of them as in the run; nothing if it
/// kept none.
///
/// # Errors
///
/// If the file is there but is not of this head.
pub(super) fn kept_epochs(
    folder: &RunFolder,
    head: HeadConfig,
    [images, dim]: [usize; 2],
) -> Result<Vec<Vec<f32>>, RunError> {
    let path = folder.file(format!("epochs/{}.npy", head.file_name()));
    if !path.exists() {
        return Ok(Vec::new());
    }
    let bytes = fs::read(&path).map_err(|error| RunError::file("read", &path, error))?;
    let wrong = |reason: String| RunError::file("read", &path, reason);
    let values = halves(&bytes).ok_or_else(|| {
        wrong("it is no array of numbers of 16 bits, as --keep-epochs writes it".into())
    })?;
    if images * dim == 0 || values.len() % (images * dim) != 0 {
        return Err(wrong(format!(
            "it has {} numbers, which are no epochs of {images} images in {dim} dimensions",
            values.len()
        )));
    }
    Ok(values.chunks(images * dim).map(<[f32]>::to_vec).collect())
}

/// The numbers of a file that [`write_npy`](crate::npy::write_npy) wrote.
fn halves(bytes: &[u8]) -> Option<Vec<f32>> {
    let length = bytes
        .strip_prefix(b"\x93NUMPY\x01\x00")?
        .first_chunk::<2>()?;
    let start = 10 + usize::from(u16::from_le_bytes(*length));
    let header = std::str::from_utf8(bytes.get(10..start)?).ok()?;
    let values = bytes.get(start..)?;
    if !header.contains("'<f2'") || header.contains("True") || values.len() % 2 != 0 {
        return None;
    }
    let pairs = values.as_chunks::<2>().0.iter();
    Some(
        pairs
            .map(|pair| f16::from_le_bytes(*pair).to_f32())
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::npy::write_npy;

    #[test]
    fn what_was_written_is_read() {
        let mut bytes = Vec::new();
        let values = [1.0f32, -2.5, 0.0, 8.0].map(f16::from_f32);
        write_npy(&mut bytes, &[2, 1, 2], &values).unwrap();
        assert_eq!(halves(&bytes).unwrap(), [1.0, -2.5, 0.0, 8.0]);
        for broken in [&bytes[..bytes.len() - 1], &bytes[..50], &[]] {
            assert_eq!(halves(broken), None);
        }
        let mut floats = Vec::new();
        write_npy(&mut floats, &[1], &[1.0f32]).unwrap();
        assert_eq!(halves(&floats), None);
    }

    #[test]
    fn a_file_of_another_size_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let folder = RunFolder::open(dir.path());
        let head: HeadConfig = "dome".parse().unwrap();
        assert_eq!(kept_epochs(&folder, head, [2, 2]).unwrap(), [[0.0; 0]; 0]);
        let values = [0.0f32, 1.0, 2.0, 3.0].map(f16::from_f32);
        folder
            .write_epoch_embeddings(head, [2, 1, 2], &values)
            .unwrap();
        let epochs = kept_epochs(&folder, head, [1, 2]).unwrap();
        assert_eq!(epochs, [[0.0, 1.0], [2.0, 3.0]]);
        let error = kept_epochs(&folder, head, [3, 1]).unwrap_err().to_string();
        assert!(
            error.contains("dome.npy") && error.contains("no epochs of 3 images"),
            "{error}"
        );
    }
}
