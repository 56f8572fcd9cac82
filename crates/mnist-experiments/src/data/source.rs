use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;

use super::file_kind::FileKind;
use super::{DataError, Part};

/// How every gzip stream starts. No IDX file does: those start with two zero bytes.
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// The raw (decompressed) bytes of one file, read bit by bit, with the path for the messages.
pub(super) struct Source {
    path: PathBuf,
    reader: Box<dyn Read>,
    gzip: bool,
}

impl Source {
    /// Opens the file of that kind in `dir` under the first of its names that exists.
    pub(super) fn find(dir: &Path, part: Part, kind: FileKind) -> Result<Self, DataError> {
        match fs::metadata(dir) {
            Ok(found) if found.is_dir() => {}
            Ok(_) => {
                return Err(DataError::NotAFolder {
                    dir: dir.to_path_buf(),
                });
            }
            Err(reason) if reason.kind() == io::ErrorKind::NotFound => {
                return Err(DataError::MissingFolder {
                    dir: dir.to_path_buf(),
                });
            }
            Err(reason) => {
                return Err(DataError::Unreadable {
                    path: dir.to_path_buf(),
                    reason,
                });
            }
        }
        let names = kind.names(part);
        for name in &names {
            let path = dir.join(name);
            match fs::metadata(&path) {
                Ok(found) if found.is_file() => return Self::open(path),
                // Told apart here: opening a pipe would wait for its writer.
                Ok(_) => {
                    let reason = io::Error::other("not a regular file");
                    return Err(DataError::Unreadable { path, reason });
                }
                Err(reason) if reason.kind() == io::ErrorKind::NotFound => {}
                Err(reason) => return Err(DataError::Unreadable { path, reason }),
            }
        }
        Err(DataError::MissingFile {
            dir: dir.to_path_buf(),
            part,
            kind: kind.name(),
            tried: names.into(),
        })
    }

    /// Opens one file, as gzip if its name ends in `.gz`.
    fn open(path: PathBuf) -> Result<Self, DataError> {
        let gzip = path.extension().is_some_and(|extension| extension == "gz");
        let mut file = match File::open(&path) {
            Ok(file) => BufReader::new(file),
            Err(reason) => return Err(DataError::Unreadable { path, reason }),
        };
        let start = match file.fill_buf() {
            Ok(start) => &start[..start.len().min(GZIP_MAGIC.len())],
            Err(reason) => return Err(DataError::Unreadable { path, reason }),
        };
        match (gzip, start == GZIP_MAGIC) {
            (true, false) => Err(DataError::NotGzip {
                found: describe_start(start),
                path,
            }),
            (false, true) => Err(DataError::UnexpectedGzip { path }),
            // A gzip file may consist of several streams; this also rejects what follows the
            // last one if that is not gzip.
            (true, true) => Ok(Self {
                path,
                reader: Box::new(MultiGzDecoder::new(file)),
                gzip,
            }),
            (false, false) => Ok(Self {
                path,
                reader: Box::new(file),
                gzip,
            }),
        }
    }

    /// Raw bytes that are in memory already; `path` is where they came from.
    pub(super) fn from_bytes(path: PathBuf, bytes: Vec<u8>) -> Self {
        Self {
            path,
            reader: Box::new(Cursor::new(bytes)),
            gzip: false,
        }
    }

    /// The file the bytes come from.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The next `limit` bytes, or fewer at the end of the file.
    ///
    /// The buffer grows with the bytes that come, never by `limit`.
    pub(super) fn read_up_to(&mut self, limit: u64) -> Result<Vec<u8>, DataError> {
        let mut bytes = Vec::new();
        match (&mut self.reader).take(limit).read_to_end(&mut bytes) {
            Ok(_) => Ok(bytes),
            Err(reason) => Err(self.read_error(reason)),
        }
    }

    /// Tells a bad gzip stream from a system that cannot read the file.
    fn read_error(&self, reason: io::Error) -> DataError {
        let path = self.path.clone();
        // The decoder uses these kinds for what it finds in the stream and passes on others.
        let damage = match reason.kind() {
            io::ErrorKind::UnexpectedEof => "the stream is cut short".to_string(),
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => reason.to_string(),
            _ => return DataError::Unreadable { path, reason },
        };
        if self.gzip {
            DataError::DamagedGzip {
                path,
                reason: damage,
            }
        } else {
            DataError::Unreadable { path, reason }
        }
    }
}

/// The first bytes of a file in hexadecimal.
fn describe_start(start: &[u8]) -> String {
    match start {
        [] => "an empty file".to_string(),
        [one] => format!("{one:02x} only"),
        [one, two, ..] => format!("{one:02x} {two:02x}"),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    #[test]
    fn a_high_limit_allocates_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("raw");
        fs::write(&path, [7; 10]).unwrap();
        let bytes = Source::open(path).unwrap().read_up_to(u64::MAX).unwrap();
        assert_eq!(bytes, [7; 10]);
        assert!(
            bytes.capacity() < 1 << 16,
            "{} bytes allocated",
            bytes.capacity()
        );
    }

    #[test]
    fn a_gzip_bomb_stops_at_the_limit() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("bomb.gz");
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&vec![0; 1 << 24]).unwrap();
        fs::write(&path, encoder.finish().unwrap()).unwrap();
        let bytes = Source::open(path).unwrap().read_up_to(100).unwrap();
        assert_eq!(bytes.len(), 100);
        assert!(
            bytes.capacity() < 1 << 16,
            "{} bytes allocated",
            bytes.capacity()
        );
    }

    #[test]
    fn a_failing_disk_is_not_damaged_gzip() {
        let source = Source {
            path: "f.gz".into(),
            reader: Box::new(io::empty()),
            gzip: true,
        };
        let error = source.read_error(io::Error::other("disk on fire"));
        assert_eq!(error.to_string(), "f.gz cannot be read: disk on fire");
    }
}
