use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};

use md5::{Digest, Md5};

use super::file_kind::FileKind;
use super::gzip::{ForeignBytes, GZIP_MAGIC, GzipReader, MOST_COUNTED};
use super::hexadecimal::hexadecimal;
use super::{DataError, Part};

/// The raw (decompressed) bytes of one file, read bit by bit, with the path for the messages.
pub(super) struct Source {
    path: PathBuf,
    reader: Box<dyn Read>,
    gzip: bool,
    /// Of the bytes that were read.
    md5: Checksum,
}

/// The MD5 of bytes.
enum Checksum {
    /// That is computed as they are read.
    Running(Md5),
    /// That is known already.
    Known(String),
}

impl Source {
    /// Opens the file of that kind in `dir` under the first of its names that exists. Folders do not
    /// count: archives unpack to one that is named like the file.
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
        let mut folder = None;
        for name in &names {
            let path = dir.join(name);
            let irregular = |path| {
                let reason = io::Error::other("not a regular file");
                DataError::Unreadable { path, reason }
            };
            match fs::metadata(&path) {
                Ok(found) if found.is_file() => return Self::open(path),
                Ok(found) if found.is_dir() => folder = folder.or(Some(irregular(path))),
                // Told apart here: opening a pipe would wait for its writer.
                Ok(_) => return Err(irregular(path)),
                Err(reason) if reason.kind() == io::ErrorKind::NotFound => {}
                Err(reason) => return Err(DataError::Unreadable { path, reason }),
            }
        }
        Err(folder.unwrap_or_else(|| DataError::MissingFile {
            dir: dir.to_path_buf(),
            part,
            kind: kind.name(),
            tried: names,
            there: names_in(dir),
        }))
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
            (true, true) => Ok(Self::new(path, Box::new(GzipReader::new(file)), gzip)),
            (false, false) => Ok(Self::new(path, Box::new(file), gzip)),
        }
    }

    fn new(path: PathBuf, reader: Box<dyn Read>, gzip: bool) -> Self {
        Self {
            path,
            reader,
            gzip,
            md5: Checksum::Running(Md5::new()),
        }
    }

    /// Raw bytes that are in memory already, with their MD5; `path` is where they came from.
    pub(super) fn from_bytes(path: PathBuf, bytes: Vec<u8>, md5: String) -> Self {
        Self {
            path,
            reader: Box::new(Cursor::new(bytes)),
            gzip: false,
            md5: Checksum::Known(md5),
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
        self.read_into(&mut bytes, limit)?;
        Ok(bytes)
    }

    /// [`read_up_to`](Self::read_up_to) in place of what a buffer holds.
    pub(super) fn read_into(&mut self, buffer: &mut Vec<u8>, limit: u64) -> Result<(), DataError> {
        buffer.clear();
        if let Err(reason) = (&mut self.reader).take(limit).read_to_end(buffer) {
            return Err(self.read_error(reason));
        }
        if let Checksum::Running(digest) = &mut self.md5 {
            digest.update(buffer);
        }
        Ok(())
    }

    /// The MD5 of the bytes that were read, in hexadecimal; of a source from bytes that of all.
    pub(super) fn md5(&self) -> String {
        match &self.md5 {
            Checksum::Running(digest) => hexadecimal(&digest.clone().finalize()),
            Checksum::Known(md5) => md5.clone(),
        }
    }

    /// Tells a bad gzip stream from a system that cannot read the file.
    fn read_error(&self, reason: io::Error) -> DataError {
        let path = self.path.clone();
        if let Some(foreign) = reason
            .get_ref()
            .and_then(|e| e.downcast_ref::<ForeignBytes>())
        {
            let found = match foreign.count {
                1 => "1 byte".into(),
                count if count <= MOST_COUNTED => format!("{count} bytes"),
                _ => format!("more than {MOST_COUNTED} bytes"),
            };
            return DataError::BehindGzip { path, found };
        }
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

/// Names in a folder that are shown.
const NAMES: usize = 8;

/// Some of the names in a folder, in order, and how many there are more.
fn names_in(dir: &Path) -> String {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let name = |entry: fs::DirEntry| {
        entry
            .file_name()
            .to_string_lossy()
            .escape_debug()
            .to_string()
    };
    let mut names: Vec<String> = entries.map(name).collect();
    names.sort();
    let more = names.len().saturating_sub(NAMES);
    names.truncate(NAMES);
    match (names.is_empty(), more) {
        (true, _) => "nothing".into(),
        (false, 0) => names.join(", "),
        (false, _) => format!("{} and {more} more", names.join(", ")),
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
    fn names_of_a_folder_are_few() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(names_in(dir.path()), "nothing");
        for name in ["b", "a\n"] {
            fs::write(dir.path().join(name), "").unwrap();
        }
        assert_eq!(names_in(dir.path()), "a\\n, b");
        for i in 0..20 {
            fs::write(dir.path().join(format!("c{i:02}")), "").unwrap();
        }
        assert_eq!(
            names_in(dir.path()),
            "a\\n, b, c00, c01, c02, c03, c04, c05 and 14 more"
        );
    }

    #[test]
    fn a_failing_disk_is_not_damaged_gzip() {
        let source = Source::new("f.gz".into(), Box::new(io::empty()), true);
        let error = source.read_error(io::Error::other("disk on fire"));
        assert_eq!(error.to_string(), "f.gz cannot be read: disk on fire");
    }
}
