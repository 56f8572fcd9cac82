//! Reading of image classification sets in the MNIST (IDX) file format.
//!
//! A set is a folder of four files, two for each [`Part`]:
//!
//! | part  | images                    | labels                    |
//! |-------|---------------------------|---------------------------|
//! | train | `train-images-idx3-ubyte` | `train-labels-idx1-ubyte` |
//! | test  | `t10k-images-idx3-ubyte`  | `t10k-labels-idx1-ubyte`  |
//!
//! Each may be raw or gzip (`.gz` added to the name), and the variant with a dot
//! (`train-images.idx3-ubyte`) is read as well. If several are there, the first of this order
//! is read: raw with a dash, raw with a dot, gzip with a dash, gzip with a dot. Raw comes first
//! as it needs no decompression.
//!
//! The name alone decides whether a file is gzip. A file that breaks this, in either direction,
//! is an error which says so: nothing is guessed.
//!
//! No header is trusted with memory: buffers grow with the bytes that really come, and reading
//! stops one byte after what the header claims, which itself may be at most [`MAX_FILE_BYTES`].

mod bundled;
mod error;
mod file_kind;
mod idx;
mod limits;
mod part;
mod source;
mod split;

use std::path::Path;

pub use bundled::Bundled;
pub use error::DataError;
pub use limits::{MAX_FILE_BYTES, MAX_IMAGE_SIDE};
pub use part::Part;
pub use split::Split;

use file_kind::FileKind;
use source::Source;

/// Reads one part of an MNIST-format set from the folder `dir`; see the [module](self) for the
/// file names.
///
/// # Errors
///
/// Every [`DataError`] but [`DataError::ChecksumMismatch`] and [`DataError::NotBundled`], which
/// are about bundled sets only.
pub fn load(dir: &Path, part: Part) -> Result<Split, DataError> {
    let images = Source::find(dir, part, FileKind::Images)?;
    let labels = Source::find(dir, part, FileKind::Labels)?;
    read_split(images, labels)
}

/// Name, training and test images of the set in a folder, or of the bundled MNIST.
///
/// # Errors
///
/// As [`load`] and [`Bundled::load`].
pub fn load_set(dir: Option<&Path>) -> Result<(String, [Split; 2]), DataError> {
    let parts = [Part::Train, Part::Test];
    let (name, [training, test]) = match dir {
        None => (
            Bundled::Mnist.name().into(),
            parts.map(|part| Bundled::Mnist.load(part)),
        ),
        Some(dir) => {
            let name = dir.file_name().unwrap_or(dir.as_os_str()).to_string_lossy();
            (name.into_owned(), parts.map(|part| load(dir, part)))
        }
    };
    Ok((name, [training?, test?]))
}

/// Parses both files and pairs their items.
fn read_split(images: Source, labels: Source) -> Result<Split, DataError> {
    let images_path = images.path().to_path_buf();
    let labels_path = labels.path().to_path_buf();
    let images = idx::read_images(images)?;
    let labels = idx::read_labels(labels)?;
    if images.count != labels.len() {
        return Err(DataError::CountMismatch {
            images_path,
            images: images.count,
            labels_path,
            labels: labels.len(),
        });
    }
    Ok(Split {
        images: images.pixels,
        labels,
        rows: images.rows,
        columns: images.columns,
    })
}
