//! A small real training, end to end, on the bundled data.

use std::path::Path;
use std::process::{Command, Output};

use burn::module::Module;
use burn::tensor::Device;
use mnist_experiments::data::{Bundled, Part};
use mnist_experiments::eval::Predictions;
use mnist_experiments::head::HeadConfig;
use mnist_experiments::model::{ClassifierConfig, EncoderConfig, Normalization};
use mnist_experiments::report::RunFolder;
use mnist_experiments::task::Task;
use mnist_experiments::train::{Progress, Samples, TrainingConfig, train};

const TRAINING: TrainingConfig = TrainingConfig {
    epochs: 2,
    batch_size: 32,
    shard: None,
    learning_rate: 4e-3,
    seed: 1,
    calibrate: true,
    curve_steps: None,
    adversary: None,
};

fn head(name: &str) -> HeadConfig {
    name.parse().unwrap()
}

/// What a training came to.
struct Trained {
    predictions: Predictions,
    losses: Vec<f64>,
}

/// Trains on 800 images, the embedding layer's initial weights times `scale`.
fn small_training(
    head: HeadConfig,
    task: Task,
    scale: f64,
    config: &TrainingConfig,
    device: &Device,
) -> Trained {
    let samples = |part, n| Samples::new(task, Bundled::Mnist.load(part).unwrap().take(n)).unwrap();
    let (training, test) = (samples(Part::Train, 800), samples(Part::Test, 1000));
    let model = ClassifierConfig {
        encoder: EncoderConfig::new([28, 28], head.embedding_dim(task.embedding_dim())),
        normalization: Normalization::of(training.split()),
        head,
        classes: task.classes(),
    };
    let autodiff = device.clone().autodiff();
    let model = model.init(config.seed, &autodiff).scale_embedding(scale);
    let trained = train(
        &head.to_string(),
        model,
        &training,
        config,
        &autodiff,
        &Progress::silent(),
        |_, _| Ok(()),
    )
    .unwrap();
    Trained {
        predictions: Predictions::of(&trained.model.valid(), &test, device).unwrap(),
        losses: trained
            .epochs
            .iter()
            .map(|epoch| epoch.train_loss)
            .collect(),
    }
}

#[test]
fn every_head_learns() {
    // Of ten classes in the plane few images show a part only; chance is 0.1.
    for (task, in_space, in_plane) in [(Task::EvenOdd, 0.8, 0.8), (Task::Digits, 0.7, 0.2)] {
        for head in task.heads() {
            let trained = small_training(head, task, 1.0, &TRAINING, &Device::flex());
            let Predictions {
                accuracy,
                embedding_dim,
                ..
            } = trained.predictions;
            let floor = if embedding_dim > 2 {
                in_space
            } else {
                in_plane
            };
            assert!(accuracy > floor, "{head} on {task}: {accuracy}");
            let losses = trained.losses;
            assert!(losses[1] < losses[0], "{head} on {task}: {losses:?}");
        }
    }
}

#[test]
fn a_seed_gives_the_same_result_to_the_last_digit() {
    for (head, task) in [
        (head("dome"), Task::EvenOdd),
        (head("multi-dome-brier"), Task::Digits),
    ] {
        let train = || small_training(head, task, 1.0, &TRAINING, &Device::flex());
        let (first, second) = (train(), train());
        assert_eq!(first.losses, second.losses);
        let (first, second) = (first.predictions, second.predictions);
        assert_eq!(first.embeddings, second.embeddings);
        assert_eq!(first.probabilities, second.probabilities);
    }
}

#[test]
fn calibration_leaves_the_plateau() {
    let accuracy = |calibrate| {
        let config = TrainingConfig {
            calibrate,
            ..TRAINING
        };
        let (head, task) = (head("dome"), Task::EvenOdd);
        let trained = small_training(head, task, 100.0, &config, &Device::flex());
        trained.predictions.accuracy
    };
    let [with, without] = [true, false].map(accuracy);
    assert!(with > 0.8, "calibrated: {with}");
    assert!(without < 0.6, "not calibrated: {without}");
}

/// Without calibration a training is the same where the embedding is of the modes' size.
#[test]
fn calibration_changes_nothing_in_a_well_scaled_network() {
    let losses = |calibrate| {
        let config = TrainingConfig {
            calibrate,
            epochs: 1,
            ..TRAINING
        };
        small_training(head("dome"), Task::EvenOdd, 1.0, &config, &Device::flex()).losses
    };
    assert_eq!(losses(true), losses(false));
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
    for head in [head("dome"), head("sigmoid")] {
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

/// But for the times.
#[test]
fn equal_runs_give_equal_files() {
    let dir = tempfile::tempdir().unwrap();
    let outs = ["first", "second"].map(|name| dir.path().join(name));
    for out in &outs {
        let args = ["binary", "--heads", "dome,softmax", "--limit-train", "200"];
        let output = program(&[&args[..], &["--epochs", "1"]].concat(), out);
        assert!(output.status.success(), "{}", stderr(&output));
    }
    for file in [
        "config.json",
        "embedding.csv",
        "plane.json",
        "models/dome.bpk",
        "models/softmax.bpk",
        "embedding.svg",
        "embedding.png",
    ] {
        let [first, second] = outs
            .each_ref()
            .map(|out| std::fs::read(out.join(file)).unwrap());
        assert!(first == second, "{file}");
    }
}

#[test]
fn the_digits_leave_a_complete_folder() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("run");
    let output = program(&["digits", "--limit-train", "300", "--epochs", "1"], &out);
    assert!(output.status.success(), "{}", stderr(&output));

    let folder = RunFolder::open(&out);
    let metrics = folder.metrics().unwrap();
    let heads = Task::Digits.heads();
    assert_eq!(
        (metrics.experiment.as_str(), metrics.task),
        ("mnist_digits", Task::Digits)
    );
    let of_metrics: Vec<_> = metrics
        .heads
        .iter()
        .map(|h| (h.head, h.embedding_dim))
        .collect();
    let expected: Vec<_> = heads
        .iter()
        .map(|&head| (head, head.embedding_dim(9)))
        .collect();
    assert_eq!(of_metrics, expected);

    let table = String::from_utf8_lossy(&output.stdout).into_owned();
    for head in heads {
        let row = format!(" {head} ");
        assert!(table.lines().any(|line| line.starts_with(&row)), "{table}");
        assert!(folder.model_file(head).exists());
    }
    for row in folder.embeddings().unwrap() {
        let dim = if row.head.ends_with("-2d") { 2 } else { 9 };
        assert_eq!(row.embedding.len(), dim);
        assert!(row.class == row.label && row.predicted < 10);
        assert!((0.0..=1.0).contains(&row.probability));
    }
    let points = folder.reference_points().unwrap();
    assert_eq!(points.len(), 3);
    assert!(
        points["multi-dome-nll"]
            .iter()
            .all(|point| point.len() == 9)
    );
    for figure in ["embedding", "projection", "distances"] {
        for suffix in ["svg", "png"] {
            let file = folder.file(format!("{figure}.{suffix}"));
            assert!(std::fs::metadata(file).unwrap().len() > 10_000, "{figure}");
        }
    }
    // A summary names the embedding where heads differ in it.
    let summary = Command::new(env!("CARGO_BIN_EXE_mnist-experiments"))
        .arg("summary")
        .arg(&out)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&summary.stdout).into_owned();
    assert!(text.contains("| softmax | 9-D |") && text.contains("| multi-dome-2d | 2-D |"));
}

#[test]
fn the_plateau_leaves_its_table() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("run");
    let small = [
        "plateau",
        "--limit-train",
        "100",
        "--seeds",
        "1",
        "--scales",
        "30",
    ];
    let output = program(&small, &out);
    assert!(output.status.success(), "{}", stderr(&output));
    let results = RunFolder::open(&out).plateau().unwrap().unwrap();
    let runs: Vec<_> = results
        .runs
        .iter()
        .map(|r| (r.head, r.scale, r.calibrate))
        .collect();
    assert_eq!(
        runs,
        [
            (head("dome"), 30.0, true),
            (head("dome"), 30.0, false),
            (head("multi-dome-brier"), 30.0, true),
            (head("multi-dome-brier"), 30.0, false),
        ]
    );

    let file = dir.path().join("table.md");
    std::fs::write(&file, "<!-- p:begin -->\n<!-- p:end -->\n").unwrap();
    let summary = Command::new(env!("CARGO_BIN_EXE_mnist-experiments"))
        .args(["summary", "--marker", "p", "--into"])
        .args([&file, &out])
        .output()
        .unwrap();
    assert!(summary.status.success(), "{}", stderr(&summary));
    let text = std::fs::read_to_string(file).unwrap();
    assert!(text.contains("| dome | 30 |") && text.contains("| multi-dome-brier | 30 |"));
}

/// Writes a set of 20 different images of 16 x 16 pixels with these labels, for training and test.
fn write_set(dir: &Path, labels: [u8; 20]) {
    std::fs::create_dir(dir).unwrap();
    let header = |numbers: &[u32]| {
        numbers
            .iter()
            .flat_map(|n| n.to_be_bytes())
            .collect::<Vec<_>>()
    };
    for part in ["train", "t10k"] {
        let pixels = (0..20 * 16 * 16).map(|i| (i * i % 251) as u8).collect();
        let images = [header(&[0x803, 20, 16, 16]), pixels].concat();
        let labels = [header(&[0x801, 20]), labels.to_vec()].concat();
        std::fs::write(dir.join(format!("{part}-images-idx3-ubyte")), images).unwrap();
        std::fs::write(dir.join(format!("{part}-labels-idx1-ubyte")), labels).unwrap();
    }
}

#[test]
fn a_set_with_more_than_ten_classes() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("letters");
    write_set(&data, std::array::from_fn(|i| i as u8));
    let data = data.to_string_lossy();
    for command in ["digits", "plateau"] {
        let out = dir.path().join(command);
        let output = program(&[command, "--data", &data], &out);
        assert!(!output.status.success());
        let text = stderr(&output);
        assert!(
            text.contains("label 10 is no class of the task digits"),
            "{text}"
        );
        assert!(!text.contains("panicked") && !out.exists());
    }
    let heads = ["--heads", "dome", "--epochs", "1"];
    let output = program(
        &[&["binary", "--data", &data], heads.as_slice()].concat(),
        &dir.path().join("binary"),
    );
    assert!(output.status.success(), "{}", stderr(&output));
}

#[test]
fn a_set_with_fewer_classes_has_its_figures() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("three");
    write_set(&data, std::array::from_fn(|i| 3 * (i as u8 % 3)));
    let out = dir.path().join("run");
    let args = ["digits", "--data", &data.to_string_lossy(), "--epochs", "1"];
    let output = program(&args, &out);
    assert!(output.status.success(), "{}", stderr(&output));
    let table = String::from_utf8_lossy(&output.stdout).into_owned();
    for figure in ["embedding.png", "projection.png", "distances.png"] {
        assert!(table.contains(figure), "{table}");
    }
}

/// Distances of classes do not exist where there is one; JSON has no NaN.
#[test]
fn a_set_with_one_class_can_be_reported_and_summarised() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("even");
    write_set(&data, std::array::from_fn(|i| 2 * (i as u8 % 5)));
    let out = dir.path().join("run");
    let data = data.to_string_lossy();
    let args = [
        "binary", "--data", &data, "--heads", "dome", "--epochs", "1",
    ];
    let output = program(&args, &out);
    assert!(output.status.success(), "{}", stderr(&output));

    let folder = RunFolder::open(&out);
    let text = std::fs::read_to_string(folder.file("metrics.json")).unwrap();
    assert!(text.contains("\"compactness_ratio\": null"), "{text}");
    let head = folder.metrics().unwrap().heads[0].clone();
    let compactness = head.compactness;
    assert!(compactness.compactness_ratio.is_nan() && head.silhouette.is_nan());
    assert!(compactness.embedding_radius_p99.is_finite());

    for command in ["summary", "report"] {
        let again = Command::new(env!("CARGO_BIN_EXE_mnist-experiments"))
            .arg(command)
            .arg(&out)
            .output()
            .unwrap();
        assert!(again.status.success(), "{command}: {}", stderr(&again));
        let table = String::from_utf8_lossy(&again.stdout).into_owned();
        assert!(table.contains("n/a") && !table.contains("NaN"), "{table}");
    }
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
        (
            ["--heads", "domo"],
            "no head is named `domo`; there are sigmoid, tanh",
        ),
        (
            ["--heads", "logit-norm(tau=0)"],
            "logit-norm: tau is 0, but must be above 0",
        ),
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

/// One training that diverges costs the others nothing: table and folder are there, and the exit code says it.
#[test]
fn a_diverged_training_is_marked() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("run");
    let small = ["--limit-train", "320", "--epochs", "1"];
    // So small a temperature makes every logit infinite.
    let heads = "softmax-2d,logit-norm(tau=1e-44)";
    let args = [&["digits", "--heads", heads], &small[..]].concat();
    let output = program(&args, &out);
    assert_eq!(output.status.code(), Some(3));
    let message = stderr(&output);
    assert!(
        message.contains("1 of 2 trainings failed: the training of logit-norm"),
        "{message}"
    );
    assert_eq!(message.matches("diverged").count(), 1, "{message}");
    assert!(
        message.contains("the loss is NaN in epoch 1, step 1;"),
        "{message}"
    );
    let table = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        table.contains("softmax-2d") && table.contains("failed"),
        "{table}"
    );
    let metrics = RunFolder::open_complete(&out).unwrap().metrics().unwrap();
    assert_eq!((metrics.heads.len(), metrics.failed.len()), (1, 1));
    assert_eq!(metrics.heads[0].head, head("softmax-2d"));

    // If none is left there are no results.
    let none = dir.path().join("none");
    let args = [&["digits", "--heads", "logit-norm(tau=1e-44)"], &small[..]].concat();
    let output = program(&args, &none);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("diverged") && !none.exists());
}
