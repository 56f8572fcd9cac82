//! A finished run, opened again, predicts exactly what was measured.

use std::fs;
use std::path::Path;
use std::process::Command;

use burn::tensor::Device;
use mnist_experiments::data::{Bundled, Part, Split};
use mnist_experiments::eval::Predictions;
use mnist_experiments::model::Normalization;
use mnist_experiments::run::{OpenError, Run};

/// The program, in a small training.
fn train(args: &[&str], out: &Path) {
    let output = Command::new(env!("CARGO_BIN_EXE_mnist-experiments"))
        .args(args)
        .args(["--limit-train", "500", "--epochs", "1", "--out"])
        .arg(out)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
}

/// Compares each head's line of each test image to the bit.
fn check(out: &Path) {
    let run = Run::open(out).unwrap();
    let device = Device::flex();
    let data = run.data().unwrap();
    let rows = run.folder().embeddings().unwrap();
    let metrics = run.folder().metrics().unwrap();
    assert_eq!(metrics.heads.len(), run.experiment().heads.len());
    for head in &metrics.heads {
        let model = run.model(head.head, &device).unwrap();
        let predictions = Predictions::of(&model, data.test(), &device).unwrap();
        assert_eq!(predictions.accuracy, head.test_accuracy);
        let name = head.head.to_string();
        let mut of_head = rows.iter().filter(|row| row.head == name);
        for (i, embedding) in predictions.rows().enumerate() {
            let row = of_head.next().unwrap();
            assert_eq!(row.embedding, embedding, "{name}, image {i}");
            assert_eq!(row.predicted, predictions.predicted[i]);
            assert_eq!(row.probability, predictions.probability(i));
        }
        assert!(of_head.next().is_none());
    }
}

fn write(dir: &Path, part: Part, split: &Split) {
    let prefix = match part {
        Part::Train => "train",
        Part::Test => "t10k",
    };
    let file = |kind: &str, numbers: &[usize], bytes: &[u8]| {
        let header = numbers.iter().flat_map(|&n| (n as u32).to_be_bytes());
        let content: Vec<u8> = header.chain(bytes.iter().copied()).collect();
        fs::write(dir.join(format!("{prefix}-{kind}-ubyte")), content).unwrap();
    };
    let (n, rows, columns) = (split.len(), split.rows, split.columns);
    match split.channels {
        1 => file("images-idx3", &[0x803, n, rows, columns], &split.images),
        channels => {
            // In files the channels of a pixel are side by side.
            let plane = rows * columns;
            let pixels = (0..n).flat_map(|i| {
                let image = split.image(i);
                (0..plane * channels).map(move |at| image[at % channels * plane + at / channels])
            });
            let pixels: Vec<u8> = pixels.collect();
            file("images-idx4", &[0x804, n, rows, columns, channels], &pixels);
        }
    }
    file("labels-idx1", &[0x801, n], &split.labels);
}

/// Bright digits on dark ground have other statistics of pixels than dark ones on bright ground, which the run
/// knows.
#[test]
fn models_predict_what_was_measured() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("run");
    train(
        &["binary", "--heads", "dome,softmax(embedding-dim=3)"],
        &out,
    );
    check(&out);

    let inverted = dir.path().join("inverted");
    fs::create_dir(&inverted).unwrap();
    for (part, images) in [(Part::Train, 500), (Part::Test, 300)] {
        let mut split = Bundled::Mnist.load(part).unwrap().take(images);
        split
            .images
            .iter_mut()
            .for_each(|pixel| *pixel = 255 - *pixel);
        write(&inverted, part, &split);
    }
    let of_inverted = dir.path().join("of-inverted");
    let data = inverted.to_string_lossy().into_owned();
    // The last ones have a state of their own, or points that are not learned.
    let heads = "softmax,multi-dome-nll,multi-dome-brier,softmax-2d,multi-dome-2d,\
        logit-norm(tau=0.1),center-loss,ring-loss,gaussian-mixture(covariance=diagonal),sphereface,mmc,duq";
    train(&["digits", "--heads", heads, "--data", &data], &of_inverted);
    check(&of_inverted);

    // A set that was changed since is another one.
    let mut split = Bundled::Mnist.load(Part::Test).unwrap().take(300);
    split.labels[7] ^= 1;
    write(&inverted, Part::Test, &split);
    let error = Run::open(&of_inverted).unwrap().data().unwrap_err();
    assert!(
        matches!(
            error,
            OpenError::OtherData {
                part: Part::Test,
                ..
            }
        ),
        "{error}"
    );
}

/// Colour images of ten kinds: a patch at a place of its own in one of three colours, on noise. That
/// the same patches in grey cannot be told apart makes the colour needed.
fn colourful(images: usize, shift: usize) -> Split {
    let (side, plane) = (16, 16 * 16);
    let labels: Vec<u8> = (0..images).map(|i| (i * 7 % 10) as u8).collect();
    let mut pixels = vec![0u8; images * 3 * plane];
    for (i, image) in pixels.chunks_mut(3 * plane).enumerate() {
        for (at, pixel) in image.iter_mut().enumerate() {
            *pixel = ((at * 31 + i * 17 + shift) * (at + 7) % 61) as u8 + (at / plane * 20) as u8;
        }
        let label = usize::from(labels[i]);
        let (channel, place) = (label % 3, label / 3);
        let corner = [place % 2 * 8 + 1, place / 2 * 8 + 1];
        for row in corner[0]..corner[0] + 6 {
            for column in corner[1]..corner[1] + 6 {
                image[channel * plane + row * side + column] = 230;
            }
        }
    }
    Split {
        images: pixels,
        labels,
        rows: side,
        columns: side,
        channels: 3,
    }
}

#[test]
fn colour_images_train_and_reopen() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("patches");
    fs::create_dir(&data).unwrap();
    write(&data, Part::Train, &colourful(1000, 0));
    write(&data, Part::Test, &colourful(200, 5));
    let names: Vec<String> = (0..10).map(|i| format!("kind {i}")).collect();
    fs::write(data.join("classes.txt"), names.join("\n")).unwrap();
    let data = data.to_string_lossy().into_owned();

    let out = dir.path().join("digits");
    let heads = ["--heads", "softmax,multi-dome-nll", "--batch-size", "8"];
    train(&[&["digits", "--data", &data], &heads[..]].concat(), &out);
    check(&out);
    let run = Run::open(&out).unwrap();
    let manifest = run.manifest();
    assert_eq!((manifest.channels, manifest.image_size), (3, [16, 16]));
    assert_eq!(manifest.classes, names);
    let Normalization::Colour(channels) = manifest.normalization else {
        panic!("{:?}", manifest.normalization);
    };
    assert!(channels[0].mean < channels[2].mean);
    assert_eq!(run.data().unwrap().normalization(), manifest.normalization);
    let metrics = run.folder().metrics().unwrap();
    assert_eq!(metrics.dataset, "patches");
    let dome = metrics.heads[1].test_accuracy;
    assert!(dome > 0.9, "{dome}");
    let figure = fs::read_to_string(run.folder().file("distances.svg")).unwrap();
    assert!(figure.contains("kind 7") && figure.contains("The ten classes of patches"));

    let out = dir.path().join("binary");
    train(&["binary", "--heads", "dome", "--data", &data], &out);
    check(&out);
    assert_eq!(Run::open(&out).unwrap().manifest().classes, ["even", "odd"]);

    for args in [
        ["plateau", "--scales", "1", "--seeds", "1"],
        ["activations", "--activations", "relu", "--epochs", "1"],
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_mnist-experiments"))
            .args(args)
            .args(["--limit-train", "300", "--data", &data, "--out"])
            .arg(dir.path().join(args[0]))
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {text}", args[0]);
    }
}

#[test]
fn what_cannot_be_opened_says_why() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("run");
    train(&["binary", "--heads", "dome"], &out);
    let run = Run::open(&out).unwrap();
    let error = |head: &str| {
        let model = run.model(head.parse().unwrap(), &Device::flex());
        model.unwrap_err().to_string()
    };
    assert!(error("tanh").ends_with("has no head tanh; it has dome"));
    fs::write(out.join("models/dome.bpk"), "").unwrap();
    assert!(
        error("dome").contains("cannot read the model"),
        "{}",
        error("dome")
    );

    let manifest = out.join("manifest.json");
    let open = || Run::open(&out).unwrap_err().to_string();
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, text.replace("\"layout\": 1", "\"layout\": 99")).unwrap();
    assert!(
        open().contains("the layout 99, but this version reads 1"),
        "{}",
        open()
    );
    fs::write(&manifest, "{").unwrap();
    assert!(open().contains("manifest.json"), "{}", open());
    fs::remove_file(&manifest).unwrap();
    assert!(open().contains("has no manifest.json"), "{}", open());
}
