use burn::backend::tensor::FloatTensor;
use burn::tensor::{DType, bf16, f16};

use super::any_slice::AnySlice;
use super::backward::backward;
use super::forward::forward;
use super::function::{BinaryCrossEntropy, Dome, Function, LogOdds, PDome};
use super::parameters::Parameters;
use super::slot::{Slot, Stored};
use crate::op::elementwise::backend::ElementwiseOps;
use crate::op::elementwise::formula::Formula;
use crate::op::host::buffer::written;
use crate::op::host::tensor::HostTensor;
use crate::op::host::values::{empty, parameter_gradient, values, with_float};

fn any_slice<T: HostTensor>(tensor: &T) -> AnySlice<'_> {
    with_float!(tensor.dtype(), E => E::any_slice(tensor.elements::<E>()))
}

/// Dense tensors with their dimensions in one order in memory.
fn aligned<T: HostTensor, const N: usize>(tensors: [T; N]) -> [T; N] {
    let tensors = tensors.map(T::dense);
    match tensors.iter().all(|tensor| tensor.same_order(&tensors[0])) {
        true => tensors,
        false => tensors.map(T::contiguous),
    }
}

fn parameters<T: HostTensor>(
    x: &T,
    mu: &T,
    sigma: &T,
    pi: Option<&T>,
    formula: Formula,
) -> Parameters {
    let pi = pi.map(values).unwrap_or_default();
    let parameters = Parameters::new(&values(mu), &values(sigma), &pi, x.channel_stride());
    match formula {
        Formula::LogOdds => parameters.with_square_rates(),
        _ => parameters,
    }
}

/// In place if nobody else sees x.
fn map<F: Function, T: HostTensor>(mut x: T, parameters: &Parameters, targets: Option<&T>) -> T {
    let targets = targets.map(any_slice);
    with_float!(x.dtype(), E => {
        if let Some(elements) = x.unique_elements::<E>() {
            forward::<F, E>(Slot::InPlace(elements), targets, parameters);
            return x;
        }
        let elements = x.elements::<E>();
        let results = written(elements.len(), |results| {
            forward::<F, E>(Slot::Fresh(elements, results), targets, parameters);
        });
        x.with_elements(results)
    })
}

/// The gradients of x, in place of that of the result if nobody else sees it, and of mu, sigma and
/// pi.
fn differentiate<F: Function, T: HostTensor>(
    x: &T,
    parameters: &Parameters,
    targets: Option<&T>,
    grad: T,
    tracked: [bool; 2],
) -> (Option<T>, [Vec<f64>; 3]) {
    with_float!(grad.dtype(), E => {
        differentiate_typed::<F, T, E>(x, parameters, targets, grad, tracked)
    })
}

fn differentiate_typed<F: Function, T: HostTensor, E: Stored>(
    x: &T,
    parameters: &Parameters,
    targets: Option<&T>,
    mut grad: T,
    [x_tracked, parameters_tracked]: [bool; 2],
) -> (Option<T>, [Vec<f64>; 3]) {
    let (x, targets) = (any_slice(x), targets.map(any_slice));
    let run = |slot: Slot<'_, E>| {
        let sums = backward::<F, E>(x, slot, targets, parameters, parameters_tracked);
        parameters.gradients(&sums)
    };
    if !x_tracked {
        return (None, run(Slot::Input(grad.elements())));
    }
    if let Some(elements) = grad.unique_elements() {
        let gradients = run(Slot::InPlace(elements));
        return (Some(grad), gradients);
    }
    let elements = grad.elements();
    let mut gradients = Default::default();
    let results = written(elements.len(), |results| {
        gradients = run(Slot::Fresh(elements, results));
    });
    (Some(grad.with_elements(results)), gradients)
}

/// The body with the function of a formula: each is compiled for itself.
macro_rules! with_function {
    ($formula:expr, $function:ident => $body:expr) => {
        match $formula {
            Formula::Dome => {
                type $function = Dome;
                $body
            }
            Formula::PDome => {
                type $function = PDome;
                $body
            }
            Formula::BinaryCrossEntropy => {
                type $function = BinaryCrossEntropy;
                $body
            }
            Formula::LogOdds => {
                type $function = LogOdds;
                $body
            }
        }
    };
}

/// What a formula's extra is: pi, or targets.
fn roles<T>(formula: Formula, extra: T) -> (Option<T>, Option<T>) {
    match formula {
        Formula::Dome | Formula::LogOdds => (None, None),
        Formula::PDome => (Some(extra), None),
        Formula::BinaryCrossEntropy => (None, Some(extra)),
    }
}

fn forward_of<T: HostTensor>(x: T, [mu, sigma]: [&T; 2], extra: T, formula: Formula) -> T {
    let (pi, targets) = roles(formula, extra);
    let (x, targets) = match targets {
        Some(targets) => {
            let [x, targets] = aligned([x, targets]);
            (x, Some(targets))
        }
        None => (x.dense(), None),
    };
    let parameters = parameters(&x, mu, sigma, pi.as_ref(), formula);
    with_function!(formula, F => map::<F, _>(x, &parameters, targets.as_ref()))
}

/// The gradients of x, unless it is not tracked, and of mu, sigma and pi.
fn backward_of<T: HostTensor>(
    x: T,
    [mu, sigma]: [&T; 2],
    extra: &T,
    grad: T,
    formula: Formula,
    tracked: [bool; 2],
) -> (Option<T>, [Vec<f64>; 3]) {
    let (pi, targets) = roles(formula, extra);
    let (x, targets, grad) = match targets {
        Some(targets) => {
            let [x, targets, grad] = aligned([x, targets.clone(), grad]);
            (x, Some(targets), grad)
        }
        None => {
            let [x, grad] = aligned([x, grad]);
            (x, None, grad)
        }
    };
    let parameters = parameters(&x, mu, sigma, pi, formula);
    with_function!(formula, F => {
        differentiate::<F, _>(&x, &parameters, targets.as_ref(), grad, tracked)
    })
}

/// The operations of a backend whose tensors are in this process's memory.
macro_rules! impl_elementwise_ops {
    ($backend:ty) => {
        impl ElementwiseOps for $backend {
            fn dome_elementwise(
                x: FloatTensor<Self>,
                mu: FloatTensor<Self>,
                sigma: FloatTensor<Self>,
                extra: FloatTensor<Self>,
                formula: Formula,
            ) -> FloatTensor<Self> {
                forward_of(x, [&mu, &sigma], extra, formula)
            }

            fn dome_elementwise_backward(
                x: FloatTensor<Self>,
                mu: FloatTensor<Self>,
                sigma: FloatTensor<Self>,
                extra: FloatTensor<Self>,
                grad: FloatTensor<Self>,
                formula: Formula,
                [of_x, of_mu, of_sigma, of_extra]: [bool; 4],
            ) -> (
                FloatTensor<Self>,
                FloatTensor<Self>,
                FloatTensor<Self>,
                FloatTensor<Self>,
            ) {
                let untracked = empty::<Self>(&x);
                let tracked = [of_x, of_mu || of_sigma || of_extra];
                let (dx, [dmu, dsigma, dpi]) =
                    backward_of(x, [&mu, &sigma], &extra, grad, formula, tracked);
                (
                    dx.unwrap_or(untracked),
                    parameter_gradient::<Self>(mu, dmu, of_mu),
                    parameter_gradient::<Self>(sigma, dsigma, of_sigma),
                    parameter_gradient::<Self>(extra, dpi, of_extra),
                )
            }
        }
    };
}

#[cfg(feature = "flex")]
impl_elementwise_ops!(burn::backend::Flex);
#[cfg(feature = "ndarray")]
impl_elementwise_ops!(burn::backend::NdArray);
