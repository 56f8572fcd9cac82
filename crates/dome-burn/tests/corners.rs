//! Corners in which a layer could be wrong in silence, on every device that is compiled in.

mod common;

use std::panic::{AssertUnwindSafe, catch_unwind};

use burn::module::{Module, Quantizer};
use burn::nn::PReluConfig;
use burn::nn::loss::{CrossEntropyLossConfig, Reduction};
use burn::tensor::quantization::{Calibration, QuantValue};
use burn::tensor::{DType, Device, Int, Tensor, TensorData};
use common::{assert_close, flex, grad, leaf, spread, subjects, values};
use dome_burn::functional::{dome_binary_cross_entropy, multi_dome, multi_dome_raw};
use dome_burn::{
    DomeBinaryCrossEntropyLossConfig, DomeConfig, DomeHeadConfig, InvalidConfig, MultiDomeConfig,
    MultiDomeHeadConfig, MultiDomeLossConfig, PDomeConfig, ReferencePointsConfig,
};

/// A tensor of numbers from -1 to 1 times `size`, of any type.
fn noise(rows: usize, columns: usize, size: f64, dtype: DType, device: &Device) -> Tensor<2> {
    let numbers = spread(rows * columns, -size, size);
    leaf(&numbers, [rows, columns], dtype, device)
}

/// Nearly normal numbers.
fn normal(rows: usize, columns: usize, size: f64, dtype: DType, device: &Device) -> Tensor<2> {
    let mut state = 1u64;
    let mut uniform = move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1u64 << 53) as f64
    };
    let numbers: Vec<f64> = (0..rows * columns)
        .map(|_| size * ((0..12).map(|_| uniform()).sum::<f64>() - 6.0))
        .collect();
    leaf(&numbers, [rows, columns], dtype, device)
}

/// Points of all kinds for four classes.
fn all_points() -> Vec<MultiDomeConfig> {
    let own = vec![
        vec![1.0, 0.0],
        vec![0.0, 1.0],
        vec![-1.0, 0.0],
        vec![0.5, -2.0],
    ];
    [
        ReferencePointsConfig::Simplex,
        ReferencePointsConfig::Polygon,
        ReferencePointsConfig::Fixed(own.clone()),
        ReferencePointsConfig::Learned(own),
    ]
    .map(|points| MultiDomeConfig::new(4).with_reference_points(points))
    .to_vec()
}

/// What a panic says.
fn message(run: impl FnOnce()) -> String {
    let error = catch_unwind(AssertUnwindSafe(run)).expect_err("a panic");
    match error.downcast_ref::<String>() {
        Some(text) => text.clone(),
        None => error.downcast_ref::<&str>().unwrap_or(&"").to_string(),
    }
}

/// One vertex of the simplex, whose matrix would take gigabytes.
fn vertex(classes: usize, class: usize) -> Vec<f64> {
    let n = classes as f64;
    let weight = |k: usize| (n / (n - 1.0)).sqrt() / (k as f64 * (k as f64 + 1.0)).sqrt();
    (1..classes)
        .map(|k| match k.cmp(&class) {
            core::cmp::Ordering::Less => 0.0,
            core::cmp::Ordering::Equal => -(k as f64) * weight(k),
            core::cmp::Ordering::Greater => weight(k),
        })
        .collect()
}

#[test]
fn predictions_in_half_precision_are_those_of_the_same_numbers() {
    for subject in subjects() {
        for dtype in subject.halves() {
            for config in [MultiDomeConfig::new(10)].into_iter().chain(all_points()) {
                let dim = config.resolved_dim();
                let head = MultiDomeHeadConfig::new(dim, config).init(&subject.device);
                for size in [0.3, 10.0, 30.0, 100.0, 1e3, 2e4] {
                    let x = normal(500, dim, size, dtype, &subject.device);
                    let same = leaf(&values(x.clone()), [500, dim], DType::F32, &subject.device);
                    assert_eq!(
                        values(head.predict(x.clone()).float()),
                        values(head.predict(same.clone()).float()),
                        "{}, {dtype:?}, {size}",
                        subject.name
                    );
                    let [p, q] = [x.clone(), same.clone()].map(|x| values(head.probabilities(x)));
                    let epsilon = if dtype == DType::F16 { 5e-4 } else { 4e-3 };
                    for (p, q) in p.into_iter().zip(q) {
                        assert_close("P", p, q, epsilon, 1e-7);
                    }
                    let targets = || {
                        let classes = head.multi_dome.reference_points.classes as i64;
                        Tensor::<1, Int>::arange(0..500, &subject.device).remainder_scalar(classes)
                    };
                    let [l, m] = [x, same].map(|x| values(head.loss(x, targets()))[0]);
                    assert_close("loss", l, m, 2.0 * epsilon, 0.0);
                }
            }
        }
    }
}

/// The nearest mode, however far away all are: a product with each point, in f64.
#[test]
fn predictions_far_away() {
    for subject in subjects() {
        for config in [MultiDomeConfig::new(10)].into_iter().chain(all_points()) {
            let (n, dim) = (config.classes, config.resolved_dim());
            for mu in [1.0, -0.7] {
                let mut layer = config.init(&subject.device);
                layer.mu = layer
                    .mu
                    .map(|_| leaf(&[mu], [1], DType::F32, &subject.device));
                let mu = values(layer.mu.val())[0];
                let points = values(layer.reference_points.values(&subject.device));
                for size in [0.5, 5.0, 1e3, 1e8, 1e20, 1e37] {
                    let x = normal(200, dim, size, DType::F32, &subject.device);
                    let predicted = values(layer.predict(x.clone()).float());
                    for (row, predicted) in values(x).chunks(dim).zip(predicted) {
                        let order: Vec<f64> = (0..n)
                            .map(|i| {
                                let point = &points[i * dim..][..dim];
                                let pairs = row.iter().zip(point);
                                let square: f64 = point.iter().map(|p| p * p).sum();
                                let product: f64 = pairs.map(|(x, p)| x * p).sum();
                                2.0 * mu * product - mu * mu * square
                            })
                            .collect();
                        let best = order.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                        let chosen = order[predicted as usize];
                        let scale: f64 = order.iter().fold(0f64, |max, o| max.max(o.abs()));
                        assert!(
                            best - chosen <= 1e-5 * scale,
                            "{}, {size}: {chosen:e} for {best:e}",
                            subject.name
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn targets_that_are_no_classes_are_refused() {
    for subject in subjects() {
        for config in all_points() {
            let layer = config.init(&subject.device);
            for loss in [
                MultiDomeLossConfig::brier(),
                MultiDomeLossConfig::nll(),
                MultiDomeLossConfig::nll().with_smoothing(Some(0.1)),
            ] {
                let loss = loss.init(&subject.device);
                for target in [4, 100, -1, -100] {
                    let x = noise(
                        3,
                        layer.reference_points.embedding_dim,
                        1.0,
                        DType::F32,
                        &subject.device,
                    );
                    let targets = Tensor::<1, Int>::from_ints([0, target, 1], &subject.device);
                    let said = message(|| drop(loss.forward(&layer, x, targets)));
                    let expected =
                        format!("a target is {target}, but 4 classes have the indices 0 to 3");
                    assert!(
                        said.contains(&expected) && said.contains("ignored"),
                        "{said}"
                    );
                }
            }
        }
        let head = DomeHeadConfig::new(1).init(&subject.device);
        for target in [7, 2, -1] {
            let targets = Tensor::<1, Int>::from_ints([target, 0, 1], &subject.device);
            let x = noise(3, 1, 1.0, DType::F32, &subject.device);
            let said = message(|| drop(head.loss(x, targets)));
            let expected = format!("a target is {target}, but 2 classes have the indices 0 to 1");
            assert!(said.contains(&expected), "{said}");
        }
    }
}

/// The documented cheap way for GPUs: nobody reads the labels, and a wrong one cannot pass for a good one.
#[test]
fn unchecked_targets_that_are_no_classes_give_nan() {
    for subject in subjects() {
        for config in all_points() {
            let layer = config.init(&subject.device);
            for loss in [MultiDomeLossConfig::brier(), MultiDomeLossConfig::nll()] {
                let dim = layer.reference_points.embedding_dim;
                let x = noise(2, dim, 1.0, DType::F32, &subject.device);
                let loss = loss.with_check_targets(false).init(&subject.device);
                let targets = Tensor::<1, Int>::from_ints([4, -1], &subject.device);
                let refuses =
                    layer.reference_points.is_simplex() && subject.fused && !subject.is_gpu();
                let run = || values(loss.forward_no_reduction(&layer, x, targets));
                match refuses {
                    true => assert!(message(|| drop(run())).contains("a target is 4")),
                    false => assert!(run().iter().all(|loss| loss.is_nan()), "{}", subject.name),
                }
            }
        }
        let dome = DomeConfig::new().init(&subject.device);
        let loss = DomeBinaryCrossEntropyLossConfig::new().with_check_targets(false);
        let targets = Tensor::<1, Int>::from_ints([7, 1, -1], &subject.device);
        let x = Tensor::<1>::from_floats([0.5, 0.5, 0.5], &subject.device);
        let losses = loss
            .init(&subject.device)
            .forward_no_reduction(&dome, x, targets);
        let nan: Vec<bool> = values(losses).iter().map(|loss| loss.is_nan()).collect();
        assert_eq!(nan, [true, false, true], "{}", subject.name);
    }
}

/// Of the element-wise function, probabilities are right, and others give NaN, not a loss without a least value.
#[test]
fn element_wise_targets_are_probabilities() {
    for subject in subjects() {
        let x = leaf(&[0.4; 5], [5], DType::F32, &subject.device);
        let one = || leaf(&[1.0], [1], DType::F32, &subject.device);
        let targets = Tensor::<1>::from_floats([0.0, 0.25, 1.0, 7.0, -0.5], &subject.device);
        let losses = dome_binary_cross_entropy(x.clone(), one(), one(), targets.without_autodiff());
        let gradients = grad(&x, &losses.clone().backward());
        for numbers in [values(losses), gradients] {
            let nan: Vec<bool> = numbers.iter().map(|v| v.is_nan()).collect();
            assert_eq!(
                nan,
                [false, false, false, true, true],
                "{}: {numbers:?}",
                subject.name
            );
        }
    }
}

/// Samples whose label is in the list count as if they were not there, as with Burn's `pad_tokens`.
#[test]
fn ignored_labels() {
    for subject in subjects() {
        let device = &subject.device;
        for config in all_points() {
            let layer = config.init(device);
            let dim = layer.reference_points.embedding_dim;
            for loss in [
                MultiDomeLossConfig::brier(),
                MultiDomeLossConfig::nll(),
                MultiDomeLossConfig::brier().with_weights(Some(vec![1.0, 2.0, 0.0, 0.5])),
                MultiDomeLossConfig::nll().with_smoothing(Some(0.2)),
            ] {
                for reduction in [Reduction::Mean, Reduction::Sum] {
                    let config = loss.clone().with_reduction(reduction);
                    let ignoring = config.clone().with_ignored(Some(vec![-100, 255, 3]));
                    let run = |config: &MultiDomeLossConfig, rows: &[usize], targets: &[i32]| {
                        let all = spread(6 * dim, -1.0, 1.0);
                        let x: Vec<f64> = rows
                            .iter()
                            .flat_map(|&row| all[row * dim..][..dim].to_vec())
                            .collect();
                        let x = leaf(&x, [rows.len(), dim], DType::F32, device);
                        let targets = Tensor::<1, Int>::from_ints(targets, device);
                        let loss = config.init(device).forward(&layer, x.clone(), targets);
                        let tape = loss.clone().backward();
                        (values(loss)[0], grad(&x, &tape))
                    };
                    let (all, of_all) =
                        run(&ignoring, &[0, 1, 2, 3, 4, 5], &[0, -100, 1, 255, 3, 1]);
                    let (some, of_some) = run(&config, &[0, 2, 5], &[0, 1, 1]);
                    assert_close(subject.name, all, some, 1e-6, 1e-7);
                    for (row, kept) in [Some(0), None, Some(1), None, None, Some(2)]
                        .into_iter()
                        .enumerate()
                    {
                        for k in 0..dim {
                            let expected = kept.map_or(0.0, |row: usize| of_some[row * dim + k]);
                            assert_close(subject.name, of_all[row * dim + k], expected, 1e-5, 1e-7);
                        }
                    }
                }
            }
        }
        // One missing label of several outputs.
        let dome = DomeConfig::new().init(device);
        let loss = DomeBinaryCrossEntropyLossConfig::new()
            .with_ignored(Some(vec![-1]))
            .init(device);
        let x = || Tensor::<2>::from_floats([[0.5, -0.3], [1.0, 0.2]], device);
        let value = loss.forward(&dome, x(), Tensor::from_ints([[1, -1], [0, 1]], device));
        let each = DomeBinaryCrossEntropyLossConfig::new().init(device);
        let each = values(each.forward_no_reduction(
            &dome,
            x(),
            Tensor::from_ints([[1, 1], [0, 1]], device),
        ));
        assert_close(
            "mean",
            values(value)[0],
            (each[0] + each[2] + each[3]) / 3.0,
            1e-6,
            0.0,
        );
    }
}

/// A mean over nothing is NaN, as Burn's, and changes no parameter.
#[test]
fn batches_in_which_no_sample_counts() {
    for subject in subjects() {
        let device = &subject.device;
        let burn = CrossEntropyLossConfig::new()
            .with_pad_tokens(Some(vec![1]))
            .init(device);
        let logits = Tensor::<2>::zeros([2, 3], device);
        let ones = || Tensor::<1, Int>::from_ints([1, 1], device);
        assert!(values(burn.forward(logits, ones()))[0].is_nan());
        for loss in [MultiDomeLossConfig::brier(), MultiDomeLossConfig::nll()] {
            for config in all_points() {
                let layer = config.init(device);
                let dim = layer.reference_points.embedding_dim;
                for loss in [
                    loss.clone().with_ignored(Some(vec![1])),
                    loss.clone().with_weights(Some(vec![1.0, 0.0, 2.0, 1.0])),
                ] {
                    let x = noise(2, dim, 1.0, DType::F32, device);
                    let value = loss.init(device).forward(&layer, x.clone(), ones());
                    let tape = value.clone().backward();
                    assert!(values(value)[0].is_nan(), "{}", subject.name);
                    for gradient in [grad(&x, &tape), grad(&layer.mu.val(), &tape)] {
                        assert!(
                            gradient.iter().all(|g| *g == 0.0),
                            "{}: {gradient:?}",
                            subject.name
                        );
                    }
                    let sum = loss.with_reduction(Reduction::Sum).init(device);
                    let x = noise(2, dim, 1.0, DType::F32, device);
                    assert_eq!(values(sum.forward(&layer, x, ones()))[0], 0.0);
                }
            }
        }
        let head = DomeHeadConfig::new(1)
            .with_loss(DomeBinaryCrossEntropyLossConfig::new().with_ignored(Some(vec![1])))
            .init(device);
        let x = noise(2, 1, 1.0, DType::F32, device);
        let value = head.loss(x.clone(), ones());
        let tape = value.clone().backward();
        assert!(values(value)[0].is_nan());
        assert_eq!(grad(&x, &tape), [0.0, 0.0]);
    }
}

/// A class of weight 0 is left out.
#[test]
fn a_class_weight_of_zero() {
    for subject in subjects() {
        let device = &subject.device;
        let layer = MultiDomeConfig::new(3).init(device);
        for loss in [MultiDomeLossConfig::brier(), MultiDomeLossConfig::nll()] {
            let weighted = loss
                .clone()
                .with_weights(Some(vec![1.0, 0.0, 1.0]))
                .init(device);
            let numbers = spread(8, -1.0, 1.0);
            let run = |loss: &dome_burn::MultiDomeLoss, rows: &[usize], targets: &[i32]| {
                let x: Vec<f64> = rows
                    .iter()
                    .flat_map(|&row| numbers[2 * row..][..2].to_vec())
                    .collect();
                let x = leaf(&x, [rows.len(), 2], DType::F32, device);
                values(loss.forward(&layer, x, Tensor::from_ints(targets, device)))[0]
            };
            let all = run(&weighted, &[0, 1, 2, 3], &[0, 1, 2, 1]);
            let some = run(&loss.init(device), &[0, 2], &[0, 2]);
            assert_close(subject.name, all, some, 1e-6, 0.0);
        }
    }
}

/// Distances are those of the differences, however far the points lie from the origin.
#[test]
fn points_far_from_the_origin() {
    let points: Vec<Vec<f64>> = (0..5)
        .map(|i| vec![3000.0 + f64::from(i), 3000.0])
        .collect();
    let many: Vec<Vec<f64>> = (0..300)
        .map(|i| {
            (0..60)
                .map(|k| 3000.0 + f64::from((i * 7 + k * (i % 23) * 5) % 61))
                .collect()
        })
        .collect();
    for subject in subjects() {
        for (points, share) in [(points.clone(), 0.98), (many.clone(), 1.0)] {
            let (n, dim) = (points.len(), points[0].len());
            let config = MultiDomeConfig::new(n)
                .with_reference_points(ReferencePointsConfig::Fixed(points.clone()));
            let layer = config.init(&subject.device);
            let offsets = values(normal(200, dim, 0.2, DType::F64, &flex()));
            let rows: Vec<f64> = (0..200 * dim)
                .map(|at| points[at / dim % n][at % dim] + offsets[at])
                .collect();
            let x = leaf(&rows, [200, dim], DType::F32, &subject.device);
            let [predicted, largest] = [
                values(layer.predict(x.clone()).float()),
                values(layer.scores(x).argmax(1).float()),
            ];
            for predicted in [predicted, largest] {
                let right = predicted
                    .iter()
                    .enumerate()
                    .filter(|(i, class)| **class == (i % n) as f64);
                let right = right.count() as f64 / 200.0;
                assert!(right >= share, "{}: {right} of {n} classes", subject.name);
            }
        }
    }
}

#[test]
fn calibration_of_any_type_and_size() {
    for subject in subjects() {
        let device = &subject.device;
        let calibrated = |numbers: &[f64], dtype: DType| {
            let x = leaf(numbers, [numbers.len()], dtype, device);
            let dome = DomeConfig::new().init(device).calibrate(x);
            (values(dome.mu.val())[0], values(dome.sigma.val())[0])
        };
        for &dtype in &subject.types {
            let (mu, sigma) = calibrated(&[300.0, -300.0, 300.0], dtype);
            assert_close("mu", mu, 3000.0, 1e-6, 0.0);
            assert_close("sigma", sigma, 3000.0, 1e-6, 0.0);
            let x = leaf(&[90.0; 18], [2, 9], dtype, device);
            let layer = MultiDomeConfig::new(10).init(device).calibrate(x);
            assert_close("mu", values(layer.mu.val())[0], 3.0 * 270.0, 1e-6, 0.0);
        }
        let (mu, _) = calibrated(&[1e20; 4], DType::F32);
        assert_close("mu", mu, 1e21, 1e-6, 0.0);
        let x = leaf(&[1e20; 18], [2, 9], DType::F32, device);
        let layer = MultiDomeConfig::new(10).init(device).calibrate(x);
        assert_close("mu", values(layer.mu.val())[0], 9e20, 1e-6, 0.0);
        // No farther than one can compute.
        let (mu, _) = calibrated(&[1e38, -1e38], DType::F32);
        assert_close("mu", mu, 1e30, 1e-6, 0.0);
        // Nothing that is a size.
        for numbers in [
            vec![],
            vec![f64::NAN, 1e3],
            vec![0.0; 3],
            vec![f64::INFINITY; 3],
        ] {
            assert_eq!(calibrated(&numbers, DType::F32), (1.0, 1.0), "{numbers:?}");
        }
    }
}

/// An embedding on the modes is where it should be, wherever these are.
#[test]
fn calibration_counts_the_points_own_lengths() {
    let far: Vec<Vec<f64>> = (0..3)
        .map(|i| vec![3000.0 + f64::from(i), 3000.0])
        .collect();
    let radius_two = vec![
        vec![2.0, 0.0],
        vec![-1.0, 3f64.sqrt()],
        vec![-1.0, -(3f64.sqrt())],
    ];
    for subject in subjects() {
        for points in [far.clone(), radius_two.clone()] {
            let config =
                MultiDomeConfig::new(3).with_reference_points(ReferencePointsConfig::Fixed(points));
            let layer = config.init(&subject.device);
            let on_modes = layer.reference_points.values(&subject.device);
            let same = layer.clone().calibrate(on_modes.clone());
            assert_eq!(
                [values(same.mu.val()), values(same.sigma.val())],
                [[1.0], [1.0]]
            );
            let raised = layer.calibrate(on_modes * 100.0);
            assert_close("mu", values(raised.mu.val())[0], 300.0, 1e-3, 0.0);
        }
    }
}

#[test]
fn calibration_is_robust_and_per_channel() {
    for subject in subjects() {
        let device = &subject.device;
        let dome = DomeConfig::new().with_num_parameters(2).init(device);
        let sizes: Vec<f64> = (0..128)
            .map(|i| if i % 2 == 0 { 100.0 } else { -0.1 })
            .collect();
        let x = leaf(&sizes, [64, 2], DType::F32, device);
        let dome = dome.calibrate(x);
        for parameter in [values(dome.mu.val()), values(dome.sigma.val())] {
            assert_close("100", parameter[0], 1000.0, 1e-6, 0.0);
            assert_close("0.1", parameter[1], 1.0, 1e-6, 0.0);
        }
        // Images: channels in runs.
        let images: Vec<f64> = (0..2 * 2 * 9)
            .map(|i| if i / 9 % 2 == 0 { 7.0 } else { 1e3 })
            .collect();
        let x = leaf(&images, [2, 2, 3, 3], DType::F32, device);
        let dome = DomeConfig::new()
            .with_num_parameters(2)
            .init(device)
            .calibrate(x);
        assert_eq!(values(dome.mu.val()), [70.0, 1e4]);

        let mu = |numbers: &[f64]| {
            let x = leaf(numbers, [numbers.len()], DType::F32, device);
            values(DomeConfig::new().init(device).calibrate(x).mu.val())[0]
        };
        let mut outlier = vec![0.1; 63];
        outlier.push(1e6);
        assert_eq!(mu(&outlier), 1.0);
        // 2 % of outliers among normal numbers move it by at most 5 %.
        let clean = values(normal(4900, 1, 3.0, DType::F32, device));
        let mut spoiled = clean.clone();
        spoiled.extend([1e8; 100]);
        let moved = mu(&spoiled) / mu(&clean);
        assert!((0.95..1.05).contains(&moved), "{moved}");
        // Of normal numbers it is the root of the mean square.
        let size = (clean.iter().map(|x| x * x).sum::<f64>() / clean.len() as f64).sqrt();
        assert_close("size", mu(&clean) / 10.0, size, 0.03, 0.0);

        let lengths = |rows: Vec<f64>| {
            let x = leaf(&rows, [rows.len() / 9, 9], DType::F32, device);
            values(MultiDomeConfig::new(10).init(device).calibrate(x).mu.val())[0]
        };
        let clean = values(normal(980, 9, 3.0, DType::F32, device));
        let mut spoiled = clean.clone();
        spoiled.extend([1e8; 180]);
        let moved = lengths(spoiled) / lengths(clean);
        assert!((0.95..1.05).contains(&moved), "{moved}");
    }
}

/// Sums of half precision are made in f32; what the type cannot hold is infinite, as Burn's sums are.
#[test]
fn reductions_in_half_precision() {
    for subject in subjects().into_iter().filter(|s| s.has(DType::F16)) {
        let device = &subject.device;
        let dome = DomeConfig::new().init(device);
        let run = |reduction| {
            let logits = leaf(&vec![0.0; 32 * 4096], [32, 4096], DType::F16, device);
            let targets = Tensor::<2, Int>::zeros([32, 4096], device);
            let loss = DomeBinaryCrossEntropyLossConfig::new().with_reduction(reduction);
            let loss = loss.init(device).forward(&dome, logits, targets);
            assert_eq!(loss.dtype(), DType::F16);
            values(loss)[0]
        };
        let ln_2 = core::f64::consts::LN_2;
        assert_close("mean", run(Reduction::Mean), ln_2, 1e-3, 0.0);
        assert_close(
            "batch mean",
            run(Reduction::BatchMean),
            4096.0 * ln_2,
            1e-3,
            0.0,
        );
        let too_much = Tensor::<1>::full([131_072], 0.693, (device, DType::F16)).sum();
        assert_eq!(run(Reduction::Sum), values(too_much)[0]);
        assert_eq!(run(Reduction::Sum), f64::INFINITY);
    }
}

/// As Burn's `PRelu`, which computes with the numbers that quantised weights stand for.
#[test]
fn quantised_weights() {
    for subject in subjects().into_iter().filter(|s| !s.is_gpu()) {
        let device = subject.device.clone().without_autodiff();
        let scheme = device
            .settings()
            .quantization
            .scheme
            .with_value(QuantValue::Q8S);
        let quantizer = || Quantizer::new(Calibration::MinMax, scheme);
        let x = || Tensor::from_data(TensorData::new(spread(24, -2.0, 2.0), [6, 4]), &device);
        let close = |what: &str, actual: Tensor<2>, expected: Tensor<2>| {
            for (actual, expected) in values(actual).into_iter().zip(values(expected)) {
                assert_close(what, actual, expected, 0.05, 0.05);
            }
        };
        let prelu = PReluConfig::new().with_num_parameters(4).init(&device);
        let expected = prelu.forward(x());
        close(
            "PRelu",
            prelu.quantize_weights(&mut quantizer()).forward(x()),
            expected,
        );

        let pdome = PDomeConfig::new().with_num_parameters(4).init(&device);
        let expected = pdome.forward(x());
        close(
            "PDome",
            pdome.quantize_weights(&mut quantizer()).forward(x()),
            expected,
        );

        let dome = DomeConfig::new().with_num_parameters(4).init(&device);
        let (p, odds) = (dome.forward(x()), dome.log_odds(x()));
        let dome = dome.quantize_weights(&mut quantizer());
        close("Dome", dome.forward(x()), p);
        close("log-odds", dome.log_odds(x()), odds);
        let _ = dome.calibrate(x());

        let head = DomeHeadConfig::new(4).init(&device);
        let targets = || Tensor::<1, Int>::from_ints([0, 1, 0, 1, 1, 0], &device);
        let expected = [
            values(head.probabilities(x())),
            values(head.loss(x(), targets())),
        ]
        .concat();
        let head = head.quantize_weights(&mut quantizer());
        let actual = [
            values(head.probabilities(x())),
            values(head.loss(x(), targets())),
        ]
        .concat();
        for (actual, expected) in actual.into_iter().zip(expected) {
            assert_close("DomeHead", actual, expected, 0.05, 0.05);
        }
        assert_eq!(head.predict(x()).dims(), [6]);

        for config in all_points() {
            for loss in [MultiDomeLossConfig::brier(), MultiDomeLossConfig::nll()] {
                let head = MultiDomeHeadConfig::new(4, config.clone())
                    .with_loss(loss)
                    .init(&device);
                let run = |head: &dome_burn::MultiDomeHead| {
                    [
                        values(head.probabilities(x())),
                        values(head.loss(x(), targets())),
                    ]
                    .concat()
                };
                let expected = run(&head);
                let head = head.quantize_weights(&mut quantizer());
                for (actual, expected) in run(&head).into_iter().zip(expected) {
                    assert_close("MultiDomeHead", actual, expected, 0.1, 0.1);
                }
                assert_eq!(head.predict(x()).dims(), [6]);
                let _ = head.calibrate(x());
            }
        }
    }
}

/// A record holds no constants: the configuration beside it tells what it means.
#[test]
fn a_record_of_another_head_is_told_by_its_configuration() {
    let config = |classes: usize, loss: MultiDomeLossConfig| {
        let layer = MultiDomeConfig::new(classes).with_embedding_dim(Some(9));
        MultiDomeHeadConfig::new(9, layer).with_loss(loss)
    };
    let saved = config(10, MultiDomeLossConfig::nll());
    assert_eq!(
        config(10, MultiDomeLossConfig::nll()).check_record_of(&saved),
        Ok(())
    );
    let says = |result: Result<(), InvalidConfig>| result.unwrap_err().to_string();
    let said = says(config(5, MultiDomeLossConfig::nll()).check_record_of(&saved));
    assert_eq!(said, "classes is 5, but must be 10, that of the record");
    let said = says(config(10, MultiDomeLossConfig::brier()).check_record_of(&saved));
    assert!(
        said.contains("Brier") && said.contains("Nll") && said.starts_with("loss is"),
        "{said}"
    );
    // Initial values are in the record.
    let other = MultiDomeConfig::new(10).with_mu(3.0).with_learn_mu(false);
    assert_eq!(other.check_record_of(&MultiDomeConfig::new(10)), Ok(()));
    let smoothed = DomeBinaryCrossEntropyLossConfig::new().with_smoothing(Some(0.1));
    let head = DomeHeadConfig::new(3);
    assert!(
        head.clone()
            .with_loss(smoothed)
            .check_record_of(&head)
            .is_err()
    );
}

#[test]
fn an_empty_batch() {
    for subject in subjects() {
        let device = &subject.device;
        for config in all_points() {
            let dim = config.resolved_dim();
            let head = MultiDomeHeadConfig::new(dim, config).init(device);
            let x = || Tensor::<2>::zeros([0, dim], device);
            assert_eq!(head.probabilities(x()).dims(), [0, 4]);
            assert_eq!(head.multi_dome.raw(x()).dims(), [0, 4]);
            assert_eq!(head.predict(x()).dims(), [0]);
            let kappa = head.scores(x());
            assert_eq!(kappa.dims(), [0, 4]);
            let tape = kappa.sum().backward();
            assert_eq!(
                grad(&head.multi_dome.mu.val(), &tape),
                [0.0],
                "{}",
                subject.name
            );
            for kind in [MultiDomeLossConfig::brier(), MultiDomeLossConfig::nll()] {
                let layer = &head.multi_dome;
                let targets = || Tensor::<1, Int>::zeros([0], device);
                let each = kind
                    .init(device)
                    .forward_no_reduction(layer, x(), targets());
                assert_eq!(each.dims(), [0]);
                assert_eq!(grad(&layer.sigma.val(), &each.sum().backward()), [0.0]);
                // A mean of nothing is not a number, as Burn's cross-entropy; a sum is 0.
                let mean = kind.init(device).forward(layer, x(), targets());
                assert!(values(mean)[0].is_nan());
                let sum = kind.with_reduction(Reduction::Sum).init(device);
                assert_eq!(values(sum.forward(layer, x(), targets())), [0.0]);
            }
            let _ = head.calibrate(x());
        }
        // Without a projection, since Burn's product of matrices refuses an empty one on NdArray.
        let head = DomeHeadConfig::new(1).init(device);
        let x = || Tensor::<2>::zeros([0, 1], device);
        assert_eq!(head.probabilities(x()).dims(), [0]);
        assert_eq!(head.scores(x()).dims(), [0]);
        assert_eq!(head.predict(x()).dims(), [0]);
        assert!(values(head.loss(x(), Tensor::zeros([0], device)))[0].is_nan());
        let _ = head.calibrate(x());
    }
}

/// Many classes at and near the origin, where their bumps are nearly one number that `1 - S` takes away again.
#[test]
fn probabilities_of_many_classes() {
    let ulp = |size: f64| 2f64.powi(size.log2().floor() as i32 - 23);
    for subject in subjects() {
        let device = &subject.device;
        for classes in [10, 1000, 10_000, 20_000] {
            let dim = classes - 1;
            let points = ReferencePointsConfig::Simplex.init(classes, dim, device);
            let one = || Tensor::<1>::ones([1], device);
            let origin = || Tensor::<2>::zeros([1, dim], device);
            let (a, n) = ((-1f64).exp(), classes as f64);
            for row in [
                multi_dome(origin(), one(), one(), &points),
                multi_dome_raw(origin(), one(), one(), &points),
            ] {
                let p = values(row);
                for p in &p {
                    let error = (p - 1.0 / n).abs() / ulp(a.max(1.0 / n));
                    assert!(
                        error <= 4.0,
                        "{}: {p:e} of {classes} classes, {error} ulp",
                        subject.name
                    );
                }
                let sum: f64 = p.iter().sum();
                let error = (sum - 1.0).abs() / ulp(1.0);
                assert!(
                    error <= 4.0,
                    "{}: sum {sum} of {classes} classes",
                    subject.name
                );
            }
            // On the way to a mode, in any direction, and beyond it.
            let directions = normal(1, dim, 1.0 / n.sqrt(), DType::F32, device);
            let mode = vertex(classes, classes / 2);
            let mode = leaf(&mode, [1, dim], DType::F32, device);
            for x in [
                directions.clone() * 0.1,
                directions,
                mode.clone() * 0.5,
                mode.clone(),
                mode * 2.0,
            ] {
                let sum: f64 = values(multi_dome(x, one(), one(), &points)).iter().sum();
                let error = (sum - 1.0).abs() / ulp(1.0);
                assert!(
                    error <= 40.0,
                    "{}: sum {sum} of {classes} classes",
                    subject.name
                );
            }
        }
    }
}

#[test]
fn values_that_the_type_in_use_cannot_compute_with_are_refused() {
    let device = Device::flex();
    let says = |result: Result<(), InvalidConfig>| result.unwrap_err().to_string();
    let points = |points: &[[f64; 2]]| {
        let points = points.iter().map(|p| p.to_vec()).collect();
        MultiDomeConfig::new(2).with_reference_points(ReferencePointsConfig::Fixed(points))
    };
    for (said, expected) in [
        (
            says(PDomeConfig::new().with_pi(1e300).validate_for(&device)),
            "pi is 1e300",
        ),
        (
            says(DomeConfig::new().with_mu(1e39).validate_for(&device)),
            "mu is 1e39",
        ),
        (
            says(DomeConfig::new().with_sigma(1e39).validate_for(&device)),
            "sigma is 1",
        ),
        (
            says(DomeConfig::new().with_mu(1e-50).validate_for(&device)),
            "it becomes 0 in F32",
        ),
        (
            says(MultiDomeConfig::new(3).with_mu(1e39).validate_for(&device)),
            "mu is 1e39",
        ),
        (
            says(
                MultiDomeConfig::new(3)
                    .with_mu(1e12)
                    .with_sigma(1e-4)
                    .validate_for(&device),
            ),
            "mu/sigma is 1e16",
        ),
        (
            says(points(&[[1e300, 0.0], [0.0, 1.0]]).validate_for(&device)),
            "a coordinate of a reference point is 1",
        ),
        (
            says(points(&[[1.0, 0.0], [1.0 + 1e-12, 0.0]]).validate_for(&device)),
            "beside [1.0, 0.0]",
        ),
        (
            says(
                MultiDomeLossConfig::brier()
                    .with_weights(Some(vec![3e38, 1.0]))
                    .validate(),
            ),
            "a class weight is 3",
        ),
        (
            says(
                DomeBinaryCrossEntropyLossConfig::new()
                    .with_weights(Some(vec![3e38, 1.0]))
                    .validate(),
            ),
            "a class weight is 3",
        ),
    ] {
        assert!(said.contains(expected), "{said}");
    }
    let said = message(|| drop(PDomeConfig::new().with_pi(1e300).init(&device)));
    assert!(
        said.starts_with("PDomeConfig: pi is 1e300") && said.contains("at most 1e30 in F32"),
        "{said}"
    );
    // What is allowed computes.
    for subject in subjects() {
        let device = &subject.device;
        let x = || noise(4, 2, 3.0, DType::F32, device);
        for (mu, sigma, pi) in [(1e30, 1e30, 1e30), (1e11, 1e-4, -1e30), (1e-30, 1e30, 0.0)] {
            let pdome = PDomeConfig::new()
                .with_mu(mu)
                .with_sigma(sigma)
                .with_pi(pi)
                .init(device);
            let input = x();
            let y = pdome.forward(input.clone());
            let gradient = grad(&input, &y.clone().sum().backward());
            assert!(
                values(y).iter().chain(&gradient).all(|v| v.is_finite()),
                "{}",
                subject.name
            );
            for config in [points(&[[1e15, 0.0], [0.0, 1.0]]), MultiDomeConfig::new(3)] {
                let layer = config.with_mu(mu).with_sigma(sigma).init(device);
                let kappa = values(layer.scores(x()));
                assert!(
                    kappa.iter().all(|k| k.is_finite()),
                    "{}: {kappa:?}",
                    subject.name
                );
            }
        }
    }
}
