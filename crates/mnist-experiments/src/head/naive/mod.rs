//! For tests: losses recomputed in the most naive way, in f64, with gradients by central differences.

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Device, Gradients, Int, Tensor, TensorData};

mod numbers;
mod point;

use super::{ClassifierHead, HeadConfig};
use point::Parameter;

pub use numbers::*;
pub use point::Point;

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
