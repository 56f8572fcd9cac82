//! The losses of MultiDome, fused and composed of tensor operations, and Burn's softmax
//! cross-entropy: forward, and backward to the input and, of MultiDome, to mu and sigma.

use std::hint::black_box;

use burn::nn::loss::CrossEntropyLossConfig;
use burn::tensor::{DType, Device, Distribution, Int, Tensor};
use dome_burn::op::ClassLoss;
use dome_burn::op::simplex::composed::{self as multi_dome, Targets};
use dome_burn::{
    MultiDome, MultiDomeConfig, MultiDomeLoss, MultiDomeLossConfig, MultiDomeLossKind,
};

use crate::Case;

/// The names of the losses.
pub const LOSSES: [&str; 5] = [
    "multi-dome-nll",
    "multi-dome-nll-composed",
    "multi-dome-brier",
    "multi-dome-brier-composed",
    "cross-entropy",
];

/// The loss of that name on a batch, as wide as the classes need; none if there is no such loss.
pub fn case(name: &str, classes: usize, batch: usize, device: &Device) -> Option<Case> {
    let device = device.clone().autodiff();
    device.seed(0);
    let width = if name == "cross-entropy" {
        classes
    } else {
        classes - 1
    };
    let spread = Distribution::Normal(0.0, 1.0 / (classes as f64).sqrt());
    let input = Tensor::<2>::random([batch, width], spread, (&device, DType::F32)).detach();
    let targets: Vec<i32> = (0..batch).map(|i| (i % classes) as i32).collect();
    let targets = Tensor::<1, Int>::from_ints(targets.as_slice(), &device);
    let loss = loss(name, classes, &device)?;
    Some(Box::new(move || {
        let loss = loss(input.clone().require_grad(), targets.clone());
        black_box(loss.backward());
    }))
}

type Loss = Box<dyn Fn(Tensor<2>, Tensor<1, Int>) -> Tensor<1>>;

fn loss(name: &str, classes: usize, device: &Device) -> Option<Loss> {
    let multi_dome = MultiDomeConfig::new(classes).init(device);
    let [nll, brier] = [MultiDomeLossConfig::nll(), MultiDomeLossConfig::brier()];
    Some(match name {
        "multi-dome-nll" => fused(multi_dome, nll.init(device)),
        "multi-dome-nll-composed" => composed(multi_dome, classes, nll.kind),
        "multi-dome-brier" => fused(multi_dome, brier.init(device)),
        "multi-dome-brier-composed" => composed(multi_dome, classes, brier.kind),
        "cross-entropy" => {
            let loss = CrossEntropyLossConfig::new().init(device);
            Box::new(move |x, targets| loss.forward(x, targets))
        }
        _ => return None,
    })
}

fn fused(multi_dome: MultiDome, loss: MultiDomeLoss) -> Loss {
    Box::new(move |x, targets| loss.forward(&multi_dome, x, targets))
}

fn composed(multi_dome: MultiDome, classes: usize, kind: MultiDomeLossKind) -> Loss {
    Box::new(move |x, targets| {
        let (mu, sigma) = (multi_dome.mu.val(), multi_dome.sigma.val());
        let kappa = multi_dome::scores(x, mu, sigma, None, classes);
        let targets = Targets {
            classes: targets.without_autodiff(),
            weights: None,
            ignored: None,
        };
        let loss = ClassLoss {
            classes,
            kind,
            floor: 1e-3,
            smoothing: 0.0,
            scale: 1.0,
        };
        multi_dome::loss(kappa, &targets, &loss).mean()
    })
}
