//! For tests: losses recomputed in the most naive way, in f64, with gradients by central differences.

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Device, Gradients, Int, Tensor, TensorData};

use super::{ClassifierHead, HeadConfig};

/// Where a loss is taken, in f64.
#[derive(Debug, Clone)]
pub struct Point {
    /// The embeddings, one row each.
    pub x: Vec<Vec<f64>>,
    /// The classes of the embeddings.
    pub targets: Vec<usize>,
    parameters: Vec<Parameter>,
}

#[derive(Debug, Clone)]
struct Parameter {
    path: String,
    shape: Vec<usize>,
    values: Vec<f64>,
    /// None of a parameter without gradient.
    gradient: Option<Vec<f64>>,
    learned: bool,
}

impl Point {
    fn parameter(&self, path: &str) -> &Parameter {
        let found = self.parameters.iter().find(|p| p.path == path);
        found.unwrap_or_else(|| panic!("no {path} in {self:?}"))
    }

    /// The numbers of a parameter, one row after the other.
    pub fn vector(&self, path: &str) -> &[f64] {
        &self.parameter(path).values
    }

    /// The rows of a parameter.
    pub fn rows(&self, path: &str) -> Vec<Vec<f64>> {
        let parameter = self.parameter(path);
        let columns = *parameter.shape.last().unwrap();
        let rows = parameter.values.chunks(columns);
        rows.map(<[f64]>::to_vec).collect()
    }

    /// The columns of a parameter, which the classes' weights are in a linear layer.
    pub fn columns(&self, path: &str) -> Vec<Vec<f64>> {
        let rows = self.rows(path);
        let column = |k: usize| rows.iter().map(|row| row[k]).collect();
        (0..rows[0].len()).map(column).collect()
    }

    /// The mean of a value of each embedding and its target.
    pub fn mean(&self, value: impl Fn(&[f64], usize) -> f64) -> f64 {
        let each = self.x.iter().zip(&self.targets);
        let sum: f64 = each.map(|(x, &target)| value(x, target)).sum();
        sum / self.x.len() as f64
    }
}

/// A matrix in f64.
pub fn rows_of(matrix: &Tensor<2>) -> Vec<Vec<f64>> {
    let [_, columns] = matrix.dims();
    let values = numbers(matrix.clone());
    values.chunks(columns).map(<[f64]>::to_vec).collect()
}

/// The sum of the products.
pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The length, with the least length that keeps it from 0.
pub fn length(a: &[f64]) -> f64 {
    (dot(a, a) + 1e-14).sqrt()
}

/// The vector at length 1.
pub fn unit(a: &[f64]) -> Vec<f64> {
    let length = length(a);
    a.iter().map(|a| a / length).collect()
}

/// The square of the distance.
pub fn squared_distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
}

/// `-ln softmax(logits)` of the target.
pub fn cross_entropy(logits: &[f64], target: usize) -> f64 {
    let sum: f64 = logits
        .iter()
        .map(|logit| (logit - logits[target]).exp())
        .sum();
    sum.ln()
}

/// Numbers in (-1, 1) that look random.
pub fn noise(salt: usize) -> impl Iterator<Item = f64> {
    let at = move |i: usize| {
        let wave = (i as f64 * 12.9898 + salt as f64 * 78.233).sin() * 43758.5453;
        wave.rem_euclid(1.0) * 2.0 - 1.0
    };
    (1..).map(at)
}

/// Replaces matrices by noise, and moves the numbers of vectors a little.
struct Fill {
    salt: usize,
}

impl ModuleMapper for Fill {
    fn map_float<const D: usize>(&mut self, parameter: Param<Tensor<D>>) -> Param<Tensor<D>> {
        self.salt += 1;
        let noise = noise(self.salt);
        let learned = parameter.is_require_grad();
        parameter.map(|value| {
            let shape = value.dims();
            let noise: Vec<f64> = noise.take(value.shape().num_elements()).collect();
            let noise = Tensor::<D>::from_data(TensorData::new(noise, shape), &value.device());
            let filled = match D {
                1 => value + noise * 0.1,
                _ => noise,
            };
            filled.detach().set_require_grad(learned)
        })
    }
}

struct Collect<'a> {
    path: Vec<String>,
    gradients: &'a Gradients,
    parameters: Vec<Parameter>,
}

fn numbers<const D: usize>(tensor: Tensor<D>) -> Vec<f64> {
    tensor.try_to_vec_as::<f64>().unwrap()
}

impl ModuleVisitor for Collect<'_> {
    fn enter_module(&mut self, name: &str, _container: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, parameter: &Param<Tensor<D>>) {
        let value = parameter.val();
        self.parameters.push(Parameter {
            path: self.path.join("."),
            shape: value.dims().to_vec(),
            gradient: value.grad(self.gradients).map(numbers),
            values: numbers(value),
            learned: parameter.is_require_grad(),
        });
    }
}

/// Compares loss and penalty of a head, whose matrices are replaced by others, and all their gradients, with
/// what `naive` computes: at seven embeddings of ordinary size, five times larger, and ten times smaller.
pub fn agrees<H: ClassifierHead + Module>(
    head: H,
    [embedding_dim, classes]: [usize; 2],
    naive: impl Fn(&Point) -> f64,
) {
    for (salt, scale) in [(0, 1.0), (100, 5.0), (200, 0.1)] {
        let head = head.clone().map(&mut Fill { salt });
        let values: Vec<f64> = noise(salt + 50).take(7 * embedding_dim).collect();
        let rows = values.chunks(embedding_dim);
        let x = rows
            .map(|row| row.iter().map(|x| x * scale).collect())
            .collect();
        let targets = (0..7).map(|i| i * 3 % classes).collect();
        let (loss, gradient, point) = evaluate(&head, x, targets);
        compare(loss, &gradient, point, &naive);
    }
}

/// The loss with its penalty, the gradient of the embeddings, and where they are.
fn evaluate<H: ClassifierHead + Module>(
    head: &H,
    x: Vec<Vec<f64>>,
    targets: Vec<usize>,
) -> (f64, Vec<f64>, Point) {
    let device = Device::flex().autodiff();
    let shape = [x.len(), x[0].len()];
    let embedding = Tensor::<2>::from_data(TensorData::new(x.concat(), shape), &device);
    let embedding = embedding.require_grad();
    let classes: Vec<i32> = targets.iter().map(|&target| target as i32).collect();
    let classes = Tensor::<1, Int>::from_ints(classes.as_slice(), &device);
    let mut loss = head.loss(embedding.clone(), classes);
    if let Some(penalty) = head.penalty() {
        loss = loss + penalty;
    }
    let value = loss.clone().into_scalar::<f64>();
    let gradients = loss.backward();
    let mut collect = Collect {
        path: Vec::new(),
        gradients: &gradients,
        parameters: Vec::new(),
    };
    head.visit(&mut collect);
    let parameters = collect.parameters;
    // What the device has: the numbers in f32.
    let rows = numbers(embedding.clone());
    let point = Point {
        x: rows.chunks(shape[1]).map(<[f64]>::to_vec).collect(),
        targets,
        parameters,
    };
    (value, numbers(embedding.grad(&gradients).unwrap()), point)
}

fn compare(loss: f64, gradient: &[f64], mut point: Point, naive: &impl Fn(&Point) -> f64) {
    let expected = naive(&point);
    let close = (loss - expected).abs() <= 1e-5 * expected.abs().max(1e-2);
    assert!(close, "the loss is {loss}, but naively {expected}");

    let columns = point.x[0].len();
    let differences = (0..gradient.len()).map(|i| {
        difference(&mut point, naive, |point| {
            &mut point.x[i / columns][i % columns]
        })
    });
    close_to("embedding", gradient, &differences.collect::<Vec<_>>());
    for k in 0..point.parameters.len() {
        let Parameter {
            path,
            gradient,
            learned,
            values,
            ..
        } = point.parameters[k].clone();
        assert_eq!(gradient.is_some(), learned, "{path}");
        let Some(gradient) = gradient else { continue };
        let differences = (0..values.len()).map(|i| {
            difference(&mut point, naive, |point| {
                &mut point.parameters[k].values[i]
            })
        });
        close_to(&path, &gradient, &differences.collect::<Vec<_>>());
    }
}

/// The central difference of the loss along one number.
fn difference(
    point: &mut Point,
    naive: &impl Fn(&Point) -> f64,
    number: impl Fn(&mut Point) -> &mut f64,
) -> f64 {
    const STEP: f64 = 1e-6;
    let value = *number(point);
    *number(point) = value + STEP;
    let above = naive(point);
    *number(point) = value - STEP;
    let below = naive(point);
    *number(point) = value;
    (above - below) / (2.0 * STEP)
}

/// Equal to 1e-4 of the largest.
fn close_to(what: &str, gradient: &[f64], expected: &[f64]) {
    let largest = expected.iter().fold(0.0f64, |most, g| most.max(g.abs()));
    for (i, (a, b)) in gradient.iter().zip(expected).enumerate() {
        let close = (a - b).abs() <= 1e-4 * largest + 1e-7;
        assert!(
            close,
            "the gradient of {what}, {i}, is {a}, but naively {b}"
        );
    }
}

/// Asserts that the text is refused with this message.
pub fn refused(text: &str, message: &str) {
    let error = text.parse::<HeadConfig>().unwrap_err().to_string();
    assert!(error.contains(message), "{text}: {error}");
}
