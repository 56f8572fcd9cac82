//! The IDX format: a magic number, the size of each dimension (all big-endian 32-bit), then one
//! byte for each item's label or pixels, the last dimension changing fastest.
//!
//! Images are `[images, rows, columns]`, or `[images, rows, columns, channels]` as image files have
//! them; in memory they are planes, `[images, channels, rows, columns]`, as networks take them.

use super::DataError;
use super::file_kind::FileKind;
use super::source::Source;
use super::{MAX_FILE_BYTES, MAX_IMAGE_SIDE};

/// Bytes of the magic number and of the size of each dimension.
const FIELD_BYTES: u64 = 4;

/// What the header of an image file says.
#[derive(Debug)]
pub(super) struct ImageHeader {
    pub(super) count: usize,
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) channels: usize,
    /// Its own size.
    bytes: u64,
}

impl ImageHeader {
    /// Bytes of an image.
    pub(super) fn image_bytes(&self) -> u64 {
        (self.rows * self.columns * self.channels) as u64
    }
}

/// Reads the header of an image file.
pub(super) fn read_image_header(source: &mut Source) -> Result<ImageHeader, DataError> {
    let sizes = read_header(source, FileKind::Images)?;
    let path = || source.path().to_path_buf();
    let (count, rows, columns) = (sizes[0], sizes[1], sizes[2]);
    let channels = sizes.get(3).copied().unwrap_or(1);
    let side = 1..=MAX_IMAGE_SIDE;
    if !side.contains(&rows) || !side.contains(&columns) {
        return Err(DataError::ImageDimensions {
            path: path(),
            rows,
            columns,
        });
    }
    if ![1, 3].contains(&channels) {
        return Err(DataError::Channels {
            path: path(),
            channels,
        });
    }
    Ok(ImageHeader {
        count: count as usize,
        rows: rows as usize,
        columns: columns as usize,
        channels: channels as usize,
        bytes: header_bytes(sizes.len()),
    })
}

/// Reads what follows the header up to the end of the file: the pixels of the images to keep, which
/// are in ascending order, or of all.
pub(super) fn read_pixels(
    source: &mut Source,
    header: &ImageHeader,
    keep: Option<&[usize]>,
) -> Result<Vec<u8>, DataError> {
    let image_bytes = header.image_bytes();
    let body = image_bytes.saturating_mul(header.count as u64);
    let expected = header.bytes.saturating_add(body);
    let mut pixels = Vec::new();
    let mut image = Vec::new();
    let mut kept = keep.map(|keep| keep.iter().peekable());
    for index in 0..header.count {
        source.read_into(&mut image, image_bytes)?;
        if (image.len() as u64) < image_bytes {
            return Err(DataError::TruncatedBody {
                path: source.path().to_path_buf(),
                expected,
                found: header.bytes + index as u64 * image_bytes + image.len() as u64,
            });
        }
        let wanted = match &mut kept {
            Some(kept) => kept.next_if_eq(&&index).is_some(),
            None => true,
        };
        match header.channels {
            _ if !wanted => {}
            1 => pixels.extend_from_slice(&image),
            channels => {
                let plane = |channel| image.iter().skip(channel).step_by(channels).copied();
                (0..channels).for_each(|channel| pixels.extend(plane(channel)));
            }
        }
    }
    check_end(source, expected)?;
    Ok(pixels)
}

/// Reads a whole label file.
pub(super) fn read_labels(source: &mut Source) -> Result<Vec<u8>, DataError> {
    let count: u64 = read_header(source, FileKind::Labels)?[0].into();
    let path = source.path().to_path_buf();
    let header = header_bytes(1);
    let expected = header + count;
    if expected > MAX_FILE_BYTES {
        return Err(DataError::TooLarge {
            path,
            items: count as usize,
            kind: FileKind::Labels.name(),
            bytes: expected,
            way_out: String::new(),
        });
    }
    let labels = source.read_up_to(count)?;
    let found = labels.len() as u64;
    if found < count {
        return Err(DataError::TruncatedBody {
            path,
            expected,
            found: header + found,
        });
    }
    check_end(source, expected)?;
    Ok(labels)
}

/// Checks that the file ends here. That one byte more was asked for also makes a gzip stream which
/// is complete verify its own checksum.
fn check_end(source: &mut Source, expected: u64) -> Result<(), DataError> {
    match source.read_up_to(1)?.is_empty() {
        true => Ok(()),
        false => Err(DataError::TrailingBytes {
            path: source.path().to_path_buf(),
            expected,
        }),
    }
}

/// Checks the magic number and gives the sizes that follow it, the first of which (the number of
/// items) is not zero: three or four of images, one of labels.
fn read_header(source: &mut Source, kind: FileKind) -> Result<Vec<u32>, DataError> {
    let mut bytes = source.read_up_to(FIELD_BYTES)?;
    let path = source.path().to_path_buf();
    let magic = match bytes.first_chunk() {
        Some(field) if bytes.len() as u64 == FIELD_BYTES => u32::from_be_bytes(*field),
        _ => {
            return Err(DataError::TruncatedHeader {
                path,
                expected: header_bytes(kind.dimensions()[0]),
                found: bytes.len() as u64,
            });
        }
    };
    // The magic number comes before the length: of a short file of another sort it says more.
    let dimensions = kind.dimensions().iter().copied();
    let Some(dimensions) = dimensions.into_iter().find(|&d| magic_number(d) == magic) else {
        return Err(DataError::WrongMagic {
            path,
            kind: kind.name(),
            expected: magic_number(kind.dimensions()[0]),
            found: magic,
            found_is: describe_magic(magic),
        });
    };
    let expected = header_bytes(dimensions);
    bytes.extend(source.read_up_to(expected - FIELD_BYTES)?);
    if (bytes.len() as u64) < expected {
        return Err(DataError::TruncatedHeader {
            path,
            expected,
            found: bytes.len() as u64,
        });
    }
    let fields = bytes.as_chunks::<{ FIELD_BYTES as usize }>().0.iter();
    let sizes: Vec<u32> = fields.skip(1).map(|f| u32::from_be_bytes(*f)).collect();
    match sizes.first() {
        Some(0) => Err(DataError::NoItems { path }),
        _ => Ok(sizes),
    }
}

/// Bytes of a header with that many dimensions.
fn header_bytes(dimensions: usize) -> u64 {
    FIELD_BYTES * (1 + dimensions as u64)
}

/// The first four bytes of a file with that many dimensions, big-endian: 0, 0, type (8 = unsigned
/// byte), number of dimensions.
fn magic_number(dimensions: usize) -> u32 {
    0x0800 + dimensions as u32
}

/// What a file with this magic number is, as far as can be told.
fn describe_magic(magic: u32) -> &'static str {
    match magic.to_be_bytes() {
        [0, 0, 8, 1] => "a label file",
        [0, 0, 8, 3] => "an image file",
        [0, 0, 8, 4] => "an image file with channels",
        [0, 0, 8, _] => "an IDX file of bytes with other dimensions",
        [0, 0, 9 | 11..=14, _] => "an IDX file of another number type",
        [1 | 3 | 4, 8, 0, 0] => "a byte-swapped (little-endian) file",
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
