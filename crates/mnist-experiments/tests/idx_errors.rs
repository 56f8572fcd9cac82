//! Reading of MNIST-format files: every way a file can be wrong, and what must be accepted.

use std::collections::HashSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use mnist_experiments::data::{
    Bundled, DataError, DataSource, EvaluateOn, MAX_FILE_BYTES, MAX_IMAGE_SIDE, Part, Selection,
    Split, load,
};
use tempfile::TempDir;

const IMAGES: &str = "train-images-idx3-ubyte";
const LABELS: &str = "train-labels-idx1-ubyte";

/// An IDX file of unsigned bytes.
fn idx(sizes: &[u32], body: &[u8]) -> Vec<u8> {
    let mut file = vec![0, 0, 8, sizes.len() as u8];
    file.extend(sizes.iter().flat_map(|size| size.to_be_bytes()));
    file.extend(body);
    file
}

/// Three images of 2 x 3 pixels.
fn images() -> Vec<u8> {
    idx(&[3, 2, 3], &(0..18).collect::<Vec<u8>>())
}

fn labels() -> Vec<u8> {
    idx(&[3], &[1, 4, 0])
}

fn gzip(raw: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(raw).unwrap();
    encoder.finish().unwrap()
}

/// A folder with these files.
fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, content) in files {
        fs::write(dir.path().join(name), content).unwrap();
    }
    dir
}

fn load_files(files: &[(&str, &[u8])]) -> Result<Split, DataError> {
    load(folder(files).path(), Part::Train)
}

/// The error for this image file beside good labels.
fn images_error(name: &str, content: &[u8]) -> DataError {
    load_files(&[(name, content), (LABELS, &labels())]).unwrap_err()
}

/// The error for this label file beside good images.
fn labels_error(name: &str, content: &[u8]) -> DataError {
    load_files(&[(IMAGES, &images()), (name, content)]).unwrap_err()
}

#[track_caller]
fn assert_says(error: &DataError, parts: &[&str]) {
    let message = error.to_string();
    for part in parts {
        assert!(message.contains(part), "no {part:?} in {message:?}");
    }
    assert!(!message.contains("  "), "{message:?}");
}

#[track_caller]
fn assert_is_sample(split: &Split) {
    assert_eq!(split.images, (0..18).collect::<Vec<u8>>());
    assert_eq!(split.labels, [1, 4, 0]);
    assert_eq!((split.rows, split.columns), (2, 3));
}

// What is accepted.

#[test]
fn every_name_raw_and_gzip_gives_the_same() {
    for image_name in [IMAGES, "train-images.idx3-ubyte"] {
        for label_name in [LABELS, "train-labels.idx1-ubyte"] {
            let split = load_files(&[(image_name, &images()), (label_name, &labels())]);
            assert_is_sample(&split.unwrap());
            let split = load_files(&[
                (&format!("{image_name}.gz"), &gzip(&images())),
                (&format!("{label_name}.gz"), &gzip(&labels())),
            ]);
            assert_is_sample(&split.unwrap());
        }
    }
}

#[test]
fn raw_and_gzip_may_be_mixed() {
    let split = load_files(&[
        (IMAGES, &images()),
        (&format!("{LABELS}.gz"), &gzip(&labels())),
    ]);
    assert_is_sample(&split.unwrap());
}

#[test]
fn raw_is_preferred_to_gzip() {
    let split = load_files(&[
        (IMAGES, &images()),
        (&format!("{IMAGES}.gz"), b"never looked at"),
        (LABELS, &labels()),
    ]);
    assert_is_sample(&split.unwrap());
}

#[test]
fn gzip_of_several_streams_is_read_whole() {
    let (first, second) = (&images()[..20], &images()[20..]);
    let both = [gzip(first), gzip(second)].concat();
    assert_is_sample(
        &load_files(&[(&format!("{IMAGES}.gz"), &both), (LABELS, &labels())]).unwrap(),
    );
}

#[test]
fn each_part_has_its_files() {
    let dir = folder(&[
        (IMAGES, &images()),
        (LABELS, &labels()),
        ("t10k-images-idx3-ubyte", &idx(&[1, 1, 2], &[8, 9])),
        ("t10k-labels-idx1-ubyte", &idx(&[1], &[6])),
    ]);
    assert_is_sample(&load(dir.path(), Part::Train).unwrap());
    let test = load(dir.path(), Part::Test).unwrap();
    assert_eq!((test.images, test.labels), (vec![8, 9], vec![6]));
}

// Files that are not there or cannot be read.

#[test]
fn missing_folder() {
    let dir = tempfile::tempdir().unwrap();
    let error = load(&dir.path().join("nowhere"), Part::Train).unwrap_err();
    assert!(matches!(error, DataError::MissingFolder { .. }));
    assert_says(&error, &["nowhere", "not found"]);
}

#[test]
fn file_in_place_of_the_folder() {
    let dir = folder(&[("file", b"")]);
    let error = load(&dir.path().join("file"), Part::Train).unwrap_err();
    assert!(matches!(error, DataError::NotAFolder { .. }));
    assert_says(&error, &["file is not a folder"]);
}

#[test]
fn missing_images() {
    let error = load_files(&[(LABELS, &labels())]).unwrap_err();
    assert!(matches!(
        error,
        DataError::MissingFile {
            kind: "images",
            part: Part::Train,
            ..
        }
    ));
    assert_says(
        &error,
        &[
            "no train images in ",
            "tried train-images-idx3-ubyte, train-images.idx3-ubyte, \
             train-images-idx3-ubyte.gz, train-images.idx3-ubyte.gz",
            "the folder holds train-labels-idx1-ubyte",
        ],
    );
}

#[test]
fn missing_labels() {
    let dir = folder(&[("t10k-images-idx3-ubyte", &images())]);
    let error = load(dir.path(), Part::Test).unwrap_err();
    assert!(matches!(
        error,
        DataError::MissingFile {
            kind: "labels",
            part: Part::Test,
            ..
        }
    ));
    assert_says(&error, &["no test labels in ", "t10k-labels-idx1-ubyte.gz"]);
}

#[test]
fn folder_in_place_of_a_file() {
    let dir = folder(&[(LABELS, &labels())]);
    fs::create_dir(dir.path().join(IMAGES)).unwrap();
    let error = load(dir.path(), Part::Train).unwrap_err();
    assert!(matches!(error, DataError::Unreadable { .. }));
    assert_says(&error, &[IMAGES, "cannot be read: not a regular file"]);
    // It does not hide a good file beside it.
    fs::write(dir.path().join("train-images.idx3-ubyte"), images()).unwrap();
    assert_is_sample(&load(dir.path(), Part::Train).unwrap());
}

// gzip.

#[test]
fn gz_that_is_not_gzip() {
    let error = images_error(&format!("{IMAGES}.gz"), &images());
    assert!(matches!(error, DataError::NotGzip { .. }));
    assert_says(
        &error,
        &[
            "ubyte.gz is not gzip",
            "expected",
            "1f 8b",
            "found 00 00",
            "remove",
        ],
    );
}

#[test]
fn gz_that_is_empty() {
    let error = labels_error(&format!("{LABELS}.gz"), b"");
    assert!(matches!(error, DataError::NotGzip { .. }));
    assert_says(&error, &["found an empty file"]);
    assert_says(
        &labels_error(&format!("{LABELS}.gz"), b"\x1f"),
        &["found 1f only"],
    );
}

#[test]
fn gzip_named_as_raw() {
    let error = images_error(IMAGES, &gzip(&images()));
    assert!(matches!(error, DataError::UnexpectedGzip { .. }));
    assert_says(
        &error,
        &[IMAGES, "is gzip but is named like a raw file", "add `.gz`"],
    );
}

#[test]
fn gzip_cut_anywhere_is_damaged() {
    let whole = gzip(&images());
    for length in 2..whole.len() {
        let error = images_error(&format!("{IMAGES}.gz"), &whole[..length]);
        assert!(
            matches!(error, DataError::DamagedGzip { .. }),
            "{length}: {error}"
        );
        assert_says(&error, &["is damaged gzip: the stream is cut short"]);
    }
}

#[test]
fn gzip_with_a_wrong_checksum_is_damaged() {
    let mut damaged = gzip(&images());
    let crc = damaged.len() - 8;
    damaged[crc] ^= 1;
    let error = images_error(&format!("{IMAGES}.gz"), &damaged);
    assert!(matches!(error, DataError::DamagedGzip { .. }), "{error}");
}

#[test]
fn gzip_followed_by_something_else_says_so() {
    for (junk, found) in [
        (b"something else".as_slice(), "14 bytes"),
        (b"7 bytes", "7 bytes"),
        (&[0], "1 byte"),
        (&vec![0; 2 << 20], "more than 1048576 bytes"),
    ] {
        let file = [gzip(&images()), junk.to_vec()].concat();
        let error = images_error(&format!("{IMAGES}.gz"), &file);
        assert!(matches!(error, DataError::BehindGzip { .. }), "{error}");
        assert_says(&error, &[found, "behind its gzip stream"]);
    }
    // The start of another stream is one that is cut short.
    let file = [gzip(&images()), gzip(&images())[..7].to_vec()].concat();
    let error = images_error(&format!("{IMAGES}.gz"), &file);
    assert_says(&error, &["is damaged gzip: the stream is cut short"]);
}

// Length.

#[test]
fn empty_file() {
    let error = images_error(IMAGES, b"");
    assert!(matches!(
        error,
        DataError::TruncatedHeader {
            expected: 16,
            found: 0,
            ..
        }
    ));
    assert_says(
        &error,
        &[
            IMAGES,
            "ends within its header",
            "expected 16 bytes, found 0",
        ],
    );
    let error = labels_error(&format!("{LABELS}.gz"), &gzip(b""));
    assert!(matches!(
        error,
        DataError::TruncatedHeader {
            expected: 8,
            found: 0,
            ..
        }
    ));
}

#[test]
fn truncated_header() {
    for length in 1..16 {
        let error = images_error(IMAGES, &images()[..length]);
        let DataError::TruncatedHeader {
            expected: 16,
            found,
            ..
        } = error
        else {
            panic!("{length}: {error}");
        };
        assert_eq!(found, length as u64);
    }
    let error = labels_error(LABELS, &labels()[..7]);
    assert!(matches!(
        error,
        DataError::TruncatedHeader {
            expected: 8,
            found: 7,
            ..
        }
    ));
}

#[test]
fn truncated_body() {
    for length in 16..34 {
        let error = images_error(IMAGES, &images()[..length]);
        let DataError::TruncatedBody {
            expected: 34,
            found,
            ..
        } = error
        else {
            panic!("{length}: {error}");
        };
        assert_eq!(found, length as u64);
    }
    let error = labels_error(&format!("{LABELS}.gz"), &gzip(&labels()[..10]));
    assert!(matches!(
        error,
        DataError::TruncatedBody {
            expected: 11,
            found: 10,
            ..
        }
    ));
    assert_says(
        &error,
        &["ubyte.gz is truncated", "expected 11 bytes", "found 10"],
    );
}

#[test]
fn trailing_bytes() {
    let long = [images(), vec![0]].concat();
    let error = images_error(IMAGES, &long);
    assert!(matches!(
        error,
        DataError::TrailingBytes { expected: 34, .. }
    ));
    assert_says(
        &error,
        &[
            IMAGES,
            "has trailing bytes",
            "expected 34 bytes",
            "found more",
        ],
    );
    let error = images_error(&format!("{IMAGES}.gz"), &gzip(&long));
    assert!(matches!(
        error,
        DataError::TrailingBytes { expected: 34, .. }
    ));
    let error = labels_error(LABELS, &[labels(), vec![0]].concat());
    assert!(matches!(
        error,
        DataError::TrailingBytes { expected: 11, .. }
    ));
}

#[test]
fn gzip_bomb_behind_a_small_claim() {
    let bomb = gzip(&[images(), vec![0; 1 << 24]].concat());
    let error = images_error(&format!("{IMAGES}.gz"), &bomb);
    assert!(matches!(
        error,
        DataError::TrailingBytes { expected: 34, .. }
    ));
}

// Header.

#[test]
fn swapped_files() {
    let error = load_files(&[(IMAGES, &labels()), (LABELS, &images())]).unwrap_err();
    assert!(matches!(
        error,
        DataError::WrongMagic {
            expected: 0x803,
            found: 0x801,
            ..
        }
    ));
    assert_says(
        &error,
        &[
            IMAGES,
            "is a label file where images were expected",
            "expected magic number 0x00000803, found 0x00000801",
        ],
    );
    let error = labels_error(LABELS, &images());
    assert!(matches!(
        error,
        DataError::WrongMagic {
            expected: 0x801,
            found: 0x803,
            ..
        }
    ));
    assert_says(
        &error,
        &[LABELS, "is an image file where labels were expected"],
    );
}

#[test]
fn wrong_magic() {
    let error = images_error(IMAGES, b"<!DOCTYPE html>");
    assert_says(
        &error,
        &[
            "is an HTML or XML page where images were expected",
            "0x3c21444f",
        ],
    );
    let error = images_error(&format!("{IMAGES}.gz"), &gzip(b"anything else"));
    assert!(matches!(error, DataError::WrongMagic { .. }));
    assert_says(&error, &["is not an IDX file where images were expected"]);
}

#[test]
fn no_items() {
    let error = images_error(IMAGES, &idx(&[0, 28, 28], &[]));
    assert!(matches!(error, DataError::NoItems { .. }));
    assert_says(
        &error,
        &[IMAGES, "expected at least one item, its header claims 0"],
    );
    let error = labels_error(LABELS, &idx(&[0], &[]));
    assert!(matches!(error, DataError::NoItems { .. }));
}

#[test]
fn image_dimensions() {
    for (rows, columns) in [
        (0, 28),
        (28, 0),
        (0, 0),
        (MAX_IMAGE_SIDE + 1, 1),
        (1, u32::MAX),
    ] {
        let error = images_error(IMAGES, &idx(&[3, rows, columns], &[]));
        assert!(
            matches!(error, DataError::ImageDimensions { .. }),
            "{error}"
        );
        let claim = format!("claims images of {rows} x {columns} pixels");
        assert_says(&error, &[IMAGES, &claim, "from 1 to 4096"]);
    }
    // The largest side is allowed: what is wrong here is the length only.
    let error = images_error(IMAGES, &idx(&[3, MAX_IMAGE_SIDE, 1], &[]));
    assert!(matches!(error, DataError::TruncatedBody { .. }), "{error}");
}

#[test]
fn huge_count() {
    let file = idx(&[u32::MAX, 28, 28], &[0; 100]);
    for error in [
        images_error(IMAGES, &file),
        images_error(&format!("{IMAGES}.gz"), &gzip(&file)),
    ] {
        assert!(
            matches!(error, DataError::TooLarge { items, .. } if items == u32::MAX as usize),
            "{error}"
        );
        assert_says(
            &error,
            &[
                "4294967295 images of it are 3367254359280 bytes",
                "at most 1073741824 bytes are kept in memory",
                "train on fewer with `--limit-train`, at most 1369568 of them",
            ],
        );
    }
    let file = idx(&[u32::MAX], &[0; 100]);
    for error in [
        labels_error(LABELS, &file),
        labels_error(&format!("{LABELS}.gz"), &gzip(&file)),
    ] {
        assert!(
            matches!(error, DataError::TooLarge { items, .. } if items == u32::MAX as usize),
            "{error}"
        );
    }
}

/// Of more pixels than are kept in memory, the drawn ones are.
#[test]
fn a_part_of_a_set_above_the_limit() {
    // 70 images of 4096 x 4096 pixels: 1.17 GB, a megabyte in the file.
    let (count, side) = (70u8, MAX_IMAGE_SIDE);
    let dir = folder(&[
        ("t10k-images-idx3-ubyte", &idx(&[1, side, 1], &[0; 4096])),
        ("t10k-labels-idx1-ubyte", &idx(&[1], &[1])),
        (
            LABELS,
            &idx(&[count.into()], &(0..count).collect::<Vec<_>>()),
        ),
    ]);
    let path = dir.path().join(format!("{IMAGES}.gz"));
    let mut file = GzEncoder::new(fs::File::create(path).unwrap(), Compression::fast());
    file.write_all(&idx(&[count.into(), side, side], &[]))
        .unwrap();
    for label in 0..count {
        file.write_all(&vec![label; (side * side) as usize])
            .unwrap();
    }
    file.finish().unwrap();

    let source = DataSource::from(dir.path().to_str().unwrap());
    let load = |limit_train| {
        source.load(&Selection {
            limit_train,
            ..Selection::default()
        })
    };
    let set = load(Some(2)).unwrap();
    let training = set.training;
    assert_eq!(training.len(), 2);
    for i in 0..2 {
        let label = training.labels[i];
        assert!(training.image(i).iter().all(|&pixel| pixel == label));
    }
    assert_eq!(set.class_count, 70);
    for limit in [None, Some(65)] {
        let error = load(limit).unwrap_err();
        assert_says(&error, &["--limit-train", "at most 64 of them"]);
    }
}

#[test]
fn images_with_channels() {
    // Two images of 1 x 2 pixels.
    let bytes = [1, 2, 3, 4, 5, 6, 10, 20, 30, 40, 50, 60];
    let colour = idx(&[2, 1, 2, 3], &bytes);
    let labels = idx(&[2], &[0, 1]);
    for name in ["train-images-idx4-ubyte", IMAGES] {
        let split = load_files(&[(name, &colour), (LABELS, &labels)]).unwrap();
        assert_eq!((split.rows, split.columns, split.channels), (1, 2, 3));
        assert_eq!(split.image(0), [1, 4, 2, 5, 3, 6]);
        assert_eq!(split.image(1), [10, 40, 20, 50, 30, 60]);
    }
    let grey = idx(&[2, 2, 3, 1], &bytes);
    let split = load_files(&[(IMAGES, &grey), (LABELS, &labels)]).unwrap();
    assert_eq!((split.channels, split.images.as_slice()), (1, &bytes[..]));

    for channels in [0, 2, 4, 28] {
        let error = images_error(IMAGES, &idx(&[3, 28, 28, channels], &[]));
        assert!(matches!(error, DataError::Channels { .. }), "{error}");
        let claim = format!("images of {channels} channels");
        assert_says(&error, &[&claim, "1 (grey) or 3"]);
    }
    for length in 16..20 {
        let error = images_error(IMAGES, &colour[..length]);
        assert!(
            matches!(error, DataError::TruncatedHeader { expected: 20, found, .. } if found == length as u64),
            "{error}"
        );
    }
    let error = images_error(IMAGES, &idx(&[3, 1, 2, 3], &bytes));
    assert!(
        matches!(
            error,
            DataError::TruncatedBody {
                expected: 38,
                found: 32,
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn count_at_the_limit_allocates_nothing_by_itself() {
    let most = (MAX_FILE_BYTES - 8) as u32;
    let error = labels_error(LABELS, &idx(&[most], &[0; 100]));
    let claim = MAX_FILE_BYTES;
    assert!(
        matches!(error, DataError::TruncatedBody { expected, found: 108, .. } if expected == claim)
    );
    let error = labels_error(LABELS, &idx(&[most + 1], &[0; 100]));
    assert!(matches!(error, DataError::TooLarge { .. }), "{error}");
}

#[test]
fn different_counts() {
    let error = labels_error(LABELS, &idx(&[2], &[1, 4]));
    assert!(matches!(
        error,
        DataError::CountMismatch {
            images: 3,
            labels: 2,
            ..
        }
    ));
    assert_says(&error, &[LABELS, "has 2 labels", "expected 3", IMAGES]);
}

// Bundled sets.

#[test]
fn bundled_mnist_loads() {
    let train = Bundled::Mnist.load(Part::Train).unwrap();
    let test = Bundled::Mnist.load(Part::Test).unwrap();
    assert_eq!((train.len(), test.len()), (60_000, 10_000));
    for split in [&train, &test] {
        assert_eq!(
            (split.rows, split.columns, split.image_size()),
            (28, 28, 784)
        );
        assert_eq!(split.images.len(), split.len() * 784);
        assert_eq!(split.class_count(), 10);
    }
    assert_eq!(train.labels[..5], [5, 0, 4, 1, 9]);
    assert_eq!(test.labels[..5], [7, 2, 1, 0, 4]);
    assert_eq!(
        histogram(&train),
        [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    );
    assert_eq!(
        histogram(&test),
        [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    );
    // Digits stand in the middle: the corners are background, and there is ink.
    let first = test.image(0);
    assert_eq!((first[0], first[783]), (0, 0));
    assert_eq!(first.iter().max(), Some(&255));
}

#[test]
fn bundled_fashion_mnist_loads() {
    let train = Bundled::FashionMnist.load(Part::Train).unwrap();
    let test = Bundled::FashionMnist.load(Part::Test).unwrap();
    for (split, count) in [(train, 60_000), (test, 10_000)] {
        assert_eq!((split.len(), split.rows, split.columns), (count, 28, 28));
        assert_eq!(histogram(&split), [count / 10; 10]);
        assert_eq!(split.labels[0], 9);
    }
}

#[test]
fn sets_are_known_by_their_content() {
    let load = |path: &Path| {
        let source = DataSource::from(path.to_str().unwrap());
        source.load(&Selection {
            limit_train: Some(10),
            ..Selection::default()
        })
    };
    let set = load(&Bundled::FashionMnist.dir()).unwrap();
    assert_eq!(
        (set.name.as_str(), set.training.len()),
        ("fashion-mnist", 10)
    );
    assert_eq!(set.class_names.unwrap()[7], "Sneaker");
    assert_eq!(
        set.files["train-images"],
        "f4a8712d7a061bf5bd6d2ca38dc4d50a"
    );

    // Elsewhere it is the same, and another one with a file of its own, which may have names too.
    let dir = tempfile::tempdir().unwrap();
    let copy = dir.path().join("mnist");
    fs::create_dir(&copy).unwrap();
    for entry in fs::read_dir(Bundled::FashionMnist.dir()).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), copy.join(entry.file_name())).unwrap();
    }
    assert_eq!(load(&copy).unwrap().name, "fashion-mnist");
    let labels = vec![0; 10_000];
    fs::remove_file(copy.join("t10k-labels-idx1-ubyte.gz")).unwrap();
    fs::write(copy.join("t10k-labels-idx1-ubyte"), idx(&[10_000], &labels)).unwrap();
    let other = load(&copy).unwrap();
    assert_eq!(
        (other.name.as_str(), other.class_names),
        ("mnist (other images)", None)
    );
    fs::write(copy.join("classes.txt"), "a\nb\nc").unwrap();
    let error = load(&copy).unwrap_err();
    assert!(matches!(error, DataError::ClassNames { .. }), "{error}");
    assert_says(&error, &["it has 3 names", "so 10 are needed"]);
    fs::write(copy.join("classes.txt"), "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n").unwrap();
    assert_eq!(load(&copy).unwrap().class_names.unwrap()[9], "j");
}

/// What is held out is trained on by nobody, and the same in all runs.
#[test]
fn the_validation_part() {
    let load = |seed, limit_train| {
        let selection = Selection {
            limit_train,
            seed,
            evaluate_on: EvaluateOn::Validation,
            known: None,
        };
        DataSource::default().load(&selection).unwrap()
    };
    let whole = load(0, None);
    assert_eq!((whole.training.len(), whole.test.len()), (55_000, 5_000));
    let sum = |split: &Split| split.images.iter().map(|&p| u64::from(p)).sum::<u64>();
    let train = Bundled::Mnist.load(Part::Train).unwrap();
    assert_eq!(sum(&whole.training) + sum(&whole.test), sum(&train));
    let drawn = load(3, Some(1000));
    assert_eq!(drawn.training.len(), 1000);
    assert_eq!(drawn.test.checksum(), whole.test.checksum());
    let held_out: HashSet<&[u8]> = (0..5_000).map(|i| whole.test.image(i)).collect();
    let both = (0..55_000).filter(|&i| held_out.contains(whole.training.image(i)));
    assert_eq!(both.count(), 0);
}

#[test]
fn bundled_folder_is_an_ordinary_set() {
    let by_folder = load(&Bundled::Mnist.dir(), Part::Test).unwrap();
    let bundled = Bundled::Mnist.load(Part::Test).unwrap();
    assert!(by_folder.images == bundled.images && by_folder.labels == bundled.labels);
}

fn histogram(split: &Split) -> [usize; 10] {
    let mut counts = [0; 10];
    for &label in &split.labels {
        counts[usize::from(label)] += 1;
    }
    counts
}

// Messages name the file by its path.

#[test]
fn messages_start_with_the_path() {
    let dir = folder(&[(IMAGES, b""), (LABELS, &labels())]);
    let path: PathBuf = Path::new(dir.path()).join(IMAGES);
    let error = load(dir.path(), Part::Train).unwrap_err();
    assert!(
        error.to_string().starts_with(&path.display().to_string()),
        "{error}"
    );
}
