//! The page of the study, from results made by hand.

use std::collections::BTreeMap;
use std::path::PathBuf;

use mnist_experiments::study::{Changes, Plan, Scope, StudyResult, missing, report};
use serde_json::{Value, json};

/// Two heads of the default study on MNIST, two seeds each, ten images under attack.
fn plan() -> Plan {
    let head = |name: &str| name.parse().unwrap();
    Scope::Default.plan().changed(&Changes {
        parts: vec!["mnist".into()],
        heads: vec![head("softmax"), head("mmc"), head("arcface")],
        seeds: Some(2),
        images: Some(10),
        ..Changes::default()
    })
}

/// A result with these shares, and which of the ten images withstand all attacks.
fn result(plan: &Plan, head: &str, seed: u64, accuracy: f64, left: &str) -> (PathBuf, StudyResult) {
    let training = plan.parts[0].training(head.parse().unwrap(), seed);
    let answer = |question| {
        let mut answer = serde_json::to_value(question).unwrap();
        answer["clean"] = 1.0.into();
        answer["zero_gradients"] = 0.0.into();
        answer["left"] = format!("10:{left}").into();
        answer
    };
    let answers: Vec<Value> = training.questions.iter().map(answer).collect();
    let part = |images: usize| json!({"images": images, "checksum": format!("sum-{images}")});
    let wrong = (10_000.0 * (1.0 - accuracy)).round() as usize;
    let right: String = (0..2500)
        .map(|i| if i < wrong.div_ceil(4) { '0' } else { 'f' })
        .collect();
    let result = json!({
        "part": "mnist",
        "experiment": serde_json::to_value(&training.experiment).unwrap(),
        "versions": {"mnist-experiments": "0.1.0", "burn": "0.22.1"},
        "data": {"name": "mnist", "training": part(60_000), "test": part(10_000)},
        "metrics": {
            "head": head, "embedding_dim": 9, "test_accuracy": accuracy, "train_loss": 0.1,
            "intra_class_distance": 1.0, "min_centroid_distance": 2.0, "compactness_ratio": 2.0,
            "embedding_radius_p99": 2.0, "embedding_radius_max": 2.5, "silhouette": 0.75,
            "parameters": {}, "train_seconds": 1.0, "train_images_per_second": 2.0,
            "evaluations": {
                "calibration": {"ece": 0.0123},
                "rejection": {"aurc": 0.00025},
                "neural-collapse": {"nc1": null},
                "neural-collapse-training": {"nc1": 0.5},
                "outliers": {
                    "auroc energy": 0.97, "fpr95 energy": 0.1, "auroc max-score": 0.5, "fpr95 max-score": 0.9,
                    "auroc knn": 0.98, "fpr95 knn": 0.05
                },
                "letters": {"auroc energy": 0.75, "fpr95 energy": 0.6, "auroc max-score": 0.7, "fpr95 max-score": 0.8},
                "unknown-classes": {"auroc msp": 0.91, "fpr95 msp": 0.5, "auroc vim": 0.96, "fpr95 vim": 0.1}
            }
        },
        "right": format!("10000:{right}"),
        "curves": {"reliability": "0.5,0.4 0.9,0.95", "roc": "0,0 0.1,0.9 1,1"},
        "answers": answers,
        "seconds": {"training": 1800.0}
    });
    (training.path(), serde_json::from_value(result).unwrap())
}

fn results(plan: &Plan) -> BTreeMap<PathBuf, StudyResult> {
    // In hexadecimal, four images a digit.
    [
        result(plan, "softmax", 0, 0.98, "004"),
        result(plan, "softmax", 1, 0.982, "000"),
        result(plan, "mmc", 0, 0.99, "ff4"),
        result(plan, "mmc", 1, 0.993, "ffc"),
        result(plan, "arcface", 1, 0.98, "f00"),
    ]
    .into()
}

#[test]
fn tables() {
    let plan = plan();
    let results = results(&plan);
    for training in plan.trainings() {
        let result = results.get(&training.path());
        assert_eq!(missing(&training, result).is_empty(), result.is_some());
    }
    let page = report::markdown(&plan, &results);
    let has = |line: &str| assert!(page.lines().any(|of| of == line), "{line}\n{page}");
    has(
        "Known are 5 of 6 trainings, 5 with all evaluations and attacks; they took 2.5 hours. Versions: burn 0.22.1, \
         mnist-experiments 0.1.0.",
    );
    has("| head | accuracy, % | compactness | silhouette | NC1 | ECE, % | AURC, ‰ |");
    has(
        "| softmax | 98.10 ± 0.14 | 2.00 ± 0.00 | 0.750 ± 0.000 | n/a | 1.23 ± 0.00 | 0.250 ± 0.000 |",
    );
    has(
        "| arcface | 98.00 (1 of 2) | 2.00 (1 of 2) | 0.750 (1 of 2) | n/a (1 of 2) | 1.23 (1 of 2) | 0.250 (1 of 2) |",
    );
    has(
        "| mmc | energy | 97.0 ± 0.0 | 10.0 ± 0.0 | 98.0 ± 0.0 | 5.0 ± 0.0 | 75.0 ± 0.0 | 60.0 ± 0.0 |",
    );
    has(
        "| arcface | max-score | 50.0 (1 of 2) | 90.0 (1 of 2) | 98.0 (1 of 2) | 5.0 (1 of 2) | 70.0 (1 of 2) | 80.0 (1 \
         of 2) |",
    );
    // What says little of robustness has tables of its own, of those that are asked.
    has(
        "| head | PGD-40 through the log-probabilities, 0.1 | PGD-40 through the training loss, 0.1 |",
    );
    has("| softmax | 10.0 | 10.0 |");
    has("| head | PGD-40 from softmax, 0.1 | PGD-40 to softmax, 0.1 |");
    let transfers = page
        .split("by the gradients of the model beside")
        .nth(1)
        .unwrap();
    let lines: Vec<&str> = transfers.lines().skip(4).take(2).collect();
    assert_eq!(lines, ["| mmc | 90.0 | 90.0 |", ""]);
    has("| head | FGSM, 0.1 | PGD-40, 0.1 | APGD-CE, 0.1 | PGD-40, 0.3 | ensemble, 0.1 |");
    // The ensemble is for one seed of some heads; softmax leaves one image of ten, then none.
    has("| softmax | 5.0 ± 7.1 | 5.0 ± 7.1 | 5.0 ± 7.1 | 5.0 ± 7.1 | 10.0 |");
    has("| mmc | 95.0 ± 7.1 | 95.0 ± 7.1 | 95.0 ± 7.1 | 95.0 ± 7.1 | 90.0 |");
    has("| arcface | 40.0 (1 of 2) | 40.0 (1 of 2) | 40.0 (1 of 2) | 40.0 (1 of 2) | – |");
    assert!(page.contains("at most 15.5 points"), "{page}");
    assert!(page.contains("sum-60000 and sum-10000"), "{page}");
    assert_eq!(page, report::markdown(&plan, &results));
}

/// Differences of mmc: accuracy 1.0 and 1.1 points, p = 1 - 2/pi atan(21) = 0.0303 of one degree of freedom; a hundred
/// images of ten thousand are decided otherwise, all to its favour. Of the ten images under attack eight: 2/2^8 = 0.0078.
#[test]
fn differences() {
    let plan = plan();
    let page = report::markdown(&plan, &results(&plan));
    let section = page.split("### Against softmax").nth(1).unwrap();
    let line = section
        .lines()
        .find(|line| line.starts_with("| mmc |"))
        .unwrap();
    let cells: Vec<&str> = line.split(" | ").collect();
    assert_eq!(cells[1], "+1.05 (t 0.030, M 0.000) **better**");
    assert_eq!(cells[2], "+0.00 (t 1.000)");
    // 80 and 100 points: t = 9, p = 0.0704, one head alone has two seeds; 0.0078 is adjusted for two heads.
    assert_eq!(cells[4], "+90.0 (t 0.070, M 0.016)");
    assert!(
        cells[8].starts_with("+80.0 (M 0.008) **better, one seed**"),
        "{line}"
    );
    let line = section
        .lines()
        .find(|line| line.starts_with("| arcface |"))
        .unwrap();
    // Four images of the second seed, its only one: 2/2^4, the larger one of two heads.
    assert!(line.contains("+40.0 (M 0.125)"), "{line}");
    assert!(line.ends_with("| missing |"), "{line}");
}

#[test]
fn nothing_is_made_up() {
    let plan = plan();
    let mut results = results(&plan);
    results.clear();
    let page = report::markdown(&plan, &results);
    assert!(page.contains("Known are 0 of 6 trainings, 0 with all"));
    let rows = page.lines().filter(|line| line.starts_with("| mmc |"));
    for row in rows {
        let cells = row.trim_matches(['|', ' ']).split(" | ").skip(1);
        assert!(
            cells
                .clone()
                .all(|cell| ["missing", "energy"].contains(&cell)),
            "{row}"
        );
    }
    let (path, mut diverged) = result(&plan, "mmc", 0, 0.9, "000");
    diverged.failure = Some("the training of mmc diverged".into());
    (diverged.metrics, diverged.right) = (None, None);
    diverged.answers.clear();
    results.insert(path, diverged);
    let page = report::markdown(&plan, &results);
    assert!(
        page.contains("mmc, seed 0: the training of mmc diverged."),
        "{page}"
    );
}

/// Parts that learn some of the classes have one section, with published figures beside the split that they are of.
#[test]
fn classes_that_were_not_learned() {
    let head = |name: &str| name.parse().unwrap();
    let changes = |parts: &[&str]| Changes {
        parts: parts.iter().copied().map(String::from).collect(),
        heads: vec![head("softmax"), head("mmc")],
        seeds: Some(2),
        ..Changes::default()
    };
    let plan =
        Scope::Default
            .plan()
            .changed(&changes(&["mnist-01234", "mnist-012369", "mnist-024689"]));
    let mut results = BTreeMap::new();
    for part in 0..3 {
        let one = Plan {
            parts: vec![plan.parts[part].clone()],
        };
        let (path, result) = result(&one, "softmax", 0, 0.99 - 0.01 * part as f64, "000");
        results.insert(path, result);
    }
    let page = report::markdown(&plan, &results);
    assert_eq!(page.matches("## Classes that were not learned").count(), 1);
    let has = |line: &str| {
        assert!(
            page.lines().any(|of| of.starts_with(line)),
            "{line}\n{page}"
        )
    };
    has("### MNIST, 0,1,2,3,4 against 5,6,7,8,9");
    has("| head | accuracy, % | MSP | largest score |");
    has("| softmax | 99.00 (1 of 2) | 91.0 (1 of 2) |");
    has("| oodeel, PyTorch | – | 90.7 | 89.7 |");
    // Of two splits: 98 and 97 %.
    has("| softmax | 97.50 ± 0.71 | 91.0 ± 0.0 |");
    assert!(page.contains("a 4-D embedding"), "{page}");
}
