use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Backend, TensorMetadata};
use burn::tensor::{DType, TensorData, try_read_sync};

use super::batch::{Batch, Gradients};
use super::planes::Coordinate;
use super::simplex::Simplex;
use crate::op::host::sigma::{floored, sign};
use crate::op::host::tasks::run_all;
use crate::op::host::tensor::HostTensor;
use crate::op::host::values::{empty, values};
use crate::op::simplex::backend::MultiDomeOps;
use crate::op::simplex::class_loss::ClassLoss;

/// Numbers of a task of scaling.
const CHUNK: usize = 1 << 16;

/// The body for the type of a tensor, f32 or f64.
macro_rules! with_real {
    ($dtype:expr, $real:ident => $body:expr) => {
        match $dtype {
            DType::F64 => {
                type $real = f64;
                $body
            }
            DType::F32 => {
                type $real = f32;
                $body
            }
            other => unreachable!("MultiDome is computed in f32 or f64, not in {other:?}"),
        }
    };
}

/// The target classes.
///
/// # Panics
///
/// If one is not among the classes.
fn indices<B: Backend>(targets: IntTensor<B>, classes: usize) -> Vec<usize> {
    let data = try_read_sync(B::int_into_data(targets))
        .and_then(Result::ok)
        .expect("a CPU tensor is always readable");
    let index = |target: i64| match usize::try_from(target) {
        Ok(index) if index < classes => index,
        _ => panic!(
            "MultiDome's loss: a target is {target}, but {classes} classes have the indices 0 to {}",
            classes - 1
        ),
    };
    data.iter::<i64>().map(index).collect()
}

/// The rows of a contiguous tensor.
fn batch<'a, T: HostTensor, E: Coordinate>(
    x: &'a T,
    mu: &T,
    sigma: &T,
    classes: usize,
) -> Batch<'a, E> {
    let [mu, sigma] = [mu, sigma].map(|parameter| values(parameter)[0]);
    Batch {
        simplex: Simplex::new(classes, mu, floored(sigma)),
        rows: x.elements::<E>(),
        count: x.shape()[0],
    }
}

fn tensor<B: Backend, E: Coordinate>(
    values: Vec<E>,
    shape: &[usize],
    x: &FloatTensor<B>,
) -> FloatTensor<B> {
    B::float_from_data(TensorData::new(values, shape.to_vec()), &x.device())
}

/// The gradients of x, `[batch]` of mu and `[batch]` of sigma, whose sign `sigma` has. These are in f64: their
/// sum may be small.
fn gradients<B: Backend, E: Coordinate>(
    x: &FloatTensor<B>,
    sigma: &FloatTensor<B>,
    gradients: Gradients<E>,
) -> [FloatTensor<B>; 3]
where
    FloatTensor<B>: HostTensor,
{
    let count = gradients.mu.len();
    let sign = sign(values(sigma)[0]);
    let of_sigma = gradients.sigma.into_iter().map(|v| v * sign).collect();
    [
        match gradients.x.is_empty() {
            true => empty::<B>(x),
            false => x.with_elements(gradients.x),
        },
        tensor::<B, f64>(gradients.mu, &[count], x),
        tensor::<B, f64>(of_sigma, &[count], x),
    ]
}

/// The sum of weighted numbers, `[1]`, added up in f64 in their order.
fn weighted_sum<B: Backend, E: Coordinate>(
    values: FloatTensor<B>,
    weights: Option<&[E]>,
    tracked: bool,
) -> FloatTensor<B>
where
    FloatTensor<B>: HostTensor,
{
    if !tracked {
        return empty::<B>(&values);
    }
    let elements = values.elements::<f64>().iter();
    let sum = match weights {
        Some(weights) => elements.zip(weights).map(|(v, w)| v * w.widened()).sum(),
        None => elements.sum(),
    };
    tensor::<B, E>(vec![E::rounded(sum)], &[1], &values)
}

/// Each row times its weight, in place.
fn scale<E: Coordinate>(rows: &mut [E], weights: &[E]) {
    if rows.is_empty() || weights.iter().all(|&weight| weight == E::ONE) {
        return;
    }
    let dim = rows.len() / weights.len();
    let scale = |(index, numbers): (usize, &mut [E])| {
        let mut at = index * CHUNK;
        let mut numbers = numbers;
        while !numbers.is_empty() {
            let in_row = (dim - at % dim).min(numbers.len());
            let (part, rest) = numbers.split_at_mut(in_row);
            let weight = weights[at / dim];
            part.iter_mut()
                .for_each(|number| *number = *number * weight);
            (numbers, at) = (rest, at + in_row);
        }
    };
    let work = rows.len() / CHUNK;
    run_all(rows.chunks_mut(CHUNK).enumerate().collect(), work, scale);
}

/// The operations of a backend whose tensors are in this process's memory. Products with the vertices,
/// exponentials and sums are computed in f64, the gradients of losses in their type.
macro_rules! impl_multi_dome_ops {
    ($backend:ty) => {
        impl MultiDomeOps for $backend {
            fn simplex_scores(
                x: FloatTensor<Self>,
                mu: FloatTensor<Self>,
                sigma: FloatTensor<Self>,
                classes: usize,
            ) -> FloatTensor<Self> {
                let x = x.contiguous();
                with_real!(x.dtype(), E => {
                    let scores = batch::<_, E>(&x, &mu, &sigma, classes).scores();
                    tensor::<Self, E>(scores, &[x.shape()[0], classes], &x)
                })
            }

            fn simplex_scores_backward(
                x: FloatTensor<Self>,
                mu: FloatTensor<Self>,
                sigma: FloatTensor<Self>,
                grad: FloatTensor<Self>,
                classes: usize,
                [_, of_mu, of_sigma]: [bool; 3],
            ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
                let [x, grad] = [x, grad].map(HostTensor::contiguous);
                with_real!(x.dtype(), E => {
                    let batch = batch::<_, E>(&x, &mu, &sigma, classes);
                    let results = batch.scores_backward(grad.elements());
                    let [dx, dmu, dsigma] = gradients::<Self, E>(&x, &sigma, results);
                    (
                        dx,
                        weighted_sum::<Self, E>(dmu, None, of_mu),
                        weighted_sum::<Self, E>(dsigma, None, of_sigma),
                    )
                })
            }

            fn simplex_loss(
                x: FloatTensor<Self>,
                mu: FloatTensor<Self>,
                sigma: FloatTensor<Self>,
                targets: IntTensor<Self>,
                loss: ClassLoss,
            ) -> FloatTensor<Self> {
                let x = x.contiguous();
                let targets = indices::<Self>(targets, loss.classes);
                with_real!(x.dtype(), E => {
                    let batch = batch::<_, E>(&x, &mu, &sigma, loss.classes);
                    tensor::<Self, E>(batch.losses(&targets, loss), &[targets.len()], &x)
                })
            }

            fn simplex_loss_with_gradients(
                x: FloatTensor<Self>,
                mu: FloatTensor<Self>,
                sigma: FloatTensor<Self>,
                targets: IntTensor<Self>,
                loss: ClassLoss,
                [of_x, ..]: [bool; 3],
            ) -> (
                FloatTensor<Self>,
                FloatTensor<Self>,
                FloatTensor<Self>,
                FloatTensor<Self>,
            ) {
                let x = x.contiguous();
                let targets = indices::<Self>(targets, loss.classes);
                with_real!(x.dtype(), E => {
                    let batch = batch::<_, E>(&x, &mu, &sigma, loss.classes);
                    let (losses, results) = batch.losses_with_gradients(&targets, loss, of_x);
                    let losses = tensor::<Self, E>(losses, &[targets.len()], &x);
                    let [dx, dmu, dsigma] = gradients::<Self, E>(&x, &sigma, results);
                    (losses, dx, dmu, dsigma)
                })
            }

            fn simplex_loss_backward(
                dx: FloatTensor<Self>,
                dmu: FloatTensor<Self>,
                dsigma: FloatTensor<Self>,
                grad: FloatTensor<Self>,
                [of_x, of_mu, of_sigma]: [bool; 3],
            ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
                let grad = grad.contiguous();
                let mut dx = dx;
                with_real!(grad.dtype(), E => {
                    let weights = grad.elements::<E>();
                    if of_x {
                        match dx.unique_elements::<E>() {
                            Some(rows) => scale(rows, weights),
                            None => {
                                let mut rows = dx.elements::<E>().to_vec();
                                scale(&mut rows, weights);
                                dx = dx.with_elements(rows);
                            }
                        }
                    }
                    (
                        dx,
                        weighted_sum::<Self, E>(dmu, Some(weights), of_mu),
                        weighted_sum::<Self, E>(dsigma, Some(weights), of_sigma),
                    )
                })
            }
        }
    };
}

#[cfg(feature = "flex")]
impl_multi_dome_ops!(burn::backend::Flex);
#[cfg(feature = "ndarray")]
impl_multi_dome_ops!(burn::backend::NdArray);
