use super::file_kind::FileKind;
use super::idx::{ImageHeader, read_image_header, read_labels, read_pixels};
use super::source::Source;
use super::{DataError, MAX_FILE_BYTES, Part, Split};

/// From all labels of a part, which images to keep, in ascending order; all if none.
pub(super) type Keep<'a> = dyn FnMut(&[u8]) -> Result<Option<Vec<usize>>, DataError> + 'a;

/// What was read of a part.
#[derive(Debug)]
pub(super) struct ReadPart {
    /// The images that were kept.
    pub split: Split,
    /// The highest label of all images + 1.
    pub class_count: usize,
    /// Of the raw bytes of images and labels.
    pub md5: [String; 2],
}

/// Reads both files of a part and pairs their items. Images that are not kept take no memory.
pub(super) fn read_part(
    part: Part,
    mut images: Source,
    mut labels: Source,
    keep: &mut Keep,
) -> Result<ReadPart, DataError> {
    let header = read_image_header(&mut images)?;
    let labels_path = labels.path().to_path_buf();
    let all = read_labels(&mut labels)?;
    let kept = match header.count == all.len() {
        true => keep(&all)?,
        // What all of them are is checked first: of a huge count it says more.
        false => None,
    };
    check_memory(part, &images, &header, kept.as_deref())?;
    if header.count != all.len() {
        return Err(DataError::CountMismatch {
            images_path: images.path().to_path_buf(),
            images: header.count,
            labels_path,
            labels: all.len(),
        });
    }
    let pixels = read_pixels(&mut images, &header, kept.as_deref())?;
    let class_count = all.iter().max().map_or(0, |&label| usize::from(label) + 1);
    let labels_kept = match &kept {
        Some(kept) => kept.iter().map(|&index| all[index]).collect(),
        None => all,
    };
    Ok(ReadPart {
        split: Split {
            images: pixels,
            labels: labels_kept,
            rows: header.rows,
            columns: header.columns,
            channels: header.channels,
        },
        class_count,
        md5: [images.md5(), labels.md5()],
    })
}

/// Checks that the pixels of the images to keep are not too many.
fn check_memory(
    part: Part,
    images: &Source,
    header: &ImageHeader,
    kept: Option<&[usize]>,
) -> Result<(), DataError> {
    let items = kept.map_or(header.count, <[usize]>::len);
    let bytes = (items as u64).saturating_mul(header.image_bytes());
    if bytes <= MAX_FILE_BYTES {
        return Ok(());
    }
    let most = MAX_FILE_BYTES / header.image_bytes();
    let way_out = match part {
        Part::Train => format!("; train on fewer with `--limit-train`, at most {most} of them"),
        Part::Test => format!("; a test set is kept whole, so give one of at most {most}"),
    };
    Err(DataError::TooLarge {
        path: images.path().to_path_buf(),
        items,
        kind: FileKind::Images.name(),
        bytes,
        way_out,
    })
}
