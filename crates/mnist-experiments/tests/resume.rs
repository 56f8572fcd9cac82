//! A run that was stopped, at whatever moment and by whatever, goes on and ends as one that never was.
#![cfg(target_os = "linux")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// Heads with groups of parameters, calibration, running state and a schedule, beside the plain one.
const HEADS: &str = "softmax,multi-dome-brier,center-loss,duq,sphereface,annealed-dome";

/// A small set beside the run: patches at places of their own, on noise.
fn write_set(dir: &Path) {
    fs::create_dir_all(dir).unwrap();
    let header =
        |numbers: &[u32]| -> Vec<u8> { numbers.iter().flat_map(|n| n.to_be_bytes()).collect() };
    for (part, count) in [("train", 4800u32), ("t10k", 200)] {
        let pixel = |at: u32| {
            let (image, row, column) = (at / 256, at / 16 % 16, at % 16);
            let label = image * 7 % 10;
            let is_patch = row / 3 == label / 4 + 1 && column / 4 == label % 4;
            (at.wrapping_mul(2_654_435_761) >> 25) as u8 + if is_patch { 120 } else { 0 }
        };
        let pixels = (0..count * 256).map(pixel);
        let images = [header(&[0x803, count, 16, 16]), pixels.collect()].concat();
        let labels = (0..count).map(|image| (image * 7 % 10) as u8);
        let labels = [header(&[0x801, count]), labels.collect()].concat();
        fs::write(dir.join(format!("{part}-images-idx3-ubyte")), images).unwrap();
        fs::write(dir.join(format!("{part}-labels-idx1-ubyte")), labels).unwrap();
    }
}

/// With the set in the folder beside it.
fn command(out: &Path, more: &[&str]) -> Command {
    let data = out.with_file_name("set");
    if !data.exists() {
        write_set(&data);
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_mnist-experiments"));
    command
        .args(["train", "digits", "--heads", HEADS, "--epochs", "2"])
        .args(["--keep-epochs", "--checkpoint-steps", "8", "--data"])
        .arg(data)
        .arg("--out")
        .arg(out)
        .args(more);
    command
}

fn run(out: &Path, more: &[&str]) -> Output {
    command(out, more).output().unwrap()
}

fn start(out: &Path, more: &[&str]) -> Child {
    let mut command = command(out, more);
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn unfinished(out: &Path) -> PathBuf {
    out.with_extension("unfinished")
}

/// All files of a folder; of times, which are a run's own, nothing.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(folder).unwrap();
            let name = name.to_str().unwrap().to_owned();
            let bytes = fs::read(&path).unwrap();
            files.insert(name.clone(), without_times(&name, bytes));
        }
    }
    files
}

fn without_times(name: &str, bytes: Vec<u8>) -> Vec<u8> {
    match name {
        "metrics.json" => {
            let mut metrics: Value = serde_json::from_slice(&bytes).unwrap();
            for head in metrics["heads"].as_array_mut().unwrap() {
                head["train_seconds"] = Value::Null;
                head["train_images_per_second"] = Value::Null;
            }
            metrics.to_string().into_bytes()
        }
        "epochs.csv" => {
            let text = text(&bytes);
            let lines = text.lines().map(|line| {
                let fields: Vec<&str> = line.rsplitn(3, ',').collect();
                fields[2].to_owned() + "\n"
            });
            lines.collect::<String>().into_bytes()
        }
        _ => bytes,
    }
}

fn same(found: &Path, wanted: &BTreeMap<String, Vec<u8>>, what: &str) {
    let found = files(found);
    let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&found), names(wanted), "{what}");
    for (name, bytes) in &found {
        assert!(*bytes == wanted[name], "{what}: {name} differs");
    }
}

/// Waits until a checkpoint of so many steps, or of more, is there.
fn wait_for_checkpoint(out: &Path, child: &mut Child, least: usize) {
    let began = Instant::now();
    let folder = unfinished(out).join("checkpoints");
    let steps = |name: &str| name.rsplit('.').nth(1).and_then(|steps| steps.parse().ok());
    loop {
        let entries = fs::read_dir(&folder).into_iter().flatten().flatten();
        let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
        if names
            .filter_map(|name| steps(&name))
            .any(|there: usize| there >= least)
        {
            return;
        }
        assert!(
            child.try_wait().unwrap().is_none(),
            "it ended before step {least}"
        );
        assert!(
            began.elapsed() < Duration::from_secs(120),
            "no checkpoint of step {least}"
        );
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn send(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

/// By Ctrl-C, by the system, and killed; each time further on.
#[test]
fn a_stopped_run_ends_as_one_that_never_was() {
    let dir = tempfile::tempdir().unwrap();
    let whole = dir.path().join("whole");
    let output = run(&whole, &[]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let wanted = files(&whole);
    assert!(!whole.join("checkpoints").exists());
    assert!(wanted.contains_key("epochs/center-loss.npy"));

    let out = dir.path().join("run");
    let mut more: &[&str] = &[];
    for (signal, least, code) in [
        (Signal::INT, 16, Some(130)),
        (Signal::KILL, 48, None),
        (Signal::TERM, 96, Some(143)),
    ] {
        let mut child = start(&out, more);
        wait_for_checkpoint(&out, &mut child, least);
        send(&child, signal);
        let output = child.wait_with_output().unwrap();
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), code, "{signal:?}: {said}");
        assert_eq!(said.contains("go on with: "), code.is_some(), "{said}");
        assert!(!out.exists() && unfinished(&out).exists());
        more = &["--resume"];
    }

    // Without --resume nothing is thrown away.
    let refused = run(&out, &[]);
    let said = text(&refused.stderr);
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(
        said.contains("--resume`, or start anew with --force"),
        "{said}"
    );
    let other = run(&out, &["--seed", "1", "--resume"]);
    let said = text(&other.stderr);
    assert!(said.contains("seed is 0 there, 1 now"), "{said}");

    // The newest checkpoint of a head is broken: the one before is used.
    let checkpoints = unfinished(&out).join("checkpoints");
    let of_softmax =
        |entry: &fs::DirEntry| text(entry.file_name().as_encoded_bytes()).starts_with("softmax.");
    let entries = fs::read_dir(&checkpoints).unwrap().map(Result::unwrap);
    let mut newest: Vec<PathBuf> = entries
        .filter(of_softmax)
        .map(|entry| entry.path())
        .collect();
    newest.sort();
    assert_eq!(newest.len(), 2);
    let bytes = fs::read(&newest[1]).unwrap();
    fs::write(&newest[1], &bytes[..bytes.len() - 1]).unwrap();

    let output = run(&out, &["--resume"]);
    let said = text(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(
        said.contains("is broken") && said.contains("goes on after step"),
        "{said}"
    );
    same(&out, &wanted, "resumed");
    assert!(!unfinished(&out).exists());

    // There is nothing left to do.
    let again = run(&out, &["--resume"]);
    assert!(again.status.success());
    assert!(text(&again.stderr).contains("is complete"));
    same(&out, &wanted, "again");
}

/// A comparison of activations, one of which draws random numbers; with several seeds, of which some are done.
#[test]
fn a_stopped_comparison_of_activations_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("set");
    write_set(&data);
    let command = |out: &Path, more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mnist-experiments"));
        command
            .args([
                "train",
                "activations",
                "--activations",
                "rrelu,pdome",
                "--seeds",
                "0,1",
            ])
            .args([
                "--networks",
                "cnn",
                "--epochs",
                "2",
                "--checkpoint-steps",
                "8",
                "--data",
            ])
            .arg(&data)
            .arg("--out")
            .arg(out)
            .args(more);
        command
    };
    let whole = dir.path().join("whole");
    assert!(command(&whole, &[]).output().unwrap().status.success());
    let out = dir.path().join("run");
    let mut command_of_run = command(&out, &[]);
    command_of_run.stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command_of_run.spawn().unwrap();
    wait_for_checkpoint(&out, &mut child, 40);
    send(&child, Signal::KILL);
    child.wait().unwrap();
    let output = command(&out, &["--resume"]).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let read = |out: &Path, name: &str| fs::read_to_string(out.join(name)).unwrap();
    assert_eq!(read(&out, "losses.csv"), read(&whole, "losses.csv"));
    let accuracies = |out: &Path| {
        let metrics: Value = serde_json::from_str(&read(out, "metrics.json")).unwrap();
        let trainings = metrics["trainings"].as_array().unwrap().clone();
        let each = trainings
            .iter()
            .map(|t| (t["test_accuracy"].clone(), t["test_loss"].clone()));
        each.collect::<Vec<_>>()
    };
    assert_eq!(accuracies(&out), accuracies(&whole));
    assert!(!out.join("checkpoints").exists());
}

/// Who does not want to wait for the end of a step says it twice.
#[test]
fn the_second_ctrl_c_ends_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("run");
    let mut child = start(&out, &[]);
    wait_for_checkpoint(&out, &mut child, 8);
    send(&child, Signal::INT);
    send(&child, Signal::INT);
    let status = child.wait().unwrap();
    assert_eq!(status.code(), Some(130));
    assert!(!out.exists());
}

/// The data of the run are others now.
#[test]
fn other_data_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("run");
    let mut child = start(&out, &[]);
    wait_for_checkpoint(&out, &mut child, 8);
    send(&child, Signal::INT);
    child.wait().unwrap();
    let manifest = unfinished(&out).join("manifest.json");
    let json = fs::read_to_string(&manifest).unwrap();
    fs::write(
        &manifest,
        json.replace("\"images\": 4800", "\"images\": 4799"),
    )
    .unwrap();
    let output = run(&out, &["--resume"]);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("cannot be gone on with: data is"), "{said}");
    assert!(said.contains("--force starts anew"), "{said}");
    let output = run(&out, &["--force"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
}
