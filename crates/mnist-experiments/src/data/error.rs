use std::io;
use std::path::PathBuf;

use thiserror::Error;

use super::{MAX_FILE_BYTES, MAX_IMAGE_SIDE, Part};

/// Why a set could not be read: one variant for each way a file can be wrong.
///
/// Every message is complete by itself (it includes the system's reason where there is one), so
/// no variant has a [`source`](std::error::Error::source) that would repeat it.
#[derive(Debug, Error)]
pub enum DataError {
    /// The folder of the set is not there.
    #[error("data folder {dir} not found: expected a folder with the files of an MNIST-format set")]
    MissingFolder {
        /// The folder asked for.
        dir: PathBuf,
    },

    /// The folder of the set is there but is something else than a folder.
    #[error("{dir} is not a folder: expected a folder with the files of an MNIST-format set")]
    NotAFolder {
        /// The path asked for.
        dir: PathBuf,
    },

    /// The folder has the file under none of its names.
    #[error("no {part} {kind} in {dir}: tried {}", tried.join(", "))]
    MissingFile {
        /// The folder searched.
        dir: PathBuf,
        /// The part asked for.
        part: Part,
        /// `images` or `labels`.
        kind: &'static str,
        /// The names tried, in order.
        tried: Vec<String>,
    },

    /// The system refused to open or read the file, or it is no regular file.
    #[error("{path} cannot be read: {reason}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: io::Error,
    },

    /// The name ends in `.gz` but the content does not start as gzip does.
    #[error(
        "{path} is not gzip: expected it to start with bytes 1f 8b, found {found}; \
         if it is a raw file, remove `.gz` from its name"
    )]
    NotGzip {
        /// The file.
        path: PathBuf,
        /// Its first bytes in hexadecimal, or `an empty file`.
        found: String,
    },

    /// The gzip stream is cut short, corrupt, fails its own checksum, or is followed by
    /// something that is not gzip.
    #[error("{path} is damaged gzip: {reason}; fetch the file again")]
    DamagedGzip {
        /// The file.
        path: PathBuf,
        /// What is wrong with the stream.
        reason: String,
    },

    /// The name does not end in `.gz` but the content is gzip.
    #[error("{path} is gzip but is named like a raw file: add `.gz` to its name or decompress it")]
    UnexpectedGzip {
        /// The file.
        path: PathBuf,
    },

    /// The file ends before its header does; an empty file is the extreme case.
    #[error("{path} ends within its header: expected {expected} bytes, found {found}")]
    TruncatedHeader {
        /// The file.
        path: PathBuf,
        /// Bytes of a complete header.
        expected: u64,
        /// Bytes that are there.
        found: u64,
    },

    /// The file ends before the last item its header claims.
    #[error("{path} is truncated: expected {expected} bytes by its header, found {found}")]
    TruncatedBody {
        /// The file.
        path: PathBuf,
        /// Raw bytes of the whole file by its header.
        expected: u64,
        /// Raw bytes that are there.
        found: u64,
    },

    /// The file goes on after the last item its header claims. Reading stops there, so how far
    /// it goes on is not known, and of a gzip file whether it is rather damaged: its own checksum
    /// comes at its end.
    #[error("{path} has trailing bytes: expected {expected} bytes by its header, found more")]
    TrailingBytes {
        /// The file.
        path: PathBuf,
        /// Raw bytes of the whole file by its header.
        expected: u64,
    },

    /// The file starts with the magic number of something else.
    #[error(
        "{path} is {found_is} where {kind} were expected: \
         expected magic number {expected:#010x}, found {found:#010x}"
    )]
    WrongMagic {
        /// The file.
        path: PathBuf,
        /// `images` or `labels`.
        kind: &'static str,
        /// The magic number of such a file.
        expected: u32,
        /// The magic number of this file.
        found: u32,
        /// What has the magic number found, such as `a label file`.
        found_is: &'static str,
    },

    /// The header claims no items.
    #[error("{path} is empty: expected at least one item, its header claims 0")]
    NoItems {
        /// The file.
        path: PathBuf,
    },

    /// The header claims images with a side of zero or above [`MAX_IMAGE_SIDE`].
    #[error(
        "{path} claims images of {rows} x {columns} pixels: \
         expected each side to be from 1 to {MAX_IMAGE_SIDE}"
    )]
    ImageDimensions {
        /// The file.
        path: PathBuf,
        /// Height claimed.
        rows: u32,
        /// Width claimed.
        columns: u32,
    },

    /// The header claims more than [`MAX_FILE_BYTES`] in all.
    #[error("{path} claims {items} items, {bytes} bytes: expected at most {MAX_FILE_BYTES} bytes")]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Items claimed.
        items: u32,
        /// Raw bytes of the whole file by its header.
        bytes: u64,
    },

    /// The two files of a part have a different number of items.
    #[error(
        "{labels_path} has {labels} labels: expected {images}, one for each image of {images_path}"
    )]
    CountMismatch {
        /// The image file.
        images_path: PathBuf,
        /// Its number of images.
        images: usize,
        /// The label file.
        labels_path: PathBuf,
        /// Its number of labels.
        labels: usize,
    },

    /// A file of a bundled set is not the one that was published.
    #[error(
        "{path} is not the file of the bundled set: expected md5 {expected} of its raw bytes, \
         found {found}; restore it with `git checkout -- {path}`, \
         or delete it if the repository has no such file"
    )]
    ChecksumMismatch {
        /// The file.
        path: PathBuf,
        /// MD5 of the published raw file in hexadecimal.
        expected: &'static str,
        /// MD5 of this file's raw bytes in hexadecimal, or `more than N bytes`.
        found: String,
    },

    /// The part asked for is not in the repository.
    #[error(
        "the {part} part of {set} is not bundled: download the four files of {set} into a folder \
         and pass it with `--data DIR`; this part needs {}", needs.join(" and ")
    )]
    NotBundled {
        /// The set's name.
        set: &'static str,
        /// The part asked for.
        part: Part,
        /// The names of the two files that the part consists of.
        needs: [String; 2],
    },
}
