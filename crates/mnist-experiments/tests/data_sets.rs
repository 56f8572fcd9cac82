//! Sets in the experiments: by name and by folder, their classes, the validation part, and what a summary makes
//! of runs on different ones.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use mnist_experiments::data::EvaluateOn;
use mnist_experiments::report::RunFolder;
use mnist_experiments::run::Run;

fn program<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Output {
    Command::new(env!("CARGO_BIN_EXE_mnist-experiments"))
        .args(args)
        .output()
        .expect("the program starts")
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A small training of one epoch.
fn train(args: &[&str], out: &Path) {
    let end = ["--epochs", "1", "--out", out.to_str().unwrap()];
    let output = program(args.iter().chain(&end));
    assert!(output.status.success(), "{}", stderr(&output));
}

/// Writes a set of 40 images of 16 x 16 pixels, for training and test; those of another `shift` are others.
fn write_set(dir: &Path, shift: usize) {
    fs::create_dir_all(dir).unwrap();
    let header =
        |numbers: &[u32]| -> Vec<u8> { numbers.iter().flat_map(|n| n.to_be_bytes()).collect() };
    for part in ["train", "t10k"] {
        let pixels = (0..40 * 16 * 16).map(|i| (i * (i + shift) % 251) as u8);
        let images = [header(&[0x803, 40, 16, 16]), pixels.collect()].concat();
        let labels = [header(&[0x801, 40]), (0..40).map(|i| i % 10).collect()].concat();
        fs::write(dir.join(format!("{part}-images-idx3-ubyte")), images).unwrap();
        fs::write(dir.join(format!("{part}-labels-idx1-ubyte")), labels).unwrap();
    }
}

#[test]
fn fashion_mnist_by_its_name() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("run");
    let heads = "softmax,softmax-2d";
    train(
        &[
            "digits",
            "--data",
            "fashion-mnist",
            "--limit-train",
            "200",
            "--heads",
            heads,
        ],
        &out,
    );
    let run = Run::open(&out).unwrap();
    assert_eq!(run.manifest().classes[7], "Sneaker");
    assert_eq!(run.manifest().data.name, "fashion-mnist");
    assert_eq!(run.manifest().data.files.len(), 4);
    assert_eq!(run.folder().metrics().unwrap().dataset, "fashion-mnist");
    let config = fs::read_to_string(out.join("config.json")).unwrap();
    assert!(config.contains("\"data\": \"fashion-mnist\""), "{config}");
    for figure in ["embedding", "projection", "distances"] {
        let figure = fs::read_to_string(out.join(figure).with_extension("svg")).unwrap();
        for text in ["Sneaker", "Ankle boot", "Fashion-MNIST"] {
            assert!(figure.contains(text), "no {text} in {figure}");
        }
    }
}

#[test]
fn settings_are_chosen_by_the_validation_part() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("run");
    let args = ["binary", "--heads", "dome", "--limit-train", "200"];
    train(
        &[&args[..], &["--evaluate-on", "validation"]].concat(),
        &out,
    );
    let run = Run::open(&out).unwrap();
    let metrics = run.folder().metrics().unwrap();
    assert_eq!(metrics.evaluated_on, EvaluateOn::Validation);
    assert_eq!((metrics.train_images, metrics.test_images), (200, 5000));
    assert_eq!(run.manifest().data.evaluated_on, EvaluateOn::Validation);
    assert_eq!(run.data().unwrap().test().len(), 5000);
    let figure = fs::read_to_string(out.join("embedding.svg")).unwrap();
    assert!(figure.contains("5000 validation images"));
    let table = stdout(&program([OsStr::new("summary"), out.as_os_str()]));
    assert!(
        table.contains("5000 validation images") && table.contains("| validation accuracy, % |"),
        "{table}"
    );

    // A run on the test images does not go with it.
    let other = dir.path().join("other");
    train(&[&args[..], &["--seed", "1"]].concat(), &other);
    let summary = program([OsStr::new("summary"), out.as_os_str(), other.as_os_str()]);
    assert!(
        stderr(&summary).contains("validation images"),
        "{}",
        stderr(&summary)
    );
}

#[test]
fn a_summary_takes_runs_that_differ_in_their_seed_only() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    // Two sets in folders of the same name, and the first one again elsewhere.
    let (one, two, again) = (path("a/raw"), path("b/raw"), path("c/copy"));
    write_set(one.as_ref(), 0);
    write_set(two.as_ref(), 1);
    write_set(again.as_ref(), 0);
    let summary = |folders: &[&str]| {
        let folders: Vec<String> = folders.iter().map(|name| path(name)).collect();
        program(["summary".to_owned()].into_iter().chain(folders))
    };

    let heads = ["binary", "--heads", "dome,softmax"];
    let run = |name: &str, data: &str, more: &[&str]| {
        let args = [&heads[..], &["--data", data], more].concat();
        train(&args, path(name).as_ref());
    };
    run("first", &one, &["--seed", "0"]);
    run("seed", &one, &["--seed", "1"]);
    run("drawn 0", &one, &["--seed", "0", "--limit-train", "20"]);
    run("drawn 1", &one, &["--seed", "1", "--limit-train", "20"]);
    for good in [["first", "seed"], ["drawn 0", "drawn 1"]] {
        let output = summary(&good);
        assert!(output.status.success(), "{}", stderr(&output));
        assert!(stdout(&output).contains("seed 0, 1 (mean ± standard deviation)"));
    }
    let others: [(&str, &str, &[&str], &str); 6] = [
        (
            "rate",
            &one,
            &["--learning-rate", "0.01"],
            "learning_rate is 0.001 in the first, 0.01",
        ),
        (
            "batch",
            &one,
            &["--batch-size", "8"],
            "batch_size is 64 in the first, 8 in the second",
        ),
        (
            "calibration",
            &one,
            &["--no-calibrate"],
            "calibrate is true in the first, false",
        ),
        (
            "limit",
            &one,
            &["--limit-train", "20"],
            "training images differ",
        ),
        ("data", &two, &[], "the test images differ in their content"),
        ("order", &one, &["--heads", "x"], "the heads differ"),
    ];
    for (name, data, more, why) in others {
        match more {
            ["--heads", _] => {
                let args = [
                    "binary",
                    "--heads",
                    "softmax,dome",
                    "--data",
                    data,
                    "--seed",
                    "2",
                ];
                train(&args, path(name).as_ref());
            }
            _ => run(name, data, &[more, &["--seed", "2"]].concat()),
        }
        let output = summary(&["first", name]);
        assert!(!output.status.success(), "{name}");
        assert!(stderr(&output).contains(why), "{name}: {}", stderr(&output));
    }
    // A set is known by its content, wherever it is.
    run("copy", &again, &["--seed", "3"]);
    assert!(summary(&["first", "copy"]).status.success());

    // Runs of a version that knew neither sets by name nor their files.
    for name in ["first", "seed"] {
        let folder = RunFolder::open(path(name).as_ref());
        let manifest = folder.file("manifest.json");
        let text = fs::read_to_string(&manifest).unwrap();
        let mut json: serde_json::Value = serde_json::from_str(&text).unwrap();
        json["data"]
            .as_object_mut()
            .unwrap()
            .remove("files")
            .unwrap();
        fs::write(manifest, json.to_string()).unwrap();
    }
    assert!(summary(&["first", "seed"]).status.success());
    run("two", &two, &["--seed", "4"]);
    let error = stderr(&summary(&["first", "two"]));
    assert!(error.contains("images differ in their content"), "{error}");
}

/// Of the same configuration in other words.
#[test]
fn a_run_of_an_old_version_is_repeated_in_its_place() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("run");
    let args = ["binary", "--heads", "dome", "--limit-train", "64"];
    train(&args, &out);
    let config = out.join("config.json");
    let text = fs::read_to_string(&config).unwrap();
    let mut json: serde_json::Value = serde_json::from_str(&text).unwrap();
    json["data"] = serde_json::Value::Null;
    json.as_object_mut().unwrap().remove("evaluate_on").unwrap();
    fs::write(&config, json.to_string()).unwrap();
    Run::open(&out).unwrap().data().unwrap();
    train(&args, &out);
    assert_eq!(fs::read_to_string(&config).unwrap(), text);
}

#[cfg(unix)]
#[test]
fn a_path_that_no_configuration_can_hold_is_refused() {
    use std::os::unix::ffi::OsStrExt;

    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join(OsStr::from_bytes(b"set\xff"));
    write_set(&data, 0);
    let out = dir.path().join("run");
    for command in ["binary", "activations", "plateau"] {
        let args = [command.as_ref(), "--data".as_ref(), data.as_os_str()];
        let output = program(args.into_iter().chain(["--out".as_ref(), out.as_os_str()]));
        assert!(!output.status.success());
        let text = stderr(&output);
        assert!(
            text.contains("is not UTF-8") && text.contains("rename the folder"),
            "{text}"
        );
    }
    assert!(!out.exists());
}
