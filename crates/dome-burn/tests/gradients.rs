//! Gradients against finite differences, for every layout of parameters and every rank, and other
//! properties of differentiation.

mod common;

use burn::tensor::{DType, Device, Tensor};
use common::{assert_close, flex, grad, leaf, spread, values};
use dome_burn::functional::{dome, dome_binary_cross_entropy, pdome};

type Op<const D: usize> = fn(Tensor<D>, [Tensor<1>; 3]) -> Tensor<D>;

/// Checks all gradients of `sum(weights * op(inputs))` by central differences in f64.
fn check<const D: usize>(name: &str, op: Op<D>, shape: [usize; D], counts: [usize; 3]) {
    let device = flex();
    let count: usize = shape.iter().product();
    let [mus, sigmas, pis] = counts;
    let start = [
        spread(count, -2.5, 2.5),
        spread(mus, 0.6, 1.4),
        spread(sigmas, 0.5, 1.5),
        spread(pis, 0.2, 1.2),
    ];
    let weights = leaf(&spread(count, -1.0, 2.0), shape, DType::F64, &device).without_autodiff();
    let run = |inputs: &[Vec<f64>; 4]| {
        let x = leaf(&inputs[0], shape, DType::F64, &device);
        let parameters =
            [1, 2, 3].map(|i| leaf(&inputs[i], [inputs[i].len()], DType::F64, &device));
        let y = (op(x.clone(), parameters.clone()) * weights.clone()).sum();
        (x, parameters, y)
    };
    let (x, parameters, y) = run(&start);
    let tape = y.backward();
    let analytic = [
        grad(&x, &tape),
        // The penalty takes no part in dome and its loss.
        parameters[0].grad(&tape).map(values).unwrap(),
        parameters[1].grad(&tape).map(values).unwrap(),
        parameters[2]
            .grad(&tape)
            .map(values)
            .unwrap_or_else(|| vec![0.0; pis]),
    ];
    const STEP: f64 = 1e-5;
    for (which, gradients) in analytic.iter().enumerate() {
        assert_eq!(gradients.len(), start[which].len(), "{name}");
        for (i, &gradient) in gradients.iter().enumerate() {
            let at = |offset: f64| {
                let mut inputs = start.clone();
                inputs[which][i] += offset;
                values(run(&inputs).2)[0]
            };
            let numeric = (at(STEP) - at(-STEP)) / (2.0 * STEP);
            let what =
                format!("{name} {shape:?}, parameters {counts:?}, input {which}, element {i}");
            assert_close(&what, gradient, numeric, 1e-7, 1e-7);
        }
    }
}

fn dome_op<const D: usize>(x: Tensor<D>, [mu, sigma, _]: [Tensor<1>; 3]) -> Tensor<D> {
    dome(x, mu, sigma)
}

fn pdome_op<const D: usize>(x: Tensor<D>, [mu, sigma, pi]: [Tensor<1>; 3]) -> Tensor<D> {
    pdome(x, mu, sigma, pi)
}

fn loss_op<const D: usize>(x: Tensor<D>, [mu, sigma, _]: [Tensor<1>; 3]) -> Tensor<D> {
    let soft = x.clone().without_autodiff().sin() * 0.5 + 0.5; // fixed targets in [0, 1]
    let soft = soft
        .clone()
        .round()
        .mask_where(soft.clone().greater_elem(0.6), soft);
    dome_binary_cross_entropy(x, mu, sigma, soft)
}

fn check_ops<const D: usize>(shape: [usize; D], counts: [usize; 3]) {
    check("dome", dome_op::<D>, shape, counts);
    check("pdome", pdome_op::<D>, shape, counts);
}

#[test]
fn shared_parameters_ranks_1_to_5() {
    check_ops([7], [1, 1, 1]);
    check_ops([3, 4], [1, 1, 1]);
    check_ops([2, 3, 2], [1, 1, 1]);
    check_ops([2, 3, 2, 2], [1, 1, 1]);
    check_ops([1, 2, 2, 1, 3], [1, 1, 1]);
}

#[test]
fn parameters_along_channels() {
    check_ops([4, 3], [3, 3, 3]);
    check_ops([2, 3, 2], [3, 1, 3]);
    check_ops([2, 3, 2, 2], [1, 3, 1]);
    check_ops([1, 2, 2, 1, 3], [2, 2, 2]);
}

/// The targets of `loss_op` follow x, so finite differences need fixed ones.
#[test]
fn loss_with_soft_and_hard_targets() {
    fn fixed<const D: usize>(x: Tensor<D>, [mu, sigma, _]: [Tensor<1>; 3]) -> Tensor<D> {
        let shape = x.dims();
        let count = shape.iter().product();
        let targets: Vec<f64> = (0..count).map(|i| [0.0, 1.0, 0.3, 0.95][i % 4]).collect();
        let targets = leaf(&targets, shape, DType::F64, &flex()).without_autodiff();
        dome_binary_cross_entropy(x, mu, sigma, targets)
    }
    check("loss", fixed::<1>, [9], [1, 1, 1]);
    check("loss", fixed::<2>, [4, 3], [3, 3, 1]);
    check("loss", fixed::<4>, [2, 2, 2, 2], [1, 2, 1]);
}

#[test]
fn non_contiguous_inputs() {
    let device = flex();
    let x = leaf(&spread(24, -2.0, 2.0), [2, 3, 4], DType::F64, &device);
    let parameters = || [0.8, 1.1, 0.5].map(|v| leaf(&[v; 3], [3], DType::F64, &device));
    let [mu, sigma, pi] = parameters();
    let straight = pdome(x.clone(), mu, sigma, pi);
    let [mu, sigma, pi] = parameters();
    let permuted = pdome(x.permute([2, 1, 0]), mu, sigma, pi).permute([2, 1, 0]);
    assert_eq!(values(straight), values(permuted));
}

/// A frozen parameter gets no gradient, the others are unaffected; without autodiff nothing is
/// recorded.
#[test]
fn only_what_is_tracked() {
    let device = flex();
    let [x, mu] = [0.3, 1.1].map(|v| leaf(&[v], [1], DType::F64, &device).set_require_grad(false));
    let sigma = leaf(&[0.9], [1], DType::F64, &device);
    for op in [dome_op::<1>, loss_op::<1>] as [Op<1>; 2] {
        let tape = op(x.clone(), [mu.clone(), sigma.clone(), mu.clone()]).backward();
        assert!(x.grad(&tape).is_none() && mu.grad(&tape).is_none());
        assert!(grad(&sigma, &tape)[0] != 0.0);

        let [x, mu, sigma] = [&x, &mu, &sigma].map(|t| t.clone().without_autodiff());
        assert!(!op(x, [mu.clone(), sigma, mu]).is_autodiff());
    }
}

/// Half precision is computed in f32: the result is the f32 result, rounded.
#[test]
fn half_precision() {
    for (dtype, epsilon) in [(DType::F16, 1e-3), (DType::BF16, 8e-3)] {
        let run = |dtype| {
            let inputs = [0.75, 1.25, 0.5].map(|v| leaf(&[v], [1], dtype, &flex()));
            let [x, mu, sigma] = inputs.clone();
            let y = dome_op(x, [mu.clone(), sigma, mu]);
            assert_eq!(y.dtype(), dtype);
            let value = values(y.clone())[0];
            let tape = y.backward();
            (value, inputs.map(|input| grad(&input, &tape)[0]))
        };
        let (value, gradients) = run(dtype);
        let (exact, exact_gradients) = run(DType::F64);
        assert_close("value", value, exact, epsilon, 0.0);
        for (gradient, exact) in gradients.iter().zip(exact_gradients) {
            assert_close("gradient", *gradient, exact, epsilon, 0.0);
        }
    }
}

#[test]
fn gradient_checkpointing_changes_nothing() {
    let run = |device: &Device| {
        let inputs = [0.4, 1.0, 0.8].map(|v| leaf(&[v], [1], DType::F64, device));
        let [x, mu, sigma] = inputs.clone();
        let tape = loss_op(x, [mu.clone(), sigma, mu]).backward();
        inputs.map(|input| grad(&input, &tape)[0])
    };
    assert_eq!(run(&flex()), run(&flex().gradient_checkpointing()));
}
