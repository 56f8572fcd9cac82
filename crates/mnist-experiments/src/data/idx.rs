//! The IDX format: a magic number, the size of each dimension (all big-endian 32-bit), then one
//! byte for each item's label or pixels, the last dimension changing fastest.

use super::DataError;
use super::file_kind::FileKind;
use super::source::Source;
use super::{MAX_FILE_BYTES, MAX_IMAGE_SIDE};

/// Bytes of the magic number and of the size of each dimension.
const FIELD_BYTES: u64 = 4;

/// The content of an image file.
#[derive(Debug)]
pub(super) struct Images {
    pub(super) count: usize,
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) pixels: Vec<u8>,
}

/// Reads a whole image file.
pub(super) fn read_images(mut source: Source) -> Result<Images, DataError> {
    let [count, rows, columns] = read_header(&mut source, FileKind::Images)?;
    let side = 1..=MAX_IMAGE_SIDE;
    if !side.contains(&rows) || !side.contains(&columns) {
        let path = source.path().to_path_buf();
        return Err(DataError::ImageDimensions {
            path,
            rows,
            columns,
        });
    }
    let pixels = read_body(&mut source, &[count, rows, columns])?;
    // Lossless: the product of the three is at most `MAX_FILE_BYTES` by now.
    Ok(Images {
        count: count as usize,
        rows: rows as usize,
        columns: columns as usize,
        pixels,
    })
}

/// Reads a whole label file.
pub(super) fn read_labels(mut source: Source) -> Result<Vec<u8>, DataError> {
    let sizes: [u32; 1] = read_header(&mut source, FileKind::Labels)?;
    read_body(&mut source, &sizes)
}

/// Checks the magic number and gives the `N` sizes that follow it, the first of which (the
/// number of items) is not zero.
fn read_header<const N: usize>(source: &mut Source, kind: FileKind) -> Result<[u32; N], DataError> {
    let expected = header_bytes(N);
    let bytes = source.read_up_to(expected)?;
    let path = || source.path().to_path_buf();
    let truncated = || DataError::TruncatedHeader {
        path: path(),
        expected,
        found: bytes.len() as u64,
    };
    let mut fields = bytes.as_chunks::<{ FIELD_BYTES as usize }>().0.iter();
    // The magic number comes before the length: of a short file of another sort it says more.
    let magic = fields
        .next()
        .map(|field| u32::from_be_bytes(*field))
        .ok_or_else(truncated)?;
    if magic != kind.magic() {
        return Err(DataError::WrongMagic {
            path: path(),
            kind: kind.name(),
            expected: kind.magic(),
            found: magic,
            found_is: describe_magic(magic),
        });
    }
    let mut sizes = [0; N];
    for size in &mut sizes {
        *size = fields
            .next()
            .map(|field| u32::from_be_bytes(*field))
            .ok_or_else(truncated)?;
    }
    if sizes.first() == Some(&0) {
        return Err(DataError::NoItems { path: path() });
    }
    Ok(sizes)
}

/// Reads what follows the header up to the end of the file: exactly the product of `sizes`.
fn read_body(source: &mut Source, sizes: &[u32]) -> Result<Vec<u8>, DataError> {
    let path = source.path().to_path_buf();
    let header = header_bytes(sizes.len());
    // Saturation is a claim above the limit like any other.
    let body = sizes
        .iter()
        .fold(1u64, |bytes, &size| bytes.saturating_mul(size.into()));
    let expected = header.saturating_add(body);
    if expected > MAX_FILE_BYTES {
        let items = sizes.first().copied().unwrap_or_default();
        return Err(DataError::TooLarge {
            path,
            items,
            bytes: expected,
        });
    }
    // One byte more shows whether the file ends here; it also makes a gzip stream that is
    // complete verify its own checksum.
    let bytes = source.read_up_to(body + 1)?;
    let found = bytes.len() as u64;
    if found < body {
        return Err(DataError::TruncatedBody {
            path,
            expected,
            found: header + found,
        });
    }
    if found > body {
        return Err(DataError::TrailingBytes { path, expected });
    }
    Ok(bytes)
}

/// Bytes of a header with that many dimensions.
fn header_bytes(dimensions: usize) -> u64 {
    FIELD_BYTES * (1 + dimensions as u64)
}

/// What a file with this magic number is, as far as can be told.
fn describe_magic(magic: u32) -> &'static str {
    match magic.to_be_bytes() {
        [0, 0, 8, 1] => "a label file",
        [0, 0, 8, 3] => "an image file",
        [0, 0, 8, _] => "an IDX file of bytes with other dimensions",
        [0, 0, 9 | 11..=14, _] => "an IDX file of another number type",
        [1 | 3, 8, 0, 0] => "a byte-swapped (little-endian) file",
        // What a failed download often leaves.
        [b'<', ..] => "an HTML or XML page",
        [b'P', b'K', 3, 4] => "a ZIP archive",
        _ => "not an IDX file",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_that_overflow_are_too_large() {
        let mut source = Source::from_bytes("f".into(), vec![0; 8]);
        let error = read_body(&mut source, &[u32::MAX; 3]).unwrap_err();
        assert!(
            matches!(
                error,
                DataError::TooLarge {
                    bytes: u64::MAX,
                    ..
                }
            ),
            "{error}"
        );
    }

    #[test]
    fn describes_other_files() {
        for (start, description) in [
            (*b"<!DO", "an HTML or XML page"),
            (*b"PK\x03\x04", "a ZIP archive"),
            ([0, 0, 8, 2], "an IDX file of bytes with other dimensions"),
            ([0, 0, 13, 3], "an IDX file of another number type"),
            ([3, 8, 0, 0], "a byte-swapped (little-endian) file"),
            (*b"\x89PNG", "not an IDX file"),
        ] {
            assert_eq!(describe_magic(u32::from_be_bytes(start)), description);
        }
    }
}
