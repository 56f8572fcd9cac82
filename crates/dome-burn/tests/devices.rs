//! Every device gives what Flex gives.

mod common;

use burn::tensor::{DType, Device, Int, Tensor};
use common::{assert_close, flex, grad, leaf, spread, subjects, values};
use dome_burn::functional::{dome, dome_binary_cross_entropy, dome_log_odds, pdome};
use dome_burn::{MultiDomeConfig, MultiDomeLossConfig, ReferencePointsConfig};

/// Values and gradients of every function on a batch `[64, 3]` with parameters per channel.
fn results(device: &Device) -> Vec<f64> {
    let dtype = DType::F32;
    let count = 64 * 3;
    let xs: Vec<f64> = (0..count).map(|i| (i as f64 * 0.37).sin() * 4.0).collect();
    let targets: Vec<f64> = (0..count).map(|i| (i % 3 == 0).into()).collect();
    let targets = leaf(&targets, [64, 3], dtype, device).without_autodiff();
    let mut all = Vec::new();
    for which in 0..4 {
        let x = leaf(&xs, [64, 3], dtype, device);
        let [mu, sigma, pi] = [[0.7, 1.0, 1.6], [0.5, 1.0, 2.0], [0.1, 1.0, 0.4]]
            .map(|p| leaf(&p, [3], dtype, device));
        let parameters = [mu.clone(), sigma.clone(), pi.clone()];
        let y: Tensor<2> = match which {
            0 => dome(x.clone(), mu, sigma),
            1 => pdome(x.clone(), mu, sigma, pi),
            2 => dome_log_odds(x.clone(), mu, sigma),
            _ => dome_binary_cross_entropy(x.clone(), mu, sigma, targets.clone()),
        };
        all.extend(values(y.clone()));
        let tape = (y * x.clone().without_autodiff().cos()).sum().backward();
        all.extend(grad(&x, &tape));
        for parameter in &parameters[..if which == 1 { 3 } else { 2 }] {
            all.extend(grad(parameter, &tape));
        }
    }
    all
}

/// Values and gradients of MultiDome and its losses, with few and with many classes.
fn multi_dome_results(device: &Device) -> Vec<f64> {
    let mut all = Vec::new();
    let simplex = [3, 10, 90].map(MultiDomeConfig::new);
    let points =
        ReferencePointsConfig::Fixed(vec![vec![1.5, 0.0], vec![0.0, 1.0], vec![-1.0, -1.0]]);
    let polygon = MultiDomeConfig::new(7).with_reference_points(ReferencePointsConfig::Polygon);
    let own = MultiDomeConfig::new(3).with_reference_points(points);
    for config in simplex.into_iter().chain([polygon, own]) {
        let layer = config.clone().with_sigma(0.8).init(device);
        let (batch, classes, dim) = (20, config.classes, config.resolved_dim());
        let reach = 2.0 / (dim as f64).sqrt();
        let xs = spread(batch * dim, -reach, reach);
        let x = leaf(&xs, [batch, dim], DType::F32, device);
        let targets: Vec<i32> = (0..batch).map(|i| (i * 7 % classes) as i32).collect();
        let targets = Tensor::<1, Int>::from_ints(targets.as_slice(), device);
        let nll = MultiDomeLossConfig::nll().init(device);
        let brier = MultiDomeLossConfig::brier()
            .with_smoothing(Some(0.1))
            .init(device);
        let squares = layer.forward(x.clone()).square().sum_dim(1).squeeze_dim(1);
        for losses in [
            squares,
            nll.forward_no_reduction(&layer, x.clone(), targets.clone()),
            brier.forward_no_reduction(&layer, x.clone(), targets.clone()),
        ] {
            all.extend(values(losses.clone()));
            let tape = losses.mean().backward();
            all.extend(grad(&x, &tape));
            all.extend(grad(&layer.mu.val(), &tape));
            all.extend(grad(&layer.sigma.val(), &tape));
        }
    }
    all
}

/// Where the same operations are composed on Flex, in f32 as well.
#[test]
fn agree_with_flex() {
    let all = |device: &Device| [results(device), multi_dome_results(device)].concat();
    let expected = all(&flex());
    for subject in subjects() {
        let tolerance = if subject.is_gpu() { 1e-4 } else { 1e-5 };
        let actual = all(&subject.device);
        assert_eq!(expected.len(), actual.len());
        for (i, (actual, &expected)) in actual.into_iter().zip(&expected).enumerate() {
            let what = format!("{}: result {i}", subject.name);
            assert_close(&what, actual, expected, tolerance, tolerance);
        }
        if subject.has(DType::F16) {
            let x = leaf(&[0.75, -0.5], [2], DType::F16, &subject.device);
            let one = leaf(&[1.0], [1], DType::F16, &subject.device);
            let y = values(dome(x, one.clone(), one));
            assert_close("f16", y[0], 0.946_323, 2e-3, 0.0);
            assert_close("f16", y[1], 0.163_299, 2e-3, 0.0);
        }
    }
}
