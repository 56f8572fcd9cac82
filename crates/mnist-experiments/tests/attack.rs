//! Attacks on trained models, and training under attack, on the bundled data.

use std::path::Path;
use std::process::{Command, Output};

use burn::module::Module;
use burn::tensor::Device;
use mnist_experiments::attack::{
    Apgd, Attack, AttackKind, Norm, Objective, Pgd, Robustness, Square, Subject, Surface, Victim,
    attack_all, balanced,
};
use mnist_experiments::data::{Bundled, Part};
use mnist_experiments::head::HeadConfig;
use mnist_experiments::model::{ClassifierConfig, EncoderConfig, Normalization};
use mnist_experiments::report::RunFolder;
use mnist_experiments::task::Task;
use mnist_experiments::train::{Adversary, Progress, Samples, TrainingConfig, train};

fn samples(part: Part, count: usize) -> Samples {
    Samples::new(Task::Digits, Bundled::Mnist.load(part).unwrap().take(count)).unwrap()
}

/// A model trained for two epochs on 2,000 images.
fn trained(head: &str, adversary: Option<Adversary>) -> Victim {
    let head: HeadConfig = head.parse().unwrap();
    let training = samples(Part::Train, 2000);
    let device = Device::flex();
    let autodiff = device.clone().autodiff();
    let model = ClassifierConfig {
        encoder: EncoderConfig::new([28, 28], 9),
        normalization: Normalization::of(training.split()),
        head,
        classes: 10,
    };
    let config = TrainingConfig {
        epochs: 2,
        batch_size: 32,
        shard: None,
        learning_rate: 3e-3,
        seed: 1,
        calibrate: true,
        curve_steps: None,
        adversary,
    };
    let silent = Progress::silent();
    let model = model.init(1, &autodiff);
    let trained = train(
        "test",
        model,
        &training,
        &config,
        &autodiff,
        &silent,
        |_, _| Ok(()),
    );
    let model = trained.unwrap().model.valid();
    Victim::new(&model, [1, 28, 28], Surface::Scores, &device)
}

fn left(attack: &dyn Attack, victim: &Victim, subjects: &[Subject], eps: f32) -> usize {
    let survives = attack_all(attack, victim, victim, subjects, Norm::Linf, eps, 0).unwrap();
    survives.iter().filter(|left| **left).count()
}

#[test]
fn attacks_do_what_they_should() {
    let victim = trained("softmax", None);
    let subjects = balanced(&samples(Part::Test, 2000), 100);
    let measured =
        Robustness::measure(&[], &victim, &victim, &subjects, Norm::Linf, 0.1, 0).unwrap();
    assert!(measured.clean > 0.8, "{measured:?}");
    assert_eq!(
        (measured.robust, measured.zero_gradients),
        (measured.clean, 0.0)
    );

    // Many steps find more than one, and no more than a twentieth of the images stands 0.3.
    let pgd = Pgd::new(Objective::CrossEntropy, 20);
    let [one, many] = [&Pgd::FGSM as &dyn Attack, &pgd].map(|a| left(a, &victim, &subjects, 0.1));
    assert!(many <= one, "{many} of {one}");
    let strong = Apgd {
        steps: 30,
        ..Apgd::CROSS_ENTROPY
    };
    assert!(left(&strong, &victim, &subjects, 0.3) <= 5);
    // Nothing is found at 0.
    let untouched = left(&pgd, &victim, &subjects, 0.0);
    assert_eq!(untouched as f64 / 100.0, measured.clean);

    // The same model is another one, too, for an attack that takes all of its steps.
    let whole = left(&Pgd::transfer(20), &victim, &subjects, 0.1);
    assert!(whole <= many + 5, "{whole} {many}");
    // Random search finds something under L2, and stays in the ball.
    let square = Square {
        queries: 60,
        ..Square::STANDARD
    };
    let survives = attack_all(&square, &victim, &victim, &subjects, Norm::L2, 3.0, 0).unwrap();
    let standing = survives.iter().filter(|left| **left).count();
    assert!(
        (standing as f64) < 100.0 * measured.clean - 10.0,
        "{standing}"
    );

    // The perturbation of an image does not depend on the others, but for the rounding of larger batches.
    let attack = |subjects: &[Subject]| pgd.perturb(&victim, subjects, Norm::L2, 1.0, 7).unwrap();
    let [beside, alone] = [&attack(&subjects[..8])[5], &attack(&subjects[5..6])[0]];
    assert!(Norm::Linf.distance(beside, alone) < 1e-3);
}

/// At PGD-20 with an eps that leaves a natural model little.
#[test]
fn adversarial_training_helps() {
    let subjects = balanced(&samples(Part::Test, 2000), 100);
    let pgd = Pgd::new(Objective::CrossEntropy, 20);
    let [natural, adversarial] = [None, Some(Adversary::of_eps(0.15))]
        .map(|adversary| left(&pgd, &trained("softmax", adversary), &subjects, 0.15));
    assert!(
        adversarial > natural + 20,
        "{natural} and {adversarial} of 100"
    );
}

#[test]
fn a_perturbation_that_is_not_allowed_does_not_count() {
    struct Cheat;
    impl Attack for Cheat {
        fn name(&self) -> String {
            "cheat".into()
        }

        fn perturb(
            &self,
            _: &Victim,
            subjects: &[Subject],
            _: Norm,
            _: f32,
            _: u64,
        ) -> Result<Vec<Vec<f32>>, mnist_experiments::attack::AttackError> {
            Ok(subjects
                .iter()
                .map(|s| s.pixels.iter().map(|p| 1.0 - p).collect())
                .collect())
        }
    }
    let victim = trained("softmax", None);
    let subjects = balanced(&samples(Part::Test, 1000), 50);
    assert_eq!(left(&Cheat, &victim, &subjects, 0.1), 50);
    assert!(left(&Cheat, &victim, &subjects, 1.0) < 50);
}

fn program(args: &[&str], path: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mnist-experiments"));
    let output = command.arg(args[0]).arg(path).args(&args[1..]).output();
    output.expect("the program starts")
}

#[test]
fn the_program_keeps_what_it_found() {
    let dir = tempfile::tempdir().unwrap();
    let run = dir.path().join("run");
    let train = [
        "--heads",
        "softmax,annealed-dome",
        "--limit-train",
        "640",
        "--epochs",
        "2",
    ];
    let trained = Command::new(env!("CARGO_BIN_EXE_mnist-experiments"))
        .args(["digits", "--keep-epochs"])
        .args(train)
        .arg("--out")
        .arg(&run)
        .output()
        .unwrap();
    assert!(
        trained.status.success(),
        "{}",
        String::from_utf8_lossy(&trained.stderr)
    );
    // A header of 128 bytes, two epochs, 10,000 images of 9 numbers in two bytes.
    let kept = std::fs::metadata(run.join("epochs/softmax.npy")).unwrap();
    assert_eq!(kept.len(), 128 + 2 * 10_000 * 9 * 2);

    let attack = [
        "attack",
        "--eps",
        "0.05,0.3",
        "--attacks",
        "fgsm,pgd",
        "--images",
        "40",
    ];
    let output = program(&attack, &run);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let table = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        table.contains("fgsm") && table.contains("annealed-dome"),
        "{table}"
    );
    let results = RunFolder::open(&run).attacks().unwrap();
    assert_eq!(results.len(), 4);
    for result in &results {
        let of = &result.robustness;
        assert_eq!(result.attacks, [AttackKind::Fgsm, AttackKind::Pgd]);
        assert!(of.attacks.is_sorted_by(|a, b| a.left >= b.left) && of.robust <= of.clean);
    }
    // What is there is not computed again.
    let before = std::fs::read(run.join("attacks.json")).unwrap();
    let again = program(&attack, &run);
    assert_eq!(String::from_utf8_lossy(&again.stdout), table);
    assert_eq!(std::fs::read(run.join("attacks.json")).unwrap(), before);

    let refused = program(&["attack", "--eps=-1"], &run);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("--eps is -1"));

    // Made on one model for the other, both ways; and through the training loss.
    let options = ["attack", "--eps", "0.3", "--images", "20"];
    let transfer = program(&[&options[..], &["--transfer"]].concat(), &run);
    let table = String::from_utf8_lossy(&transfer.stdout).into_owned();
    assert!(
        table.contains("made on") && table.contains("pgd-40-ce-whole"),
        "{table}"
    );
    let loss = program(
        &[&options[..], &["--surface", "training-loss"]].concat(),
        &run,
    );
    assert!(
        loss.status.success(),
        "{}",
        String::from_utf8_lossy(&loss.stderr)
    );
    let results = RunFolder::open(&run).attacks().unwrap();
    let sources: Vec<String> = results
        .iter()
        .filter_map(|of| Some(of.source?.to_string()))
        .collect();
    assert_eq!(sources, ["softmax", "annealed-dome"]);
    let through = results
        .iter()
        .filter(|of| of.surface == Surface::TrainingLoss);
    assert_eq!(through.count(), 2);
    assert!(
        results
            .iter()
            .all(|of| of.robustness.robust <= of.robustness.clean)
    );
    let refused = program(
        &[
            "attack",
            "--surface",
            "training-loss",
            "--attacks",
            "square",
        ],
        &run,
    );
    assert!(String::from_utf8_lossy(&refused.stderr).contains("fgsm, pgd and pgd-transfer alone"));

    let outliers = program(&["ood", "--heads", "softmax"], &run);
    let table = String::from_utf8_lossy(&outliers.stdout).into_owned();
    assert!(
        outliers.status.success(),
        "{}",
        String::from_utf8_lossy(&outliers.stderr)
    );
    for name in [
        "fashion-mnist",
        "inverted",
        "energy",
        "vim",
        "knn-hidden",
        "odin",
        "letters",
    ] {
        assert!(table.contains(name), "{name}: {table}");
    }
}
