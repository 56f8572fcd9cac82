//! A run that is interrupted leaves the old results or the new ones, whole.
#![cfg(target_os = "linux")]

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use mnist_experiments::report::RunFolder;
use rustix::process::{Pid, Signal, kill_process};

/// A small run into a folder, the same configuration each time, from the beginning. How it goes on: `tests/resume.rs`.
fn start(out: &Path) -> Child {
    Command::new(env!("CARGO_BIN_EXE_mnist-experiments"))
        .args(["binary", "--heads", "dome", "--limit-train", "64"])
        .args(["--epochs", "1", "--force", "--out"])
        .arg(out)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts")
}

/// All that a run leaves.
const RESULTS: [&str; 7] = [
    "config.json",
    "metrics.json",
    "epochs.csv",
    "embedding.csv",
    "plane.json",
    "embedding.svg",
    "embedding.png",
];

/// Runs once, interrupts further runs at each of the moments, as shares of the first one's time, and checks
/// what they leave.
fn check(signals: &[Signal], moments: &[f64]) {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("run");
    let began = Instant::now();
    assert!(start(&out).wait().unwrap().success());
    let whole = began.elapsed();
    let metrics = || fs::read(out.join("metrics.json")).unwrap();
    let mut old = metrics();
    for signal in signals {
        for &moment in moments {
            let mut child = start(&out);
            std::thread::sleep(whole.mul_f64(moment).max(Duration::from_millis(1)));
            let _ = kill_process(Pid::from_child(&child), *signal);
            let status = child.wait().unwrap();

            let what = format!("{signal:?} at {moment}: {status}");
            let folder = RunFolder::open_complete(&out).unwrap();
            for name in RESULTS {
                assert!(
                    folder.file(name).metadata().unwrap().len() > 0,
                    "{what}: {name}"
                );
            }
            assert_eq!(folder.embeddings().unwrap().len(), 10_000, "{what}");
            assert!(folder.file("models").join("dome.bpk").exists(), "{what}");
            // The times of a run are its own.
            let new = metrics();
            if status.success() {
                assert_ne!(new, old, "{what}");
            }
            old = new;
        }
    }
    // Nothing is left beside it once a run ends, whatever the last one left.
    assert!(start(&out).wait().unwrap().success());
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn a_killed_run_leaves_whole_results() {
    check(&[Signal::KILL], &[0.3, 0.9]);
}

#[test]
#[ignore = "25 runs; `just test-interruptions`"]
fn five_signals_at_five_moments() {
    let signals = [
        Signal::INT,
        Signal::TERM,
        Signal::HUP,
        Signal::QUIT,
        Signal::KILL,
    ];
    check(&signals, &[0.02, 0.3, 0.7, 0.95, 1.0]);
}

/// While one run is at work for a folder, another is refused.
#[test]
fn two_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("run");
    let mut first = start(&out);
    let unfinished = dir.path().join("run.unfinished").join("config.json");
    while !unfinished.exists() {
        std::thread::sleep(Duration::from_millis(1));
    }
    let second = start(&out).wait().unwrap();
    let number = first.id().to_string();
    let refused = Command::new(env!("CARGO_BIN_EXE_mnist-experiments"))
        .args(["binary", "--out"])
        .arg(&out)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&refused.stderr).into_owned();
    let ended = first.wait().unwrap();
    assert!(!second.success() && ended.success());
    // The first may have ended before the third began, which then meets its folder.
    let at_work = text.contains(&format!("(process {number}) is at work"));
    assert!(at_work || text.contains("another configuration"), "{text}");
}

/// Nobody reads what the program says, on a pipe that is closed or a disk that is full.
#[test]
fn output_that_nobody_reads_costs_nothing() {
    let dir = tempfile::tempdir().unwrap();
    for (name, full) in [("closed", false), ("full", true)] {
        let out = dir.path().join(name);
        let mut command = Command::new(env!("CARGO_BIN_EXE_mnist-experiments"));
        command.args(["binary", "--heads", "dome", "--limit-train", "64"]);
        command.args(["--epochs", "1", "--out"]).arg(&out);
        let status = if full {
            let device = || {
                fs::OpenOptions::new()
                    .write(true)
                    .open("/dev/full")
                    .unwrap()
            };
            command.stdout(device()).stderr(device()).status().unwrap()
        } else {
            let (reader, writer) = std::io::pipe().unwrap();
            drop(reader);
            command.stdout(writer.try_clone().unwrap()).stderr(writer);
            command.status().unwrap()
        };
        assert!(status.success(), "{name}: {status}");
        RunFolder::open_complete(&out).unwrap().metrics().unwrap();
    }
}
