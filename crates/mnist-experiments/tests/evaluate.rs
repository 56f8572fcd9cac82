//! A finished run is measured in further ways, without being trained again.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use burn::tensor::Device;
use mnist_experiments::data::Part;
use mnist_experiments::eval::{EVALUATIONS, Notices, Predictions, Subject};
use mnist_experiments::report::{HeadMetrics, RunFolder};
use mnist_experiments::run::Run;

fn program(args: &[&str], path: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_mnist-experiments"))
        .args(args)
        .arg(path)
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn train(heads: &str, out: &Path) {
    let args = ["binary", "--heads", heads, "--limit-train", "500"];
    let output = program(&[&args[..], &["--epochs", "1", "--out"]].concat(), out);
    assert!(output.status.success(), "{}", text(&output.stderr));
}

/// What the command prints.
fn evaluate(args: &[&str], run: &Path) -> String {
    let output = program(&[&["evaluate"], args].concat(), run);
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

fn heads(run: &Path) -> Vec<HeadMetrics> {
    RunFolder::open(run).metrics().unwrap().heads
}

fn write_heads(run: &Path, change: impl Fn(&mut HeadMetrics)) {
    let folder = RunFolder::open(run);
    let mut metrics = folder.metrics().unwrap();
    metrics.heads.iter_mut().for_each(change);
    folder.write_metrics(&metrics).unwrap();
}

#[test]
fn what_is_missing_is_added() {
    let dir = tempfile::tempdir().unwrap();
    let run = dir.path().join("run");
    train("dome,softmax", &run);
    let trained = heads(&run);
    for head in &trained {
        for evaluation in EVALUATIONS {
            let (name, there) = (evaluation.name(), head.has(evaluation.name()));
            assert_eq!(there, evaluation.in_training(), "{name}");
        }
    }
    assert!(run.join("evaluations/dome.calibration.json").exists());

    // As a run of a version before there were evaluations.
    write_heads(&run, |head| head.evaluations.clear());
    let table = evaluate(
        &["--only", "calibration,nearest-centroid", "--heads", "dome"],
        &run,
    );
    assert!(table.contains("nearest_centroid_accuracy"), "{table}");
    assert!(
        !table.contains("softmax") && !table.contains("aurc"),
        "{table}"
    );
    let [dome, softmax] = heads(&run).try_into().unwrap();
    assert_eq!(dome.evaluations.len(), 2);
    assert_eq!(
        dome.numbers("calibration"),
        trained[0].numbers("calibration")
    );
    assert_eq!(softmax.evaluations.len(), 0);

    let experiment = Run::open(&run).unwrap().experiment().clone();
    let table = evaluate(&[], &run);
    assert!(
        table.contains("softmax") && table.contains("aurc"),
        "{table}"
    );
    for (head, trained) in heads(&run).iter().zip(&trained) {
        for evaluation in EVALUATIONS.iter().filter(|of| of.applies(&experiment)) {
            let name = evaluation.name();
            assert!(head.has(name), "{name}");
            // The models predict to the bit what they did when they were trained.
            if evaluation.in_training() {
                assert_eq!(head.numbers(name), trained.numbers(name), "{name}");
            }
        }
    }

    // What is there stays, unless it is asked for again.
    let wrong = [("ece", -1.0)].into();
    write_heads(&run, |head| head.add("calibration", Clone::clone(&wrong)));
    write_heads(&run, |head| head.silhouette = -1.0);
    evaluate(&[], &run);
    assert_eq!(heads(&run)[0].numbers("calibration"), wrong);
    evaluate(&["--again", "--only", "calibration,silhouette"], &run);
    for (head, trained) in heads(&run).iter().zip(&trained) {
        assert_eq!(head.numbers("calibration"), trained.numbers("calibration"));
        assert_eq!(head.silhouette, trained.silhouette);
    }
    assert!(!run.join("adding").exists());
}

#[test]
fn what_cannot_be_done_says_why() {
    let dir = tempfile::tempdir().unwrap();
    let run = dir.path().join("run");
    train("dome", &run);
    let error = |args: &[&str], path: &Path| {
        let output = program(&[&["evaluate"], args].concat(), path);
        assert!(!output.status.success(), "{args:?}");
        text(&output.stderr)
    };
    let unknown = error(&["--only", "beauty"], &run);
    assert!(
        unknown.contains("beauty") && unknown.contains("there are accuracy,"),
        "{unknown}"
    );
    let all_known = error(&["--only", "unknown-classes"], &run);
    assert!(all_known.contains("for runs with --classes"), "{all_known}");
    let missing = error(&["--heads", "tanh"], &run);
    assert!(
        missing.contains("has no head tanh; it has dome"),
        "{missing}"
    );
    let nowhere = error(&[], &dir.path().join("nowhere"));
    assert!(nowhere.contains("manifest.json"), "{nowhere}");

    // Another process is at work there.
    let lock = fs::File::create(run.join("adding")).unwrap();
    lock.lock().unwrap();
    fs::write(run.join("adding"), "12345\n").unwrap();
    let busy = error(&[], &run);
    assert!(busy.contains("process 12345"), "{busy}");
    drop(lock);
    evaluate(&["--only", "accuracy"], &run);
}

#[test]
fn the_list_needs_no_run() {
    let output = Command::new(env!("CARGO_BIN_EXE_mnist-experiments"))
        .args(["evaluate", "--list"])
        .output()
        .unwrap();
    let list = text(&output.stdout);
    for evaluation in EVALUATIONS {
        assert!(list.contains(evaluation.name()), "{list}");
    }
}

/// The embedding is linear in the features, and what was asked for twice is the same.
#[test]
fn a_subject_has_features_and_predictions() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("run");
    train("softmax", &path);
    let run = Run::open(&path).unwrap();
    let data = run.data().unwrap();
    let device = Device::flex();
    let head = run.experiment().heads[0];
    let model = run.model(head, &device).unwrap();
    let notices = Notices::silent();
    let subject = Subject::new(head, model, &data, device.clone(), 0, &notices);

    let training = subject.predictions(Part::Train).unwrap();
    assert_eq!(training.targets, data.training().targets());
    let again = subject.predictions(Part::Train).unwrap();
    assert!(std::sync::Arc::ptr_eq(&training, &again));
    let features = subject.features(Part::Train).unwrap();
    assert_eq!((features.dim, features.rows().count()), (128, 500));
    assert!(features.values.iter().all(|&x| x >= 0.0), "after ReLU");
    let others = subject.features_of("others", data.test()).unwrap();
    let (predictions, hidden) =
        Predictions::with_features(subject.model(), data.test(), &device).unwrap();
    assert_eq!(*others, hidden);
    let alone = Predictions::of(subject.model(), data.test(), &device).unwrap();
    assert_eq!(predictions.scores, alone.scores);
}

/// Trained on five classes, measured on them and against the others, and opened again.
#[test]
fn classes_that_were_left_out_are_outliers() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("run");
    let args = "digits --heads softmax,multi-dome-brier --classes 4,0,1,3,2 --embedding-dim 4 --limit-train 600 --epochs 1";
    let args: Vec<&str> = args.split(' ').chain(["--out"]).collect();
    let output = program(&args, &path);
    assert!(output.status.success(), "{}", text(&output.stderr));

    let run = Run::open(&path).unwrap();
    assert_eq!(run.manifest().classes, ["0", "1", "2", "3", "4"]);
    let data = run.data().unwrap();
    assert_eq!(data.training().len(), 600);
    let unknown = data.unknown().unwrap().split();
    assert_eq!(data.test().len() + unknown.len(), 10_000);
    assert!(data.test().targets().iter().all(|&class| class < 5));
    assert!(unknown.labels.iter().all(|&label| label > 4));

    evaluate(&["--only", "unknown-classes"], &path);
    for head in heads(&path) {
        let numbers = head.numbers("unknown-classes").0;
        assert!(head.test_accuracy > 0.5, "{head:?}");
        // Little training, but better than chance.
        assert!(numbers["auroc knn-hidden"] > 0.6, "{numbers:?}");
    }

    for (classes, error) in [("0", "two labels or more"), ("0,12", "--classes is 0,12")] {
        let args = ["digits", "--classes", classes, "--out"];
        let output = program(&args, &dir.path().join("none"));
        assert!(
            text(&output.stderr).contains(error),
            "{}",
            text(&output.stderr)
        );
    }
}
