//! The program as people and machines meet it: help, exit codes, output for machines, bad input.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;

use serde_json::Value;
use tempfile::TempDir;

fn program<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>, here: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_mnist-experiments"))
        .args(args)
        .current_dir(here)
        .stdin(Stdio::null())
        .output()
        .expect("the program starts")
}

fn words(line: &str, here: &Path) -> Output {
    program(line.split_whitespace(), here)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn json(output: &Output) -> Value {
    let text = text(&output.stdout);
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// A small run, `run` in a folder of its own, which no test changes.
static RUN: LazyLock<TempDir> = LazyLock::new(|| {
    let dir = tempfile::tempdir().unwrap();
    let line = "train binary --heads dome,softmax --limit-train 1280 --epochs 1 --out run";
    let output = words(line, dir.path());
    assert!(output.status.success(), "{}", text(&output.stderr));
    dir
});

/// A copy of the small run.
fn copy(to: &Path) {
    let mut folders = vec![(RUN.path().join("run"), to.to_path_buf())];
    while let Some((from, to)) = folders.pop() {
        fs::create_dir_all(&to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let path = entry.unwrap().path();
            let place = to.join(path.file_name().unwrap());
            match path.is_dir() {
                true => folders.push((path, place)),
                false => drop(fs::copy(&path, place).unwrap()),
            }
        }
    }
}

const COMMANDS: [&str; 17] = [
    "train",
    "train binary",
    "train digits",
    "train activations",
    "train plateau",
    "evaluate",
    "ood",
    "attack",
    "study",
    "compare",
    "report",
    "activations-report",
    "predict",
    "export",
    "devices",
    "completions",
    "man",
];

/// Every command has an example, and no help is wider than its lines would wrap at.
#[test]
fn every_help_has_an_example() {
    let here = RUN.path();
    for command in COMMANDS {
        let help = text(&words(&format!("{command} --help"), here).stdout);
        let example = help.lines().skip_while(|line| *line != "Example:").nth(1);
        let example = example.unwrap_or_else(|| panic!("{command}: {help}"));
        let name = command.split(' ').next().unwrap();
        assert!(
            example.starts_with(&format!("  mnist-experiments {name}")),
            "{example}"
        );
        assert!(help.contains("--quiet"), "{command}");
    }
    let help = text(&words("--help", here).stdout);
    for line in ["Exit codes:", "  3    ", "  130  "] {
        assert!(help.contains(line), "{help}");
    }
    for hidden in ["  binary", "  summary"] {
        assert!(!help.contains(hidden), "{help}");
    }
}

/// Those that are short run as they are written.
#[test]
fn examples_run() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    copy(&here.join("runs/small"));
    for command in [
        "evaluate",
        "attack",
        "report",
        "devices",
        "completions",
        "study",
    ] {
        let help = text(&words(&format!("{command} --help"), here).stdout);
        let example = help
            .lines()
            .skip_while(|line| *line != "Example:")
            .nth(1)
            .unwrap();
        let args = example.trim().strip_prefix("mnist-experiments ").unwrap();
        let output = words(args, here);
        assert!(
            output.status.success(),
            "{example}: {}",
            text(&output.stderr)
        );
        assert!(!output.stdout.is_empty(), "{example}");
    }
    let output = words("man pages", here);
    assert!(output.status.success());
    let page = fs::read_to_string(here.join("pages/mnist-experiments-predict.1")).unwrap();
    assert!(page.contains("FILE.png"), "{page}");
}

#[test]
fn quiet_is_quiet() {
    let dir = tempfile::tempdir().unwrap();
    let line = "train binary -q --heads dome --limit-train 64 --epochs 1 --out run";
    let output = words(line, dir.path());
    assert!(output.status.success());
    assert_eq!(text(&output.stderr), "");
    assert!(text(&output.stdout).contains("dome"));
    let output = words("-q compare nowhere", dir.path());
    assert!(text(&output.stderr).starts_with("error: "));
}

#[test]
fn no_colour_and_no_reader() {
    let here = RUN.path();
    for command in COMMANDS {
        let line = format!("{command} --help");
        let output = Command::new(env!("CARGO_BIN_EXE_mnist-experiments"))
            .args(line.split(' '))
            .env("NO_COLOR", "1")
            .env("CLICOLOR_FORCE", "1")
            .output()
            .unwrap();
        assert!(!output.stdout.contains(&0x1b), "{command}");
    }
    // A pipe that nobody reads.
    for line in [
        "compare run",
        "compare run --json",
        "devices",
        "completions zsh",
        "evaluate run --only accuracy",
        "--help",
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = Command::new(env!("CARGO_BIN_EXE_mnist-experiments"))
            .args(line.split(' '))
            .current_dir(here)
            .stdout(writer)
            .stderr(Stdio::piped())
            .output()
            .unwrap();
        assert_eq!(text(&output.stderr), "", "{line}");
        assert!(output.status.success(), "{line}: {}", output.status);
    }
}

#[test]
fn json_for_machines() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    copy(&here.join("run"));
    let evaluated = json(&words("evaluate run --only calibration --json", here));
    let dome = &evaluated["heads"][0];
    assert_eq!(dome["head"], "dome");
    assert!(
        dome["evaluations"]["calibration"]["ece"].is_number(),
        "{dome}"
    );

    let compared = json(&words("compare run --json", here));
    assert_eq!(compared["seeds"], serde_json::json!([0]));
    let accuracy = &compared["heads"][1]["numbers"]["test_accuracy"];
    assert!(accuracy["mean"].as_f64().unwrap() > 0.5, "{compared}");
    assert!(accuracy["deviation"].is_null());

    let attacked = json(&words(
        "attack run --attacks fgsm --images 20 --heads dome --json",
        here,
    ));
    assert_eq!(attacked[0]["robustness"]["images"], 20);

    let devices = json(&words("devices --json", here));
    assert_eq!(devices["devices"][0]["device"], "flex");
    assert_eq!(devices["devices"][0]["built_in"], true);
}

/// A seven, `thick` pixels wide, of one colour on another.
fn seven(path: &Path, [width, height]: [u32; 2], thick: u32, ink: u8, paper: u8) {
    let mut pixels = vec![paper; (width * height) as usize];
    let (left, right, top, bottom) = (width / 4, width * 3 / 4, height / 6, height * 5 / 6);
    for y in top..bottom {
        for x in left..right {
            let along = right - (right - left) / 2 * (y - top) / (bottom - top);
            let is_bar = y < top + thick;
            let is_stroke = x < along && x + thick >= along;
            if is_bar || is_stroke {
                pixels[(y * width + x) as usize] = ink;
            }
        }
    }
    let mut encoder = png::Encoder::new(File::create(path).unwrap(), width, height);
    encoder.set_color(png::ColorType::Grayscale);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&pixels).unwrap();
}

#[test]
fn pictures_of_any_size_and_colour() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    copy(&here.join("run"));
    seven(&here.join("black.png"), [120, 160], 14, 0, 255);
    seven(&here.join("white.png"), [120, 160], 14, 255, 0);
    seven(&here.join("large.png"), [480, 600], 56, 30, 240);
    fs::write(here.join("bad.png"), "no picture").unwrap();

    let output = words("predict run black.png white.png large.png --json", here);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let answers = json(&output);
    let [black, white, large] = [0, 1, 2].map(|i| &answers["pictures"][i]);
    assert_eq!(black["is_dark_on_light"], true);
    assert_eq!(white["is_dark_on_light"], false);
    assert_eq!(black["heads"], white["heads"]);
    for picture in [black, large] {
        assert_eq!(picture["heads"][0]["name"], "odd", "{picture}");
    }
    assert!(black["heads"][0]["distances"]["even"].is_number());
    let place = black["heads"][0]["verdict"]["place"].as_str().unwrap();
    assert!(["near", "between", "far"].contains(&place));
    // The run was measured on test images, so the bounds are those of images that it learned from.
    assert_eq!(answers["heads"]["dome"]["images"], "training");
    assert_eq!(answers["heads"]["softmax"]["anchors"], "class centroids");
    // They are kept.
    let kept = fs::read(here.join("run/distances.json")).unwrap();
    let again = words("predict run black.png white.png large.png --json", here);
    assert_eq!(text(&again.stdout), text(&output.stdout));
    assert_eq!(fs::read(here.join("run/distances.json")).unwrap(), kept);

    // The good ones are answered all the same.
    let output = words("predict run --heads dome bad.png black.png", here);
    assert_eq!(output.status.code(), Some(1));
    let (said, errors) = (text(&output.stdout), text(&output.stderr));
    assert!(
        said.contains("black.png: dark on light") && said.contains("odd, "),
        "{said}"
    );
    assert!(errors.contains("bad.png: is no PNG file"), "{errors}");
    assert!(errors.contains("1 of 2 files are no pictures"), "{errors}");
}

/// The configuration of a run makes the same run; options come before it.
#[test]
fn configurations_from_files() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    let toml = "heads = [\"dome\", \"softmax\"]\nepochs = 1\nlimit-train = 999\nseed = 0\n";
    fs::write(here.join("small.toml"), toml).unwrap();
    let output = words(
        "train binary --config small.toml --limit-train 1280 --out again",
        here,
    );
    assert!(output.status.success(), "{}", text(&output.stderr));
    let first = RUN.path().join("run/config.json");
    assert_eq!(
        fs::read_to_string(here.join("again/config.json")).unwrap(),
        fs::read_to_string(&first).unwrap()
    );
    let models = |run: &Path| fs::read(run.join("models/dome.bpk")).unwrap();
    assert!(models(&here.join("again")) == models(&RUN.path().join("run")));
    fs::copy(first, here.join("config.json")).unwrap();
    let line = "train binary --config config.json --seed 1 --heads dome --out seed";
    assert!(words(line, here).status.success());
    let config = fs::read_to_string(here.join("seed/config.json")).unwrap();
    let config: Value = serde_json::from_str(&config).unwrap();
    assert_eq!(
        (config["seed"].as_u64(), config["limit_train"].as_u64()),
        (Some(1), Some(1280))
    );
}

/// What is typed wrong: one line that names the value and the way out, and the exit code.
#[test]
fn bad_options() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    for (name, contents) in [
        ("unknown.toml", "epoch = 3"),
        ("type.toml", "epochs = \"x\""),
        ("broken.toml", "epochs ="),
        ("digits.toml", "task = \"digits\""),
        ("zero.toml", "batch_size = 0"),
    ] {
        fs::write(here.join(name), contents).unwrap();
    }
    fs::write(here.join("binary.toml"), b"\xff\xfe").unwrap();
    fs::create_dir(here.join("occupied")).unwrap();
    fs::write(here.join("occupied/notes"), "mine").unwrap();
    fs::write(here.join("file"), "").unwrap();
    for (line, code, expected) in [
        ("", 2, "Usage:"),
        ("trian", 2, "tip: a similar subcommand exists: 'train'"),
        ("train", 2, "Usage:"),
        (
            "train binary --epoch 3",
            2,
            "tip: a similar argument exists: '--epochs'",
        ),
        (
            "train binary --epochs 0",
            2,
            "--epochs is 0, but must be at least 1",
        ),
        (
            "train binary --epochs x",
            2,
            "invalid value 'x' for '--epochs",
        ),
        ("train binary --epochs -1", 2, "unexpected argument '-1'"),
        (
            "train binary --batch-size 0",
            2,
            "--batch-size is 0, but must be at least 1",
        ),
        (
            "train binary --embedding-dim 0",
            2,
            "--embedding-dim is 0, but must be",
        ),
        ("train binary --embedding-dim 99999999", 2, "at most 65536"),
        (
            "train binary --learning-rate NaN",
            2,
            "--learning-rate is NaN, but must be above 0",
        ),
        (
            "train binary --learning-rate 2",
            2,
            "--learning-rate is 2, but must be",
        ),
        (
            "train binary --limit-train 0",
            2,
            "--limit-train is 0, but must be at least 1",
        ),
        (
            "train binary --limit-train 60001",
            1,
            "must be at most 60000",
        ),
        (
            "train binary --channels 8",
            2,
            "two numbers are expected, such as 16,32",
        ),
        (
            "train binary --channels 0,8",
            2,
            "--channels is 0, but must be",
        ),
        (
            "train binary --adversarial 7",
            2,
            "--adversarial is 7, but must be",
        ),
        ("train binary --heads domo", 2, "no head is named `domo`"),
        (
            "train binary --heads dome,dome",
            2,
            "--heads is a list with dome twice",
        ),
        (
            "train digits --heads sigmoid",
            2,
            "--heads is sigmoid, but must be of the heads for",
        ),
        (
            "train binary --device cuda",
            2,
            "unknown device \"cuda\": use flex",
        ),
        ("train binary --data mnits", 1, "did you mean mnist?"),
        ("train binary --data file", 1, "file"),
        (
            "train binary --evaluate-on tests",
            2,
            "[possible values: test, validation]",
        ),
        (
            "train binary --jobs 0",
            2,
            "must be at least 1 and at most 1024",
        ),
        (
            "train binary --threads 0",
            2,
            "must be at least 1 and at most 1024",
        ),
        ("train binary --seed -1", 2, "unexpected argument '-1'"),
        (
            "train binary --checkpoint-steps 0",
            2,
            "a number of at least 1 is expected",
        ),
        (
            "train binary --resume --force",
            2,
            "cannot be used with '--force'",
        ),
        (
            "train binary --out occupied",
            1,
            "is not empty and holds no run",
        ),
        ("train binary --out file", 1, "it is no folder"),
        (
            "train binary --config nowhere.toml",
            2,
            "nowhere.toml: cannot be read",
        ),
        (
            "train binary --config unknown.toml",
            2,
            "unknown.toml: unknown key `epoch`; did you mean `epochs`?",
        ),
        (
            "train binary --config type.toml",
            2,
            "type.toml: epochs: invalid type",
        ),
        (
            "train binary --config broken.toml",
            2,
            "broken.toml: line 1: ",
        ),
        (
            "train binary --config digits.toml",
            2,
            "for the task digits, but this command trains on even_odd",
        ),
        (
            "train binary --config zero.toml",
            2,
            "--batch-size is 0, but must be at least 1",
        ),
        (
            "train binary --config binary.toml",
            2,
            "binary.toml: cannot be read",
        ),
        ("evaluate", 2, "Usage:"),
        ("evaluate nowhere", 1, "nowhere"),
        ("evaluate nowhere --only accuraci", 2, "there are accuracy"),
        ("evaluate occupied", 1, "has no manifest.json"),
        ("ood nowhere", 1, "nowhere"),
        (
            "attack nowhere --eps 0",
            1,
            "--eps is 0, but must be above 0 and finite",
        ),
        (
            "attack nowhere --attacks fsgm",
            2,
            "tip: a similar value exists: 'fgsm'",
        ),
        ("attack nowhere --norm l3", 2, "[possible values:"),
        ("compare", 2, "<RUN>..."),
        ("compare nowhere", 1, "cannot read nowhere"),
        ("compare nowhere --into file", 2, "--marker <NAME>"),
        ("report nowhere", 1, "cannot read nowhere"),
        ("predict nowhere", 2, "<FILE.png>..."),
        ("predict nowhere file", 1, "nowhere"),
        ("export nowhere", 1, "nowhere"),
        ("completions fsh", 2, "tip: a similar value exists: 'fish'"),
        ("man file", 1, "cannot write manual pages to file"),
        ("study --quick --full", 2, "cannot be used with '--full'"),
    ] {
        let output = words(line, here);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{line}: {said}");
        assert!(said.contains(expected), "{line}: {said}");
        assert!(!said.contains("panicked"), "{line}: {said}");
        // clap's are longer: they have the usage.
        let lines = said.lines().count();
        assert!(code == 2 || lines == 1, "{line}: {said}");
    }
    let left: Vec<String> = fs::read_dir(here)
        .unwrap()
        .map(|entry| text(entry.unwrap().file_name().as_encoded_bytes()))
        .filter(|name| !name.ends_with(".toml"))
        .collect();
    assert_eq!(left.len(), 2, "{left:?}");
}

/// Every file of a run missing, cut off, or another one: whoever needs it says which one, and nothing panics.
#[test]
fn bad_files_of_a_run() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    let run = here.join("run");
    seven(&here.join("seven.png"), [28, 28], 3, 0, 255);
    // Who reads which files; numbers of images are small, or nothing is computed at all.
    let readers: [(&str, &[&str]); 5] = [
        (
            "evaluate run --only accuracy",
            &["config.json", "manifest.json", "metrics.json"],
        ),
        ("compare run", &["config.json", "metrics.json"]),
        (
            "report run --figures",
            &["metrics.json", "embedding.csv", "plane.json"],
        ),
        (
            "predict run seven.png --heads dome",
            &[
                "config.json",
                "manifest.json",
                "metrics.json",
                "models/dome.bpk",
                "distances.json",
            ],
        ),
        (
            "attack run --attacks fgsm --images 2 --heads dome",
            &[
                "config.json",
                "manifest.json",
                "metrics.json",
                "models/dome.bpk",
                "attacks.json",
            ],
        ),
    ];
    // Files that are made when they are missing.
    let optional = ["distances.json", "attacks.json"];
    copy(&run);
    for (line, _) in readers {
        let output = words(line, here);
        assert!(output.status.success(), "{line}: {}", text(&output.stderr));
    }
    for (line, files) in readers {
        for name in files {
            let path = run.join(name);
            let whole = fs::read(&path).unwrap();
            let swapped = match *name {
                "models/dome.bpk" => fs::read(run.join("models/softmax.bpk")).unwrap(),
                "embedding.csv" => fs::read(run.join("epochs.csv")).unwrap(),
                _ => fs::read(run.join("plane.json")).unwrap(),
            };
            let mut cases = vec![
                ("cut off", Some(whole[..whole.len() / 2].to_vec())),
                ("empty", Some(Vec::new())),
                ("of zeros", Some(vec![0; whole.len()])),
            ];
            if *name != "plane.json" {
                cases.push(("swapped", Some(swapped)));
            }
            if !optional.contains(name) {
                cases.push(("missing", None));
            }
            for (what, bytes) in cases {
                match bytes {
                    Some(bytes) => fs::write(&path, bytes).unwrap(),
                    None => fs::remove_file(&path).unwrap(),
                }
                let output = words(line, here);
                let said = text(&output.stderr);
                let case = format!("{line}, {name} {what}: {said}");
                assert_eq!(output.status.code(), Some(1), "{case}");
                assert!(!said.contains("panicked"), "{case}");
                let file = Path::new(name).file_name().unwrap().to_str().unwrap();
                assert!(said.contains(file), "{case}");
                assert_eq!(
                    said.lines()
                        .filter(|line| line.starts_with("error: "))
                        .count(),
                    1,
                    "{case}"
                );
                fs::write(&path, &whole).unwrap();
            }
        }
    }
}
