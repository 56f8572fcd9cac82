//! What an export holds. `scripts/check_export.py` compares it with other programs.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use burn::tensor::Device;
use mnist_experiments::data::Part;
use mnist_experiments::eval::{Notices, Subject};
use mnist_experiments::run::Run;
use safetensors::{Dtype, SafeTensors};
use serde_json::Value;

fn program(args: &[&str], path: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_mnist-experiments"))
        .args(args)
        .arg(path)
        .output()
        .unwrap()
}

fn succeed(args: &[&str], path: &Path) {
    let output = program(args, path);
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
}

/// The numbers of an npy file, whose shape is as expected.
fn floats(path: &Path, shape: &str) -> Vec<f32> {
    let bytes = fs::read(path).unwrap();
    let length = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    assert_eq!(length % 64, 0);
    let header = String::from_utf8_lossy(&bytes[10..length]).into_owned();
    assert!(header.contains(&format!("'shape': {shape}")), "{header}");
    let (values, _) = bytes[length..].as_chunks::<4>();
    values
        .iter()
        .map(|bytes| f32::from_le_bytes(*bytes))
        .collect()
}

#[test]
fn an_export_is_what_the_models_give() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("run");
    let heads = "softmax,multi-dome-brier";
    let args = [
        "digits",
        "--heads",
        heads,
        "--limit-train",
        "500",
        "--epochs",
        "1",
        "--out",
    ];
    succeed(&args, &path);
    succeed(&["export"], &path);

    let out = path.join("export");
    let export: Value =
        serde_json::from_slice(&fs::read(out.join("export.json")).unwrap()).unwrap();
    assert_eq!(
        export["arrays"]["images.npy"],
        serde_json::json!([10_000, 1, 28, 28])
    );
    let run = Run::open(&path).unwrap();
    let data = run.data().unwrap();
    let device = Device::flex();
    let notices = Notices::silent();
    for head in &run.experiment().heads {
        let model = run.model(*head, &device).unwrap();
        let own = out.join(head.file_name());
        let bytes = fs::read(own.join("weights.safetensors")).unwrap();
        let tensors = SafeTensors::deserialize(&bytes).unwrap();
        let saved = tensors.tensor("encoder.embedding.weight").unwrap();
        assert_eq!((saved.dtype(), saved.shape()), (Dtype::F32, &[9, 128][..]));
        assert_eq!(
            tensors
                .tensor("encoder.convolutions.0.weight")
                .unwrap()
                .shape(),
            [8, 1, 5, 5]
        );
        let of_head = match head.to_string().as_str() {
            "softmax" => ("head.linear.weight", vec![10, 9]),
            _ => ("head.reference_points", vec![10, 9]),
        };
        assert_eq!(tensors.tensor(of_head.0).unwrap().shape(), of_head.1);

        let subject = Subject::new(*head, model, &data, device.clone(), 0, &notices);
        let test = subject.predictions(Part::Test).unwrap();
        assert_eq!(
            floats(&own.join("embeddings.npy"), "(10000, 9,)"),
            test.embeddings
        );
        assert_eq!(floats(&own.join("scores.npy"), "(10000, 10,)"), test.scores);
        assert_eq!(
            floats(&own.join("probabilities.npy"), "(10000, 10,)"),
            test.probabilities
        );
        let features = subject.features(Part::Test).unwrap();
        // The first image's embedding by hand: rows of the weight are outputs, as in PyTorch.
        let numbers = |name: &str| -> Vec<f32> {
            let (values, _) = tensors.tensor(name).unwrap().data().as_chunks::<4>();
            values
                .iter()
                .map(|bytes| f32::from_le_bytes(*bytes))
                .collect()
        };
        let (weight, bias) = (
            numbers("encoder.embedding.weight"),
            numbers("encoder.embedding.bias"),
        );
        for ((row, bias), expected) in weight.chunks(128).zip(bias).zip(&test.embeddings) {
            let products = row.iter().zip(&features.values).map(|(w, x)| w * x);
            let value = products.sum::<f32>() + bias;
            assert!((value - expected).abs() < 1e-3, "{value} {expected}");
        }
        assert_eq!(
            floats(&own.join("features.npy"), "(10000, 128,)"),
            features.values
        );
        let predicted = fs::read(own.join("predicted.npy")).unwrap();
        assert!(predicted.ends_with(&test.predicted));
    }

    // It replaces an export, and nothing else.
    succeed(&["export", "--heads", "softmax"], &path);
    assert!(out.join("softmax").exists() && !out.join("multi-dome-brier").exists());
    let foreign = dir.path().join("foreign");
    fs::create_dir(&foreign).unwrap();
    fs::write(foreign.join("notes"), "mine").unwrap();
    let output = program(&["export", "--out", &foreign.to_string_lossy()], &path);
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && text.contains("holds no export"),
        "{text}"
    );
    assert_eq!(fs::read_to_string(foreign.join("notes")).unwrap(), "mine");
}
