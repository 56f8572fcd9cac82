//! Activations between the layers, end to end on the bundled data.

use std::path::Path;
use std::process::{Command, Output};

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::{Device, Int, Tensor, TensorData, activation};
use mnist_experiments::activations::{
    ActivationKind, ActivationsData, ActivationsExperiment, Network, NetworkConfig, NetworkKind,
    run,
};
use mnist_experiments::data::{Bundled, Part};
use mnist_experiments::model::Normalization;
use mnist_experiments::report::RunFolder;

fn network(kind: NetworkKind, activation: ActivationKind, seed: u64, device: &Device) -> Network {
    NetworkConfig {
        kind,
        activation,
        image_size: [28, 28],
        channels: 1,
        classes: 10,
        normalization: Normalization::grey(0.13, 0.31),
    }
    .init(seed, device)
}

/// The first images of the test set and their labels.
fn images(count: usize, device: &Device) -> (Tensor<4>, Tensor<1, Int>) {
    let split = Bundled::Mnist.load(Part::Test).unwrap().take(count);
    let pixels: Vec<f32> = split.images.iter().map(|&p| f32::from(p) / 255.0).collect();
    let labels: Vec<i32> = split.labels.iter().map(|&label| label.into()).collect();
    (
        Tensor::from_data(TensorData::new(pixels, [count, 1, 28, 28]), device),
        Tensor::from_data(TensorData::new(labels, [count]), device),
    )
}

fn loss(network: &Network, images: Tensor<4>, labels: Tensor<1, Int>) -> Tensor<1> {
    let scores = activation::log_softmax(network.forward(images), 1);
    let own = scores.gather(1, labels.unsqueeze_dim(1));
    own.mean().neg()
}

/// Every activation in both kinds of networks: a gradient for every parameter, a lower loss.
#[test]
fn every_activation_trains() {
    struct EveryParameter<'a>(&'a GradientsParams, &'a str);
    impl ModuleVisitor for EveryParameter<'_> {
        fn visit_float<const D: usize>(&mut self, parameter: &Param<Tensor<D>>) {
            let gradient = self.0.get::<D>(parameter.id);
            let gradient = gradient.unwrap_or_else(|| panic!("{}: no gradient", self.1));
            let largest: f32 = gradient.abs().max().into_scalar();
            assert!(
                largest > 0.0 && largest.is_finite(),
                "{}: {largest}",
                self.1
            );
        }
    }
    let device = Device::flex().autodiff();
    let (images, labels) = images(64, &device);
    for kind in NetworkKind::DEFAULT {
        for activation in ActivationKind::ALL {
            let name = format!("{} {}", kind.name(), activation.name());
            let mut network = network(kind, activation, 3, &device);
            let mut optimizer = AdamConfig::new().init();
            let mut losses = Vec::new();
            for _ in 0..6 {
                let loss = loss(&network, images.clone(), labels.clone());
                losses.push(loss.clone().into_scalar::<f32>());
                let gradients = GradientsParams::from_grads(loss.backward(), &network);
                network.visit(&mut EveryParameter(&gradients, &name));
                network = optimizer.step(1e-3, network, gradients);
            }
            assert!(losses[5] < 0.8 * losses[0], "{name}: {losses:?}");
        }
    }
}

#[test]
fn maxout_has_twice_the_weights_in_front_of_it() {
    let device = Device::flex();
    let count = |kind, activation| network(kind, activation, 0, &device).num_params();
    // Weights and biases of two 5 x 5 convolutions, of the hidden layer and of the output.
    let cnn = (25 + 1) * 16 + (25 * 16 + 1) * 32 + (512 + 1) * 64 + (64 + 1) * 10;
    let output = (64 + 1) * 10;
    assert_eq!(count(NetworkKind::Cnn, ActivationKind::Relu), cnn);
    let maxout = count(NetworkKind::Cnn, ActivationKind::Maxout);
    assert_eq!(maxout, 2 * (cnn - output) + output);
    // Three numbers for each of 8 layers, or for each of 8 x 128 channels.
    let mlp = |activation| count(NetworkKind::Mlp, activation);
    let relu = mlp(ActivationKind::Relu);
    assert_eq!(mlp(ActivationKind::PDome), relu + 3 * 8);
    assert_eq!(mlp(ActivationKind::PDomeChannel), relu + 3 * 8 * 128);
}

/// The variance of what arrives at the output says whether a gain fits its activation.
#[test]
fn gains_keep_the_signal_through_20_layers() {
    let device = Device::flex();
    let (images, _) = images(200, &device);
    let deviation = |activation| -> f32 {
        let network = network(NetworkKind::DeepMlp, activation, 1, &device);
        let logits = network.forward(images.clone());
        logits.square().mean().sqrt().into_scalar()
    };
    for activation in ActivationKind::ALL {
        let deviation = deviation(activation);
        assert!(
            (0.05..20.0).contains(&deviation),
            "{}: {deviation}",
            activation.name()
        );
    }
    let pdome = deviation(ActivationKind::PDome);
    assert!((0.7..1.4).contains(&pdome), "{pdome}");
}

#[test]
fn results_depend_on_the_seed_and_not_on_the_jobs() {
    let dir = tempfile::tempdir().unwrap();
    let experiment = ActivationsExperiment {
        networks: vec![NetworkKind::Mlp],
        // RReLU draws random numbers in training.
        activations: vec![
            ActivationKind::RRelu,
            ActivationKind::PDomeChannel,
            ActivationKind::Spline,
        ],
        epochs: 1,
        seeds: vec![0, 1],
        limit_train: Some(640),
        ..Default::default()
    };
    let mut set = experiment.data.load(&experiment.selection()).unwrap();
    set.test = set.test.take(1000);
    let data = ActivationsData::new(set);
    let losses = |jobs: usize| -> Vec<(f64, f64, f64)> {
        let path = dir.path().join(jobs.to_string());
        let folder = RunFolder::create(&path, &experiment, false).unwrap();
        let metrics = run(&experiment, &data, &Device::flex(), jobs, &folder).unwrap();
        let trainings = metrics.trainings.iter();
        trainings
            .map(|t| (t.train_loss, t.test_loss, t.test_accuracy))
            .collect()
    };
    let alone = losses(1);
    assert_eq!(alone, losses(3));
    assert_eq!(alone.len(), 6);
    for seeds in alone.chunks(2) {
        assert_ne!(seeds[0], seeds[1]);
    }
}

fn program(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_mnist-experiments"))
        .args(args)
        .output()
        .expect("the program starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn the_program_leaves_a_complete_folder_and_reports_it() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("run");
    let mut small = vec![
        "activations",
        "--activations",
        "relu,pdome",
        "--seeds",
        "1,2",
    ];
    small.extend(["--limit-train", "320", "--epochs", "1", "--out", path(&out)]);
    let output = program(&small);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let table = text(&output.stdout);
    assert!(
        table.contains("MLP (8 layers)") && table.contains("losses.png"),
        "{table}"
    );

    let folder = RunFolder::open(&out);
    let metrics = folder.activations_metrics().unwrap();
    assert_eq!(metrics.trainings.len(), 8);
    assert_eq!((metrics.train_images, metrics.test_images), (320, 10_000));
    let pdome = &metrics.trainings[2];
    assert_eq!((pdome.activation, pdome.seed), (ActivationKind::PDome, 1));
    assert_eq!(pdome.learned["mu"].len(), 3);
    for (file, lines) in [("epochs.csv", 1 + 8), ("losses.csv", 1 + 8)] {
        let text = std::fs::read_to_string(folder.file(file)).unwrap();
        assert_eq!(text.lines().count(), lines, "{file}");
    }
    for figure in ["losses.svg", "losses.png"] {
        assert!(std::fs::metadata(folder.file(figure)).unwrap().len() > 5_000);
    }

    // Tables into a Markdown file, figure again.
    let markdown = dir.path().join("a.md");
    std::fs::write(&markdown, "x\n<!-- t:begin -->\n<!-- t:end -->\n").unwrap();
    std::fs::remove_file(folder.file("losses.svg")).unwrap();
    let into = [
        "activations-report",
        path(&out),
        "--into",
        path(&markdown),
        "--marker",
        "t",
    ];
    let report = program(&into);
    assert!(report.status.success(), "{}", text(&report.stderr));
    let tables = std::fs::read_to_string(&markdown).unwrap();
    assert!(
        tables.contains("seed 1, 2 (mean ± standard deviation)"),
        "{tables}"
    );
    assert!(
        tables.contains("\n| CNN |") && tables.contains("| PDOME |"),
        "{tables}"
    );
    assert!(folder.file("losses.svg").exists());

    // Another configuration does not overwrite it, and says how to.
    let refused = program(&["activations", "--epochs", "9", "--out", path(&out)]);
    assert!(!refused.status.success());
    let message = text(&refused.stderr);
    assert!(
        message.contains("there, ") && message.contains("--force"),
        "{message}"
    );
    assert_eq!(folder.activations_metrics().unwrap(), metrics);
}

#[test]
fn bad_arguments_end_in_one_line() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("run");
    for (args, message) in [
        (
            ["--epochs", "0"],
            "error: --epochs is 0, but must be at least 1",
        ),
        (["--seeds", "1,1"], "--seeds is a list with 1 twice"),
        (["--activations", "relu,relu"], "relu twice"),
        (
            ["--activations", "softplus"],
            "possible values: relu, leaky-relu",
        ),
        (
            ["--limit-train", "70000"],
            "at most 60000, the number of training images",
        ),
        (["--data", "no-such-folder"], "no-such-folder"),
    ] {
        let mut all = vec!["activations", "--out", path(&out)];
        all.extend(args);
        let output = program(&all);
        assert!(!output.status.success(), "{args:?}");
        let stderr = text(&output.stderr);
        assert!(stderr.contains(message), "{args:?}: {stderr}");
        assert!(!stderr.contains("panicked"), "{stderr}");
    }
    assert!(!out.exists());
    let nothing = program(&["activations-report", path(&out)]);
    assert!(!nothing.status.success());
    assert!(text(&nothing.stderr).contains("metrics.json"));
}

/// Takes minutes: `just deep-mlp`.
#[test]
#[ignore = "trains for minutes; run by `just deep-mlp`"]
fn a_20_layer_mlp_with_pdome_reaches_97_percent() {
    let dir = tempfile::tempdir().unwrap();
    let experiment = ActivationsExperiment {
        networks: vec![NetworkKind::DeepMlp],
        activations: vec![ActivationKind::PDome, ActivationKind::PDomeChannel],
        epochs: 5,
        ..Default::default()
    };
    let data = ActivationsData::new(experiment.data.load(&experiment.selection()).unwrap());
    let folder = RunFolder::create(dir.path(), &experiment, false).unwrap();
    let metrics = run(&experiment, &data, &Device::flex(), 2, &folder).unwrap();
    for training in metrics.trainings {
        println!(
            "{}: test accuracy {:.2} % after {} epochs of {:.1} s",
            training.activation.title(),
            training.test_accuracy * 100.0,
            metrics.epochs,
            training.seconds_per_epoch,
        );
        assert!(training.test_accuracy >= 0.97, "{}", training.test_accuracy);
    }
}
