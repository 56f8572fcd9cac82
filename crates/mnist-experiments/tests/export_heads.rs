//! Losses and gradients of heads as JSON, for `scripts/check_heads.py`, which compares them with those of
//! PyTorch's libraries.

use std::path::PathBuf;

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{Device, Gradients, Int, Tensor, TensorData};
use mnist_experiments::head::{ClassifierHead, HeadConfig};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

const SAMPLES: usize = 24;

/// What is exported: settings, all written out, that the script knows a counterpart of, and sizes of embeddings.
const HEADS: [(&str, usize); 14] = [
    ("normface(scale=20,learned=false)", 9),
    ("normface(scale=7,learned=true)", 2),
    ("cosface(scale=20,margin=0.2)", 9),
    ("cosface(scale=7,margin=0.2)", 2),
    ("cosface(scale=64,margin=0.35)", 32),
    ("arcface(scale=20,margin=0.2)", 9),
    ("arcface(scale=32,margin=0.5)", 2),
    ("arcface(scale=5,margin=1.2)", 3),
    ("sphereface(margin=4,base=0)", 9),
    ("sphereface(margin=2,base=0)", 2),
    ("center-loss(lambda=0.01)", 9),
    ("center-loss(lambda=1)", 2),
    ("cac(length=10,lambda=0.1)", 10),
    ("cac(length=2,lambda=0.5)", 10),
];

#[derive(Serialize)]
struct Matrix {
    name: String,
    shape: Vec<usize>,
    values: Vec<f64>,
    /// None of a parameter that is not learned.
    gradient: Option<Vec<f64>>,
}

#[derive(Serialize)]
struct Export {
    head: String,
    embedding: Matrix,
    targets: Vec<i32>,
    parameters: Vec<Matrix>,
    /// Where the head places the classes, if it does.
    points: Option<Vec<f64>>,
    loss: f64,
}

fn matrix<const D: usize>(name: String, tensor: Tensor<D>, gradients: &Gradients) -> Matrix {
    Matrix {
        name,
        shape: tensor.dims().to_vec(),
        gradient: tensor.grad(gradients).map(numbers),
        values: numbers(tensor),
    }
}

fn numbers<const D: usize>(tensor: Tensor<D>) -> Vec<f64> {
    tensor.try_to_vec_as().unwrap()
}

struct Collect<'a> {
    path: Vec<String>,
    gradients: &'a Gradients,
    parameters: Vec<Matrix>,
}

impl ModuleVisitor for Collect<'_> {
    fn enter_module(&mut self, name: &str, _container: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, parameter: &Param<Tensor<D>>) {
        let parameter = matrix(self.path.join("."), parameter.val(), self.gradients);
        self.parameters.push(parameter);
    }
}

/// Embeddings about 0, with targets of all classes.
fn export(text: &str, dim: usize, generator: &mut ChaCha8Rng) -> Export {
    const CLASSES: usize = 10;
    let kind: HeadConfig = text.parse().unwrap();
    let device = Device::flex().autodiff();
    let mut random = |count: usize, scale: f64| -> Vec<f64> {
        let number = |_| (generator.random::<f64>() * 2.0 - 1.0) * scale;
        (0..count).map(number).collect()
    };
    let values = random(SAMPLES * dim, 3.0);
    let embedding = Tensor::<2>::from_data(TensorData::new(values, [SAMPLES, dim]), &device);
    let embedding = embedding.require_grad();
    let targets: Vec<i32> = (0..SAMPLES).map(|i| (i * 7 % CLASSES) as i32).collect();
    let classes = Tensor::<1, Int>::from_ints(targets.as_slice(), &device);
    let mut head = kind.init(dim, CLASSES, &device);
    // Centers begin at 0: after a step they are elsewhere.
    if head.has_running_state() {
        let values = random(SAMPLES * dim, 5.0);
        let other = Tensor::from_data(TensorData::new(values, [SAMPLES, dim]), &Device::flex());
        let classes = Tensor::<1, Int>::from_ints(targets.as_slice(), &Device::flex());
        head = head.after_step(other, classes);
    }
    let loss = head.loss(embedding.clone(), classes);
    let gradients = loss.clone().backward();
    let mut collect = Collect {
        path: Vec::new(),
        gradients: &gradients,
        parameters: Vec::new(),
    };
    head.visit(&mut collect);
    Export {
        head: text.into(),
        parameters: collect.parameters,
        embedding: matrix("embedding".into(), embedding, &gradients),
        targets,
        points: head.reference_points().map(numbers),
        loss: loss.into_scalar::<f64>(),
    }
}

#[test]
#[ignore = "writes the file that the environment variable HEADS_JSON names, for scripts/check_heads.py"]
fn export_heads() {
    let path = std::env::var_os("HEADS_JSON").map(PathBuf::from);
    let path = path.expect("HEADS_JSON names the file to write");
    let mut generator = ChaCha8Rng::seed_from_u64(20);
    let all: Vec<Export> = HEADS
        .iter()
        .map(|(text, dim)| export(text, *dim, &mut generator))
        .collect();
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).unwrap();
    }
    std::fs::write(path, serde_json::to_string(&all).unwrap()).unwrap();
}
