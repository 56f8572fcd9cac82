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

    /// The text is neither a set's name nor a folder's path.
    #[error("`{text}` is neither a folder nor the name of a set; the sets are {sets}{hint}")]
    UnknownSet {
        /// The text.
        text: String,
        /// The names of the sets.
        sets: String,
        /// The name that may have been meant, as the end of a sentence; or nothing.
        hint: String,
    },

    /// The folder of the set is there but is something else than a folder.
    #[error("{dir} is not a folder: expected a folder with the files of an MNIST-format set")]
    NotAFolder {
        /// The path asked for.
        dir: PathBuf,
    },

    /// The folder has the file under none of its names.
    #[error("no {part} {kind} in {dir}: tried {}; the folder holds {there}", tried.join(", "))]
    MissingFile {
        /// The folder searched.
        dir: PathBuf,
        /// The part asked for.
        part: Part,
        /// `images` or `labels`.
        kind: &'static str,
        /// The names tried, in order.
        tried: Vec<String>,
        /// Names that are there.
        there: String,
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

    /// The gzip stream is cut short, corrupt, or fails its own checksum.
    #[error("{path} is damaged gzip: {reason}; fetch the file again")]
    DamagedGzip {
        /// The file.
        path: PathBuf,
        /// What is wrong with the stream.
        reason: String,
    },

    /// The gzip stream is followed by something that is not gzip.
    #[error(
        "{path} has {found} behind its gzip stream that are not gzip; remove them, or fetch the file again"
    )]
    BehindGzip {
        /// The file.
        path: PathBuf,
        /// How many bytes, in words.
        found: String,
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

    /// The header claims images of a number of channels that is not that of grey or of colour.
    #[error(
        "{path} claims images of {channels} channels, the last of its four sizes: expected 1 (grey) or 3 \
         (red, green, blue)"
    )]
    Channels {
        /// The file.
        path: PathBuf,
        /// Channels claimed.
        channels: u32,
    },

    /// What is to be kept in memory is more than [`MAX_FILE_BYTES`].
    #[error(
        "{path}: {items} {kind} of it are {bytes} bytes, but at most {MAX_FILE_BYTES} bytes are kept in \
         memory{way_out}"
    )]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Items to keep.
        items: usize,
        /// `images` or `labels`.
        kind: &'static str,
        /// Their bytes.
        bytes: u64,
        /// What to do, as the end of a sentence.
        way_out: String,
    },

    /// More training images are asked for than there are.
    #[error(
        "--limit-train is {limit}, but must be at most {available}, the number of training images"
    )]
    Limit {
        /// The number asked for.
        limit: usize,
        /// How many there are, but for the validation part.
        available: usize,
    },

    /// No image of a part has a label that is to be learned.
    #[error("--classes has the label {label}, but the set's {part} images have it nowhere")]
    NoSuchClass {
        /// The part.
        part: Part,
        /// The label.
        label: u8,
    },

    /// The set has too few training images to hold some out.
    #[error(
        "--evaluate-on validation holds {images} of the training images out, for which there must be at \
         least {needed}, but there are {available}; use --evaluate-on test"
    )]
    NoValidation {
        /// Images to hold out.
        images: usize,
        /// Training images.
        available: usize,
        /// Training images that it takes.
        needed: usize,
    },

    /// The names of the classes do not fit to the set.
    #[error(
        "{path} names the classes, but {problem}; it has one name a line, in the order of the labels"
    )]
    ClassNames {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
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
}
