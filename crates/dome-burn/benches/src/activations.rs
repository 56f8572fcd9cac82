//! Fused operations, the same composed of tensor operations, and Burn's tanh and sigmoid.

use std::hint::black_box;

use burn::tensor::{DType, Device, Tensor, TensorData, activation};
use dome_burn::functional;
use dome_burn::op::elementwise::composed as reference;

use crate::Case;

/// x, the parameters mu, sigma and pi, and targets.
pub type Op = fn(Tensor<1>, [Tensor<1>; 3], Tensor<1>) -> Tensor<1>;

pub const OPS: [(&str, Op); 8] = [
    ("pdome", |x, [mu, sigma, pi], _| {
        functional::pdome(x, mu, sigma, pi)
    }),
    ("pdome-composed", |x, [mu, sigma, pi], _| {
        reference::pdome(x, mu, sigma, pi)
    }),
    ("dome", |x, [mu, sigma, _], _| {
        functional::dome(x, mu, sigma)
    }),
    ("dome-composed", |x, [mu, sigma, _], _| {
        reference::dome(x, mu, sigma)
    }),
    ("loss", |x, [mu, sigma, _], targets| {
        functional::dome_binary_cross_entropy(x, mu, sigma, targets)
    }),
    ("loss-composed", |x, [mu, sigma, _], targets| {
        reference::dome_binary_cross_entropy(x, mu, sigma, targets)
    }),
    ("tanh", |x, _, _| activation::tanh(x)),
    ("sigmoid", |x, _, _| activation::sigmoid(x)),
];

/// What the operations are applied to.
#[derive(Clone)]
pub struct Inputs {
    x: Tensor<1>,
    parameters: [Tensor<1>; 3],
    targets: Tensor<1>,
}

impl Inputs {
    /// Numbers of a normal network, within three sigmas of 0; parameters that all channels share.
    pub fn new(count: usize, device: &Device) -> Self {
        let golden_ratio = 0.618_034;
        let x = |i| ((i % 65_536) as f32 * golden_ratio).fract() * 6.0 - 3.0;
        Self {
            x: tensor((0..count).map(x).collect(), device),
            parameters: [0.9, 0.8, 0.7].map(|value| tensor(vec![value], device)),
            targets: tensor((0..count).map(|i| (i % 2) as f32).collect(), device),
        }
    }

    /// The operation on inputs that are shared, so the result is a tensor of its own.
    pub fn forward(self, op: Op) -> Case {
        Box::new(move || {
            let inputs = self.clone();
            black_box(op(inputs.x, inputs.parameters, inputs.targets));
        })
    }

    /// Forward, and `backward` of the result itself: a gradient of ones, and no other operation.
    pub fn backward(self, op: Op) -> Case {
        let tracked = |tensor: Tensor<1>| tensor.autodiff().require_grad();
        Box::new(move || {
            let inputs = self.clone();
            let parameters = inputs.parameters.map(tracked);
            let y = op(tracked(inputs.x), parameters, inputs.targets.autodiff());
            black_box(y.backward());
        })
    }
}

fn tensor(values: Vec<f32>, device: &Device) -> Tensor<1> {
    let count = values.len();
    Tensor::from_data(TensorData::new(values, [count]), (device, DType::F32))
}
