//! MultiDome: values against the paper's formulas at 60 digits, gradients against differences, and
//! the properties that hold for any number of classes.

mod common;

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{DType, Device, FloatDType, Int, Tensor, TensorData};
use common::{assert_close, flex, grad, leaf, subjects, values};
use dome_burn::functional::{dome, multi_dome, multi_dome_raw, multi_dome_scores};
use dome_burn::{
    MultiDome, MultiDomeConfig, MultiDomeLossConfig, MultiDomeLossKind, ReferencePointsConfig,
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    multi: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    n: usize,
    x: Vec<f64>,
    mu: f64,
    sigma: f64,
    raw: Vec<f64>,
    normalised: Vec<f64>,
}

fn parameter(value: f64, dtype: DType, device: &Device) -> Tensor<1> {
    leaf(&[value], [1], dtype, device)
}

fn check_golden(device: &Device, dtype: DType, tolerance: f64) {
    let golden: Golden = serde_json::from_str(include_str!("golden/golden.json")).unwrap();
    assert_eq!(golden.multi.len(), 80);
    let mut branches = [0; 2];
    for case in golden.multi {
        let points = ReferencePointsConfig::Simplex.init(case.n, case.n - 1, device);
        let x = leaf(&case.x, [1, case.n - 1], dtype, device);
        let parameters = [case.mu, case.sigma].map(|value| parameter(value, dtype, device));
        let [mu, sigma] = parameters.clone();
        let raw = values(multi_dome_raw(x.clone(), mu, sigma, &points));
        let [mu, sigma] = parameters;
        let normalised = values(multi_dome(x, mu, sigma, &points));
        for (name, actual, expected) in [
            ("raw", raw, &case.raw),
            ("normalised", normalised, &case.normalised),
        ] {
            assert_eq!(actual.len(), case.n);
            for (actual, &expected) in actual.into_iter().zip(expected) {
                assert_close(name, actual, expected, tolerance, tolerance);
            }
        }
        branches[usize::from(case.raw.iter().any(|&d| d < 0.0))] += 1;
    }
    assert!(branches.iter().all(|&count| count > 5), "{branches:?}");
}

#[test]
fn golden_on_every_device() {
    for subject in subjects() {
        check_golden(&subject.device, DType::F32, 3e-6);
        if subject.has(DType::F64) {
            check_golden(&subject.device, DType::F64, 1e-9);
        }
    }
}

/// With the points +1 and -1, P_1 is DOME and P_2 its complement: equations (4) and (5).
#[test]
fn two_classes_are_dome() {
    let xs: Vec<f64> = (-40..=40).map(|i| i as f64 / 8.0).collect();
    for (dtype, tolerance) in [(DType::F64, 1e-15), (DType::F32, 2e-7)] {
        let device = flex();
        let points = ReferencePointsConfig::Simplex.init(2, 1, &device);
        let parameters = || [1.3, 0.7].map(|value| parameter(value, dtype, &device));
        let x = leaf(&xs, [xs.len(), 1], dtype, &device);
        let [mu, sigma] = parameters();
        let p = values(multi_dome(x.clone(), mu, sigma, &points));
        let [mu, sigma] = parameters();
        for (pair, expected) in p.chunks(2).zip(values(dome(x, mu, sigma))) {
            assert_close("P_1", pair[0], expected, 0.0, tolerance);
            assert_close("P_2", pair[1], 1.0 - expected, 0.0, tolerance);
        }
    }
}

/// Embeddings at the origin, near and at modes, between them, far away.
fn embeddings(layer: &MultiDome, device: &Device) -> Tensor<2> {
    let points = layer.reference_points.values(device);
    let [n, d] = points.dims();
    let noise = (0..n * d).map(|i| (i as f32 * 1.7).sin()).collect();
    let noise = Tensor::<2>::from_data(TensorData::new(noise, [n, d]), device);
    let all = [0.0, 0.2, 1.0, 3.0, 30.0].map(|scale| points.clone() * scale);
    let mut rows = all.to_vec();
    rows.push(points + noise.clone() * 0.3);
    rows.push(noise);
    Tensor::cat(rows, 0)
}

#[test]
fn probabilities() {
    let device = Device::flex();
    for n in [2, 3, 10, 150] {
        for sigma in [0.05, 0.5, 1.0, 5.0] {
            let layer = MultiDomeConfig::new(n).with_sigma(sigma).init(&device);
            let x = embeddings(&layer, &device);
            let p = values(layer.forward(x.clone()));
            let d = values(layer.raw(x.clone()));
            let predicted = values(layer.scores(x).argmax(1).float());
            for ((p, d), predicted) in p.chunks(n).zip(d.chunks(n)).zip(predicted) {
                assert!(p.iter().all(|p| (0.0..=1.0).contains(p)), "{p:?}");
                let rounding = 1e-6 + 2e-7 * n as f64;
                assert_close("sum of P", p.iter().sum(), 1.0, 0.0, rounding);
                assert_close("sum of D", d.iter().sum(), 1.0, 0.0, rounding);
                let largest = p.iter().cloned().fold(0.0, f64::max);
                assert_close(
                    "P of the prediction",
                    p[predicted as usize],
                    largest,
                    0.0,
                    1e-6,
                );
            }
        }
    }
}

/// Exchanging two classes: a reflection of the embedding that exchanges their reference points.
#[test]
fn permuting_the_classes_permutes_the_probabilities() {
    let device = Device::flex();
    let n = 10;
    let layer = MultiDomeConfig::new(n).init(&device);
    let points = layer.reference_points.values(&device);
    let x = embeddings(&layer, &device);
    for [i, j] in [[0, 1], [2, 9], [5, 6]] {
        let axis = points.clone().narrow(0, i, 1) - points.clone().narrow(0, j, 1);
        let along = x.clone().matmul(axis.clone().transpose());
        let mirrored = x.clone() - along * axis.clone() * 2.0 / axis.square().sum_dim(1);
        let (p, q) = (
            values(layer.forward(x.clone())),
            values(layer.forward(mirrored)),
        );
        for (p, q) in p.chunks(n).zip(q.chunks(n)) {
            for (k, &p) in p.iter().enumerate() {
                let image = if k == i {
                    j
                } else if k == j {
                    i
                } else {
                    k
                };
                assert_close("P", q[image], p, 1e-4, 1e-5);
            }
        }
    }
}

type Output = fn(&MultiDome, Tensor<2>, Tensor<1, Int>) -> Tensor<2>;

fn nll(layer: &MultiDome, x: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<2> {
    let loss = MultiDomeLossConfig::nll().init(&x.device());
    loss.forward_no_reduction(layer, x, targets)
        .unsqueeze_dim(1)
}

fn weighted_nll(layer: &MultiDome, x: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<2> {
    let weights = (1..=layer.reference_points.classes).map(|i| i as f32);
    let config = MultiDomeLossConfig::nll()
        .with_smoothing(Some(0.2))
        .with_weights(Some(weights.collect()))
        .with_floor(0.05);
    let loss = config.init(&x.device());
    loss.forward_no_reduction(layer, x, targets)
        .unsqueeze_dim(1)
}

fn brier(layer: &MultiDome, x: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<2> {
    let weights = (1..=layer.reference_points.classes).map(|i| i as f32);
    let config = MultiDomeLossConfig::brier()
        .with_smoothing(Some(0.2))
        .with_weights(Some(weights.collect()));
    let loss = config.init(&x.device());
    loss.forward_no_reduction(layer, x, targets)
        .unsqueeze_dim(1)
}

const OUTPUTS: [(&str, Output); 6] = [
    ("P", |layer, x, _| layer.forward(x)),
    ("D", |layer, x, _| layer.raw(x)),
    ("kappa", |layer, x, _| layer.scores(x)),
    ("nll", nll),
    ("smoothed, weighted nll", weighted_nll),
    ("brier", brier),
];

/// Points in f64, of the given numbers where they are learned.
struct ToF64<'a>(&'a [f64]);

impl ModuleMapper for ToF64<'_> {
    fn map_float<const D: usize>(&mut self, parameter: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let learned = D == 2 && parameter.is_require_grad();
        parameter.map(|old| {
            let (shape, device) = (old.dims(), old.device());
            let old = values(old);
            let new = if learned { self.0 } else { &old[..] };
            leaf(new, shape, DType::F64, &device)
        })
    }
}

/// A layer in f64 with the given mu, sigma and, where they are learned, points.
fn layer_of(config: &MultiDomeConfig, numbers: &[f64], device: &Device) -> MultiDome {
    let mut layer = config.init(device).map(&mut ToF64(&numbers[2..]));
    let own = |values: &[f64]| leaf(values, [1], DType::F64, device);
    layer.mu = layer.mu.map(|_| own(&numbers[..1]));
    layer.sigma = layer.sigma.map(|_| own(&numbers[1..2]));
    layer
}

/// All gradients of every output by central differences in f64, on both branches of P.
#[test]
fn gradients() {
    let device = flex();
    let points: Vec<Vec<f64>> = vec![vec![1.0, 0.2], vec![-0.4, 1.1], vec![-0.9, -0.8]];
    let configs = [
        (MultiDomeConfig::new(2), vec![]),
        (MultiDomeConfig::new(3).with_embedding_dim(Some(4)), vec![]),
        (MultiDomeConfig::new(5), vec![]),
        (
            MultiDomeConfig::new(4).with_reference_points(ReferencePointsConfig::Polygon),
            vec![],
        ),
        (
            MultiDomeConfig::new(3)
                .with_reference_points(ReferencePointsConfig::Learned(points.clone())),
            points.concat(),
        ),
    ];
    // More classes than a product with a triangular matrix serves.
    let large = (MultiDomeConfig::new(67), vec![]);
    let mut branches = [0; 2];
    for (config, learned) in configs.into_iter().chain([large]) {
        let (n, d) = (config.classes, config.resolved_dim());
        for [mu, sigma] in [[1.0, 0.6], [0.8, 1.9]] {
            let rows = n.min(4);
            let start: Vec<f64> = (0..rows * d)
                .map(|i| (i as f64 * 0.9 + mu).sin() * 2.0 / (d as f64).sqrt())
                .collect();
            let numbers = [vec![mu, sigma], learned.clone()].concat();
            let targets: Vec<i32> = (0..rows).map(|i| ((i * 7 + 1) % n) as i32).collect();
            let targets = Tensor::<1, Int>::from_ints(targets.as_slice(), &device);
            let raw = values(layer_of(&config, &numbers, &device).raw(leaf(
                &start,
                [rows, d],
                DType::F64,
                &device,
            )));
            for row in raw.chunks(n) {
                branches[usize::from(row.iter().any(|&d| d < 0.0))] += 1;
            }
            for (name, output) in OUTPUTS {
                let run = |start: &[f64], numbers: &[f64]| {
                    let layer = layer_of(&config, numbers, &device);
                    let x = leaf(start, [rows, d], DType::F64, &device);
                    let y = output(&layer, x.clone(), targets.clone());
                    let weights: Vec<f64> = (0..y.shape().num_elements())
                        .map(|i| (i as f64 * 2.3).cos())
                        .collect();
                    let weights = leaf(&weights, y.dims(), DType::F64, &device);
                    (layer, x, (y * weights.without_autodiff()).sum())
                };
                let (layer, x, y) = run(&start, &numbers);
                let tape = y.backward();
                let mut parameters = grad(&layer.mu.val(), &tape);
                parameters.extend(grad(&layer.sigma.val(), &tape));
                if !learned.is_empty() {
                    let points = layer.reference_points.values(&device);
                    parameters.extend(grad(&points, &tape));
                }
                let check = |of: &str, i: usize, gradient: f64, at: &dyn Fn(f64) -> f64| {
                    const STEP: f64 = 1e-5;
                    let numeric = (at(STEP) - at(-STEP)) / (2.0 * STEP);
                    let what = format!("{name} of {n} classes in {d} dimensions, {of} {i}");
                    assert_close(&what, gradient, numeric, 1e-6, 1e-6);
                };
                for (i, gradient) in grad(&x, &tape).into_iter().enumerate().step_by(1 + d / 12) {
                    check("x", i, gradient, &|offset| {
                        let mut start = start.clone();
                        start[i] += offset;
                        values(run(&start, &numbers).2)[0]
                    });
                }
                for (i, gradient) in parameters.into_iter().enumerate() {
                    check("parameter", i, gradient, &|offset| {
                        let mut numbers = numbers.clone();
                        numbers[i] += offset;
                        values(run(&start, &numbers).2)[0]
                    });
                }
            }
        }
    }
    assert!(branches.iter().all(|&count| count >= 4), "{branches:?}");
}

/// P is continuous where its two branches meet, S = 1 + n a_min, and the loss has finite gradients
/// on either side of it that agree where the border does not bend P.
#[test]
fn the_border_of_the_branches() {
    let device = flex();
    let layer = || MultiDomeConfig::new(10).with_sigma(1.4).init(&device);
    // Away from the mode of class 9, whose D falls below 0.
    let away = |t: f64| {
        let points = layer().reference_points.values(&Device::flex());
        let x = points.narrow(0, 9, 1).cast(FloatDType::F64) * -t;
        leaf(&values(x), [1, 9], DType::F64, &device)
    };
    let outputs = |t: f64| {
        let points = layer().reference_points;
        let parameters = || [1.0, 1.4].map(|value| parameter(value, DType::F64, &device));
        let [mu, sigma] = parameters();
        let d = values(multi_dome_raw(away(t), mu, sigma, &points));
        let [mu, sigma] = parameters();
        (d[9], values(multi_dome(away(t), mu, sigma, &points)))
    };
    let (mut inside, mut outside) = (0.0, 0.8);
    assert!(outputs(inside).0 > 0.0 && outputs(outside).0 < 0.0);
    for _ in 0..60 {
        let middle = (inside + outside) / 2.0;
        if outputs(middle).0 > 0.0 {
            inside = middle;
        } else {
            outside = middle;
        }
    }
    let (before, after) = (outputs(inside - 1e-9).1, outputs(outside + 1e-9).1);
    for (before, after) in before.into_iter().zip(after) {
        assert_close("P across the border", after, before, 0.0, 1e-7);
    }
    for t in [inside - 1e-6, inside, outside, outside + 1e-6] {
        for target in [0, 9] {
            let x = away(t);
            let loss = nll(&layer(), x.clone(), Tensor::from_ints([target], &device));
            assert!(values(loss.clone())[0].is_finite());
            let gradient = grad(&x, &loss.sum().backward());
            assert!(gradient.iter().all(|g| g.abs() < 1e4), "{t}: {gradient:?}");
        }
    }
}

/// A sample whose own class is the farthest has P = 0, whose logarithm would stop the training.
#[test]
fn a_sample_of_probability_zero_is_led_home() {
    let device = flex();
    let layer = MultiDomeConfig::new(10).with_sigma(1.4).init(&device);
    let points = layer.reference_points.values(&Device::flex());
    let mut position = values(points.narrow(0, 9, 1) * -0.8);
    let at = |position: &[f64]| leaf(position, [1, 9], DType::F32, &device);
    assert_eq!(values(layer.forward(at(&position)))[9], 0.0);
    for _ in 0..400 {
        let x = at(&position);
        let loss = nll(&layer, x.clone(), Tensor::from_ints([9], &device));
        let gradient = grad(&x, &loss.sum().backward());
        for (x, g) in position.iter_mut().zip(gradient) {
            *x -= 0.02 * g;
        }
    }
    let p = values(layer.forward(at(&position)));
    assert!(p[9] > 0.5, "{p:?}");
}

#[test]
fn losses_are_finite_everywhere() {
    let device = flex();
    for (dtype, max) in [(DType::F32, f32::MAX as f64), (DType::F64, f64::MAX)] {
        for n in [2, 3, 10] {
            for ratio in [1e-3, 0.1, 1.0, 7.0, 100.0, 1e3] {
                let config = MultiDomeConfig::new(n).with_sigma(1.0 / ratio);
                let layer = config.init(&device);
                let modes = values(layer.reference_points.values(&Device::flex()));
                let mut rows: Vec<Vec<f64>> = modes.chunks(n - 1).map(<[f64]>::to_vec).collect();
                for x in [0.0, 1e-30, 1.0, 1e3, 1e10, 1e19, 1e30, max] {
                    rows.push(vec![x; n - 1]);
                    rows.push(
                        (0..n - 1)
                            .map(|k| if k % 2 == 0 { -x } else { x })
                            .collect(),
                    );
                }
                for target in 0..n {
                    for (name, output) in OUTPUTS {
                        let count = rows.len();
                        let x = leaf(&rows.concat(), [count, n - 1], dtype, &device);
                        let targets = Tensor::<1, Int>::full([count], target as i32, &device);
                        let y = output(&layer, x.clone(), targets);
                        let what = format!("{name} of {n} classes, mu/sigma {ratio} in {dtype:?}");
                        let finite = |all: Vec<f64>| all.iter().all(|v| v.is_finite());
                        assert!(finite(values(y.clone())), "{what}");
                        if name.contains("nll") || name == "brier" {
                            assert!(values(y.clone()).iter().all(|&v| v >= 0.0), "{what}");
                        }
                        // Each row's own gradient: a sum over the rows may overflow in mu, sigma.
                        let tape = y.sum().backward();
                        assert!(finite(grad(&x, &tape)), "{what}: gradient of x");
                    }
                }
            }
        }
    }
}

#[test]
fn leading_dimensions_and_padding() {
    let device = Device::flex();
    let plane = MultiDomeConfig::new(3).init(&device);
    let space = MultiDomeConfig::new(3)
        .with_embedding_dim(Some(3))
        .init(&device);
    let x = Tensor::<2>::from_floats([[0.3, -0.8], [1.0, 0.4], [-2.0, 0.1], [0.0, 0.0]], &device);
    let padded = Tensor::cat(vec![x.clone(), Tensor::zeros([4, 1], &device)], 1);
    let expected = plane.forward(x.clone());
    let stacked: Tensor<4> = plane.forward(x.reshape([2, 1, 2, 2]));
    assert_eq!(stacked.dims(), [2, 1, 2, 3]);
    assert_eq!(values(stacked), values(expected.clone()));
    for (a, b) in values(space.forward(padded))
        .into_iter()
        .zip(values(expected))
    {
        assert_close("padded", a, b, 0.0, 1e-7);
    }
    let row: Tensor<1> = plane.forward(Tensor::<1>::from_floats([0.0, 0.0], &device));
    assert_close("a single vector", values(row)[2], 1.0 / 3.0, 0.0, 1e-7);
}

/// Half precision is computed in f32.
#[test]
fn half_precision() {
    let device = flex();
    let points = ReferencePointsConfig::Simplex.init(3, 2, &device);
    for dtype in [DType::F16, DType::BF16] {
        let x = leaf(&[0.5, 0.25], [1, 2], dtype, &device);
        let [mu, sigma] = [1.0, 1.0].map(|value| parameter(value, dtype, &device));
        let p = multi_dome(x, mu, sigma, &points);
        assert_eq!(p.dtype(), dtype);
        let x = leaf(&[0.5, 0.25], [1, 2], DType::F32, &device);
        let [mu, sigma] = [1.0, 1.0].map(|value| parameter(value, DType::F32, &device));
        let expected = multi_dome(x, mu, sigma, &points);
        for (a, b) in values(p).into_iter().zip(values(expected)) {
            assert_close("P", a, b, 8e-3, 0.0);
        }
    }
}

#[test]
fn records_round_trip() {
    let device = Device::flex();
    let config =
        MultiDomeConfig::new(4).with_reference_points(ReferencePointsConfig::Learned(vec![
            vec![1.0],
            vec![2.0],
            vec![-1.0],
            vec![-2.0],
        ]));
    let layer = config.clone().with_mu(1.5).with_sigma(0.5).init(&device);
    let bytes = layer.clone().into_record().into_bytes().unwrap();
    let record = burn::store::ModuleRecord::from_bytes(bytes.clone()).unwrap();
    let loaded = config.init(&device).load_record(record);
    let x = Tensor::<2>::from_floats([[0.4], [-1.2]], &device);
    assert_eq!(values(layer.forward(x.clone())), values(loaded.forward(x)));
    let again = loaded.into_record().into_bytes().unwrap();
    assert_eq!(bytes.as_ref() as &[u8], again.as_ref() as &[u8]);
}

#[test]
fn configurations_round_trip() {
    for config in [
        MultiDomeConfig::new(7),
        MultiDomeConfig::new(2)
            .with_reference_points(ReferencePointsConfig::Fixed(vec![vec![1.0], vec![-3.0]])),
    ] {
        let json = serde_json::to_string(&config).unwrap();
        assert_eq!(
            serde_json::from_str::<MultiDomeConfig>(&json).unwrap(),
            config
        );
    }
    let loss = MultiDomeLossConfig::nll()
        .with_floor(0.5)
        .with_ignored(Some(vec![-100]));
    let json = serde_json::to_string(&loss).unwrap();
    let loaded: MultiDomeLossConfig = serde_json::from_str(&json).unwrap();
    assert_eq!((loaded.kind, loaded.floor), (MultiDomeLossKind::Nll, 0.5));
    assert_eq!(loaded.ignored, Some(vec![-100]));
}

/// Calibration brings far embeddings onto the modes, and leaves others and frozen flags alone.
#[test]
fn calibration() {
    let device = flex();
    let layer = MultiDomeConfig::new(3)
        .with_sigma(0.5)
        .with_learn_sigma(false)
        .init(&device);
    let small = Tensor::<2>::from_floats([[0.6, 0.0], [0.0, -0.2]], &device);
    let same = layer.clone().calibrate(small.clone());
    assert_eq!(
        [values(same.mu.val()), values(same.sigma.val())],
        [[1.0], [0.5]]
    );
    let large = small * 1e4;
    let raised = layer.calibrate(large);
    // Three times the length that 68 % of the vectors, here both, do not exceed.
    let expected = 3.0 * 6000.0;
    assert_close("mu", values(raised.mu.val())[0], expected, 1e-6, 0.0);
    assert_close(
        "sigma",
        values(raised.sigma.val())[0],
        expected / 2.0,
        1e-6,
        0.0,
    );
    assert!(raised.mu.is_require_grad() && !raised.sigma.is_require_grad());
    let broken = raised
        .clone()
        .calibrate(Tensor::<2>::full([1, 2], f32::NAN, &device));
    assert_eq!(values(broken.mu.val()), values(raised.mu.val()));
}

#[test]
#[should_panic(expected = "last dimension of the embedding has size 2, but the reference points")]
fn wrong_embedding() {
    let device = Device::flex();
    let x = Tensor::<2>::zeros([1, 2], &device);
    multi_dome_scores(
        x,
        Tensor::ones([1], &device),
        Tensor::ones([1], &device),
        &ReferencePointsConfig::Simplex.init(10, 9, &device),
    );
}
