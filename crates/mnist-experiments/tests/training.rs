//! A small real training, end to end, on the bundled data.

use std::path::Path;
use std::process::{Command, Output};

use burn::module::Module;
use burn::tensor::Device;
use mnist_experiments::data::{Bundled, Part};
use mnist_experiments::eval::Predictions;
use mnist_experiments::head::HeadKind;
use mnist_experiments::model::{ClassifierConfig, EncoderConfig, Normalization};
use mnist_experiments::report::RunFolder;
use mnist_experiments::task::Task;
use mnist_experiments::train::{Progress, Samples, TrainingConfig, train};

const TRAINING: TrainingConfig = TrainingConfig {
    epochs: 2,
    batch_size: 32,
    learning_rate: 4e-3,
    seed: 1,
    calibrate: true,
};

/// Trains on 800 images: test predictions and losses.
fn small_training(head: HeadKind, device: &Device) -> (Predictions, Vec<f64>) {
    let training = Samples::new(
        Task::EvenOdd,
        Bundled::Mnist.load(Part::Train).unwrap().take(800),
    )
    .unwrap();
    let test = Samples::new(
        Task::EvenOdd,
        Bundled::Mnist.load(Part::Test).unwrap().take(1000),
    )
    .unwrap();
    let model = ClassifierConfig {
        encoder: EncoderConfig::new([28, 28], 2),
        normalization: Normalization::of(&training.split().images),
        head,
        classes: Task::EvenOdd.classes(),
    };
    let autodiff = device.clone().autodiff();
    let model = model.init(TRAINING.seed, &autodiff);
    let (model, epochs) = train(
        head.name(),
        model,
        &training,
        &TRAINING,
        &autodiff,
        &Progress::silent(),
    )
    .unwrap();
    let predictions = Predictions::of(&model.valid(), &test, device).unwrap();
    (
        predictions,
        epochs.iter().map(|epoch| epoch.train_loss).collect(),
    )
}

#[test]
fn every_head_learns() {
    for head in HeadKind::ALL {
        let (predictions, losses) = small_training(head, &Device::flex());
        assert!(
            predictions.accuracy > 0.8,
            "{}: {}",
            head.name(),
            predictions.accuracy
        );
        assert!(losses[1] < losses[0], "{}: {losses:?}", head.name());
    }
}

#[test]
fn a_seed_gives_the_same_result_to_the_last_digit() {
    let (first, losses) = small_training(HeadKind::Dome, &Device::flex());
    let (second, again) = small_training(HeadKind::Dome, &Device::flex());
    assert_eq!(losses, again);
    assert_eq!(first.embeddings, second.embeddings);
    assert_eq!(first.probabilities, second.probabilities);
}

fn program(args: &[&str], out: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_mnist-experiments"))
        .args(args)
        .arg("--out")
        .arg(out)
        .output()
        .expect("the program starts")
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn the_program_leaves_a_complete_folder() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("run");
    let small = [
        "binary",
        "--heads",
        "dome,sigmoid",
        "--limit-train",
        "300",
        "--epochs",
        "1",
    ];
    let output = program(&small, &out);
    assert!(output.status.success(), "{}", stderr(&output));
    let table = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        table.contains("compactness ratio") && table.contains("embedding.png"),
        "{table}"
    );

    let folder = RunFolder::open(&out);
    let metrics = folder.metrics().unwrap();
    assert_eq!(metrics.heads.len(), 2);
    assert_eq!((metrics.train_images, metrics.test_images), (300, 10_000));
    assert_eq!(folder.embeddings().unwrap().len(), 20_000);
    assert_eq!(
        std::fs::read_to_string(folder.file("epochs.csv"))
            .unwrap()
            .lines()
            .count(),
        3
    );
    for head in [HeadKind::Dome, HeadKind::Sigmoid] {
        assert!(folder.model_file(head).exists());
    }
    for figure in ["embedding.svg", "embedding.png"] {
        assert!(std::fs::metadata(folder.file(figure)).unwrap().len() > 10_000);
    }

    // Another configuration does not overwrite it, and says how to.
    let refused = program(&["binary", "--epochs", "9"], &out);
    assert!(!refused.status.success());
    assert!(stderr(&refused).contains("--force"), "{}", stderr(&refused));
    assert_eq!(folder.metrics().unwrap(), metrics);

    // Runs of one experiment can be summarised, others not.
    let summary = Command::new(env!("CARGO_BIN_EXE_mnist-experiments"))
        .args(["summary"])
        .args([&out, &out])
        .output()
        .unwrap();
    assert!(
        stderr(&summary).contains("the seed is the same"),
        "{}",
        stderr(&summary)
    );
}

#[test]
fn bad_arguments_end_in_one_line() {
    let dir = tempfile::tempdir().unwrap();
    for (args, message) in [
        (
            ["--epochs", "0"],
            "error: --epochs is 0, but must be at least 1",
        ),
        (
            ["--limit-train", "70000"],
            "at most 60000, the number of training images",
        ),
        (["--data", "no-such-folder"], "no-such-folder"),
        (["--device", "cuda"], "unknown device \"cuda\": use flex"),
        (["--heads", "dome,dome"], "dome twice"),
    ] {
        let mut all = vec!["binary"];
        all.extend(args);
        let output = program(&all, &dir.path().join("run"));
        assert!(!output.status.success(), "{args:?}");
        let text = stderr(&output);
        assert!(text.contains(message), "{args:?}: {text}");
        assert!(
            !text.contains("panicked") && !text.contains("backtrace"),
            "{text}"
        );
    }
    // Nothing was written.
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}
