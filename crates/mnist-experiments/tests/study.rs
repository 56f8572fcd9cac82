//! The study does what is missing and nothing twice.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use mnist_experiments::run::Run;
use serde_json::Value;

/// A small part of the quick study.
struct Study {
    dir: tempfile::TempDir,
}

impl Study {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        Self { dir }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn output(&self, args: &[&str]) -> Output {
        let small = "study --quick --heads softmax --limit-train 300 --epochs 1 --images 20";
        Command::new(env!("CARGO_BIN_EXE_mnist-experiments"))
            .args(small.split(' '))
            .arg("--results")
            .arg(self.path("results"))
            .arg("--runs")
            .arg(self.path("runs"))
            .args(args)
            .output()
            .unwrap()
    }

    /// Standard output and error.
    fn run(&self, args: &[&str]) -> [String; 2] {
        let output = self.output(args);
        let texts = [&output.stdout, &output.stderr];
        let texts = texts.map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        assert!(output.status.success(), "{}", texts[1]);
        texts
    }

    fn page(&self) -> String {
        fs::read_to_string(self.path("results.md")).unwrap()
    }
}

fn read(file: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap()
}

/// Outliers take most of a minute.
#[test]
#[ignore = "takes a minute"]
fn a_natural_part_has_all_results() {
    let study = Study::new();
    study.run(&["--parts", "mnist"]);
    let result = read(&study.path("results/mnist/softmax/0.json"));
    assert_eq!(result["data"]["training"]["images"], 300);
    assert!(result["outliers"]["energy"]["fashion-mnist"]["auroc"].is_number());
    let run = Run::open(&study.path("runs/mnist/softmax/0")).unwrap();
    assert!(run.folder().metrics().unwrap().heads[0].has("outliers"));
}

#[test]
fn what_is_missing_is_done_once() {
    const PART: &str = "mnist-adversarial-0.3";
    let study = Study::new();
    let [listed, _] = study.run(&["--parts", PART, "--dry-run"]);
    assert!(
        listed.contains("mnist-adversarial-0.3, softmax, seed 0"),
        "{listed}"
    );
    assert!(
        listed.contains("of kinds that were not measured yet"),
        "{listed}"
    );
    assert!(!study.path("results").exists());

    study.run(&["--parts", PART]);
    let file = study.path("results/mnist-adversarial-0.3/softmax/0.json");
    let result = read(&file);
    assert_eq!(result["data"]["training"]["images"], 300);
    assert_eq!(result["experiment"]["heads"][0], "softmax");
    assert_eq!(result["answers"].as_array().unwrap().len(), 3);
    assert!(result["versions"]["burn"].is_string());
    assert!(result["data"]["files"]["train-images"].is_string());
    assert_eq!(result["experiment"]["channels"][0], 16);
    let page = study.page();
    assert!(
        page.contains("Known are 1 of 12 trainings, 1 with all"),
        "{page}"
    );
    assert!(page.contains("| annealed-dome | missing |"), "{page}");
    assert!(page.contains("Nothing is known yet."), "{page}");

    // All is there, models or not.
    let before = fs::read(&file).unwrap();
    let run = study.path("runs/mnist-adversarial-0.3/softmax/0");
    let aside = study.path("aside");
    fs::rename(&run, &aside).unwrap();
    let [_, said] = study.run(&["--parts", PART]);
    assert!(!said.contains("training"), "{said}");
    assert!(!run.exists());
    fs::rename(&aside, &run).unwrap();
    Run::open(&run).unwrap();
    let after = fs::read(&file).unwrap();
    assert_eq!(before, after);
    assert_eq!(study.page(), page);
    let [listed, _] = study.run(&["--parts", PART, "--dry-run"]);
    assert!(listed.contains("0 steps of 0 trainings"), "{listed}");

    // As if the last attack had been interrupted: it alone is done, by the model that is there, to the same end.
    let mut interrupted = result.clone();
    let last = interrupted["answers"].as_array_mut().unwrap().pop();
    fs::write(&file, interrupted.to_string()).unwrap();
    let [listed, _] = study.run(&["--parts", PART, "--dry-run"]);
    assert!(listed.contains("1 steps of 1 trainings"), "{listed}");
    let [_, said] = study.run(&["--parts", PART]);
    assert!(
        said.contains("done: mnist-adversarial-0.3, softmax, seed 0"),
        "{said}"
    );
    assert!(!said.contains("training"), "{said}");
    assert_eq!(read(&file)["answers"][2], last.unwrap());

    // Results of another configuration are not mixed in.
    let mut other = result.clone();
    other["experiment"]["epochs"] = 2.into();
    fs::write(&file, other.to_string()).unwrap();
    let refused = study.output(&["--parts", PART]);
    let error = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success());
    assert!(error.contains("epochs is 2 there, 1 now"), "{error}");
}

#[test]
fn bad_arguments_are_named() {
    let study = Study::new();
    for (args, expected) in [
        (&["--seeds", "0"][..], "--seeds is 0"),
        (
            &["--parts", "letters"],
            "--parts is letters, but there are mnist,",
        ),
        (&["--full"], "cannot be used with"),
        (
            &["--heads", "mmc,dome"],
            "--heads is dome, but there are softmax, multi-dome-brier",
        ),
        (
            &["--heads", "mmc", "--parts", "mnist-adversarial-0.3"],
            "--heads is mmc, but there are softmax, annealed-dome",
        ),
    ] {
        let output = study.output(args);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success(), "{args:?}");
        assert!(error.contains(expected), "{args:?}: {error}");
    }
    assert!(!study.path("results").exists());
}
