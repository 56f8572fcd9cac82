use std::fmt;
use std::path::{Path, PathBuf};

use md5::{Digest, Md5};

use super::file_kind::FileKind;
use super::hexadecimal::hexadecimal;
use super::reader::{Keep, ReadPart, read_part};
use super::source::Source;
use super::{DataError, Part, Split};

/// A set that the repository has in its folder `datasets`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Bundled {
    /// Handwritten digits: 60000 train and 10000 test images of 28 x 28 pixels, 10 classes.
    Mnist,
    /// Articles of clothing, the same sizes as MNIST.
    FashionMnist,
}

/// What the raw (decompressed) bytes of a bundled file must be.
struct Fingerprint {
    bytes: u64,
    md5: &'static str,
}

impl Fingerprint {
    /// Of the images of `count` items of 28 x 28 pixels.
    const fn images(count: u64, md5: &'static str) -> Self {
        Self {
            bytes: 16 + count * 28 * 28,
            md5,
        }
    }

    /// Of the labels of `count` items.
    const fn labels(count: u64, md5: &'static str) -> Self {
        Self {
            bytes: 8 + count,
            md5,
        }
    }

    /// Reads the source to its end and gives the bytes back as another, if they are the right
    /// ones.
    fn verify(&self, mut source: Source) -> Result<Source, DataError> {
        // One byte more than there should be shows that a file is too long.
        let raw = source.read_up_to(self.bytes + 1)?;
        let path = source.path().to_path_buf();
        let found = if raw.len() as u64 > self.bytes {
            format!("more than {} bytes", self.bytes)
        } else {
            hexadecimal(&Md5::digest(&raw))
        };
        if found != self.md5 {
            return Err(DataError::ChecksumMismatch {
                path,
                expected: self.md5,
                found,
            });
        }
        Ok(Source::from_bytes(path, raw, found))
    }
}

impl Bundled {
    /// All of them.
    pub const ALL: [Self; 2] = [Bundled::Mnist, Bundled::FashionMnist];

    /// The set of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|set| set.name() == name)
    }

    /// The set's name, which is that of its folder: `mnist` or `fashion-mnist`.
    pub fn name(self) -> &'static str {
        match self {
            Bundled::Mnist => "mnist",
            Bundled::FashionMnist => "fashion-mnist",
        }
    }

    /// The set's name as its authors write it, for titles.
    pub fn title(self) -> &'static str {
        match self {
            Bundled::Mnist => "MNIST",
            Bundled::FashionMnist => "Fashion-MNIST",
        }
    }

    /// The names of the classes, in the order of the labels; those of Fashion-MNIST as its README
    /// writes them (<https://github.com/zalandoresearch/fashion-mnist>).
    pub fn class_names(self) -> [&'static str; 10] {
        match self {
            Bundled::Mnist => ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
            Bundled::FashionMnist => [
                "T-shirt/top",
                "Trouser",
                "Pullover",
                "Dress",
                "Coat",
                "Sandal",
                "Shirt",
                "Sneaker",
                "Bag",
                "Ankle boot",
            ],
        }
    }

    /// The set whose published files have these MD5s: of each part, images and labels.
    pub(super) fn with_content(train: &[String; 2], test: &[String; 2]) -> Option<Self> {
        let is = |set: &Self| {
            [(Part::Train, train), (Part::Test, test)]
                .into_iter()
                .all(|(part, found)| set.fingerprints(part).map(|file| file.md5) == *found)
        };
        Self::ALL.into_iter().find(is)
    }

    /// The set's folder: `datasets/<name>` in the repository this was built from or, where that
    /// is gone, under the current directory. The latter need not exist.
    pub fn dir(self) -> PathBuf {
        let in_folder = Path::new("datasets").join(self.name());
        // The crate is two folders below the root; no `..`, for the path is shown in messages.
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .ancestors()
            .nth(2)
            .map(|root| root.join(&in_folder))
            .filter(|dir| dir.is_dir())
            .unwrap_or(in_folder)
    }

    /// Reads one part of the set from [`dir`](Self::dir), after a check that both files are the
    /// published ones by the MD5 of their raw bytes.
    ///
    /// # Errors
    ///
    /// [`DataError::ChecksumMismatch`] for a file that was changed, and those of
    /// [`load`](super::load) for one that is missing or cannot be read.
    pub fn load(self, part: Part) -> Result<Split, DataError> {
        self.load_from(&self.dir(), part)
    }

    /// [`load`](Self::load) from any folder.
    fn load_from(self, dir: &Path, part: Part) -> Result<Split, DataError> {
        Ok(self.read(dir, part, &mut |_| Ok(None))?.split)
    }

    /// Reads a part from a folder, of its images those to keep.
    pub(super) fn read(
        self,
        dir: &Path,
        part: Part,
        keep: &mut Keep,
    ) -> Result<ReadPart, DataError> {
        let [images, labels] = self.fingerprints(part);
        let images = images.verify(Source::find(dir, part, FileKind::Images)?)?;
        let labels = labels.verify(Source::find(dir, part, FileKind::Labels)?)?;
        read_part(part, images, labels, keep)
    }

    /// Of the images and the labels of a part.
    fn fingerprints(self, part: Part) -> [Fingerprint; 2] {
        let (count, images, labels) = match (self, part) {
            (Bundled::Mnist, Part::Train) => (
                60_000,
                "6bbc9ace898e44ae57da46a324031adb",
                "a25bea736e30d166cdddb491f175f624",
            ),
            (Bundled::Mnist, Part::Test) => (
                10_000,
                "2646ac647ad5339dbf082846283269ea",
                "27ae3e4e09519cfbb04c329615203637",
            ),
            (Bundled::FashionMnist, Part::Train) => (
                60_000,
                "f4a8712d7a061bf5bd6d2ca38dc4d50a",
                "9018921c3c673c538a1fc5bad174d6f9",
            ),
            (Bundled::FashionMnist, Part::Test) => (
                10_000,
                "8181f5470baa50b63fa0f6fddb340f0a",
                "15d484375f8d13e6eb1aabb0c3f46965",
            ),
        };
        [
            Fingerprint::images(count, images),
            Fingerprint::labels(count, labels),
        ]
    }
}

impl fmt::Display for Bundled {
    /// The [`name`](Self::name).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// A copy of the MNIST test set to spoil: the labels raw, so that a byte can be changed
    /// without damage to a gzip stream.
    fn copy_with_labels(change: impl FnOnce(&mut Vec<u8>)) -> tempfile::TempDir {
        let copy = tempfile::tempdir().unwrap();
        let images = "t10k-images-idx3-ubyte.gz";
        fs::copy(Bundled::Mnist.dir().join(images), copy.path().join(images)).unwrap();
        let mut labels = vec![0, 0, 8, 1, 0, 0, 0x27, 0x10];
        labels.extend(Bundled::Mnist.load(Part::Test).unwrap().labels);
        change(&mut labels);
        fs::write(copy.path().join("t10k-labels-idx1-ubyte"), labels).unwrap();
        copy
    }

    fn mismatch(change: impl FnOnce(&mut Vec<u8>)) -> String {
        let copy = copy_with_labels(change);
        let error = Bundled::Mnist
            .load_from(copy.path(), Part::Test)
            .unwrap_err();
        assert!(
            matches!(error, DataError::ChecksumMismatch { .. }),
            "{error}"
        );
        let message = error.to_string();
        assert!(message.contains("t10k-labels-idx1-ubyte"), "{message}");
        assert!(
            message.contains("expected md5 27ae3e4e09519cfbb04c329615203637"),
            "{message}"
        );
        assert!(message.contains("git checkout -- "), "{message}");
        message
    }

    #[test]
    fn an_unchanged_copy_passes() {
        let copy = copy_with_labels(|_| ());
        assert_eq!(
            Bundled::Mnist
                .load_from(copy.path(), Part::Test)
                .unwrap()
                .len(),
            10_000
        );
    }

    #[test]
    fn a_changed_byte_is_a_mismatch() {
        // The file is still well formed, so that nothing but the checksum can tell.
        mismatch(|labels| labels[8] ^= 1);
    }

    #[test]
    fn a_file_cut_short_is_a_mismatch() {
        assert!(mismatch(Vec::clear).contains("found d41d8cd98f00b204e9800998ecf8427e"));
        mismatch(|labels| labels.truncate(5000));
    }

    #[test]
    fn a_file_too_long_is_a_mismatch() {
        assert!(mismatch(|labels| labels.push(0)).contains("found more than 10008 bytes"));
    }

    #[test]
    fn the_files_of_another_set_are_a_mismatch() {
        let dir = Bundled::FashionMnist.dir();
        let error = Bundled::Mnist.load_from(&dir, Part::Test).unwrap_err();
        assert!(
            matches!(error, DataError::ChecksumMismatch { .. }),
            "{error}"
        );
    }

    #[test]
    fn folders_have_no_detours() {
        for set in Bundled::ALL {
            let dir = set.dir();
            assert!(
                dir.ends_with(Path::new("datasets").join(set.name())),
                "{}",
                dir.display()
            );
            assert!(!dir.to_string_lossy().contains(".."), "{}", dir.display());
        }
    }
}
