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
//! Images are grey, IDX files of the dimensions `[images, rows, columns]`, or have channels, as image
//! files do: `[images, rows, columns, channels]` with 1 channel or 3 (red, green, blue). Such files
//! may be named `idx4` in place of `idx3`; the header decides, not the name.
//!
//! The folder may have a file `classes.txt` with the names of the classes: UTF-8, one a line, in the
//! order of the labels.
//!
//! No header is trusted with memory: buffers grow with the bytes that really come, and reading
//! stops one byte after what the header claims. Of the training images only the
//! [selected](Selection) ones are kept, at most [`MAX_FILE_BYTES`] of them.

mod bundled;
mod class_names;
mod data_source;
mod draw;
mod error;
mod evaluate_on;
mod file_kind;
mod gzip;
mod hexadecimal;
mod idx;
mod image_set;
mod known_classes;
mod limits;
mod load;
mod part;
mod reader;
mod selection;
mod source;
mod split;

use std::path::Path;

pub use bundled::Bundled;
pub use data_source::{DataSource, PathNotUtf8};
pub(crate) use draw::drawn;
pub use error::DataError;
pub use evaluate_on::EvaluateOn;
pub use image_set::ImageSet;
pub use known_classes::{InvalidClasses, KnownClasses};
pub use limits::{MAX_FILE_BYTES, MAX_IMAGE_SIDE};
pub use part::Part;
pub use selection::Selection;
pub use split::Split;

use file_kind::FileKind;
use reader::read_part;
use source::Source;

/// Reads one part of an MNIST-format set from the folder `dir`, whole; see the [module](self) for
/// the file names.
///
/// # Errors
///
/// The [`DataError`]s of files and folders.
pub fn load(dir: &Path, part: Part) -> Result<Split, DataError> {
    let images = Source::find(dir, part, FileKind::Images)?;
    let labels = Source::find(dir, part, FileKind::Labels)?;
    Ok(read_part(part, images, labels, &mut |_| Ok(None))?.split)
}

/// The name of a set for titles: as its authors write it, if it is a bundled one.
pub fn title(name: &str) -> &str {
    match Bundled::named(name) {
        Some(set) => set.title(),
        None => name,
    }
}
