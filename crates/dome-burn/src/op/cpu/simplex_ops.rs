use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Backend, TensorMetadata};
use burn::tensor::{DType, TensorData, bf16, f16, try_read_sync};
use rayon::prelude::*;

use super::buffer::written;
use super::float::Float;
use super::host::HostTensor;
use super::ops::{empty, parameter_gradient, values, with_float};
use super::simplex_row::{ParameterGradient, Simplex};
use crate::op::SIGMA_FLOOR;
use crate::op::multi_dome_extension::{MultiDomeOps, SimplexLoss};

/// Numbers below which threads cost more than they save.
const PARALLEL: usize = 1 << 13;

/// A batch of rows, and what all of them share.
struct Batch<'a, E> {
    simplex: Simplex,
    rows: &'a [E],
    targets: &'a [usize],
}

impl<E: Float> Batch<'_, E> {
    fn dim(&self) -> usize {
        self.rows.len().checked_div(self.targets.len()).unwrap_or(1)
    }

    /// The batch in pieces of this many rows: one piece where it is small.
    fn rows_per_task(&self) -> usize {
        match self.rows.len() < PARALLEL {
            true => self.targets.len().max(1),
            false => (PARALLEL / self.dim()).max(1),
        }
    }

    fn losses(&self) -> Vec<f64> {
        let (dim, step) = (self.dim(), self.rows_per_task());
        let mut losses = vec![0.0; self.targets.len()];
        let task = |((losses, rows), targets): ((&mut [f64], &[E]), &[usize])| {
            let mut buffer = vec![0.0; self.simplex.classes()];
            for ((result, x), &y) in losses.iter_mut().zip(rows.chunks(dim)).zip(targets) {
                *result = self.simplex.loss(x, y, &mut buffer);
            }
        };
        losses
            .par_chunks_mut(step)
            .zip(self.rows.par_chunks(step * dim))
            .zip(self.targets.par_chunks(step))
            .for_each(task);
        losses
    }

    /// The gradients of the embeddings, mu and sigma, the losses weighted. Rows are summed in their
    /// order, whatever the number of threads.
    fn gradients(&self, weights: &[f64]) -> (Vec<E>, ParameterGradient) {
        let (dim, step) = (self.dim(), self.rows_per_task());
        let mut sums = Vec::new();
        let gradient = written(self.rows.len(), |gradient| {
            gradient
                .par_chunks_mut(step * dim)
                .zip(self.rows.par_chunks(step * dim))
                .zip(self.targets.par_chunks(step).zip(weights.par_chunks(step)))
                .map(|((gradients, rows), (targets, weights))| {
                    let mut buffer = vec![0.0; self.simplex.classes()];
                    let mut sum = ParameterGradient::default();
                    let rows = gradients.chunks_mut(dim).zip(rows.chunks(dim));
                    for ((gradient, x), (&y, &weight)) in rows.zip(targets.iter().zip(weights)) {
                        sum += self.simplex.gradient(x, y, weight, &mut buffer, gradient);
                    }
                    sum
                })
                .collect_into_vec(&mut sums);
        });
        let mut sum = ParameterGradient::default();
        sums.into_iter().for_each(|part| sum += part);
        (gradient, sum)
    }
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

fn single<T: HostTensor>(parameter: &T) -> f64 {
    values(parameter)[0]
}

/// See [`SIGMA_FLOOR`]; NaN stays.
fn floored(sigma: f64) -> f64 {
    let magnitude = sigma.abs();
    if magnitude < SIGMA_FLOOR {
        SIGMA_FLOOR
    } else {
        magnitude
    }
}

/// The losses of a batch; half precision is computed in more.
fn tensor<B: Backend>(losses: Vec<f64>, x: &FloatTensor<B>) -> FloatTensor<B> {
    let dtype = match x.dtype() {
        DType::F64 => DType::F64,
        _ => DType::F32,
    };
    let count = losses.len();
    let data = TensorData::new(losses, [count]).convert_dtype(dtype);
    B::float_from_data(data, &x.device())
}

/// The operations of a backend whose tensors are in this process's memory.
macro_rules! impl_multi_dome_ops {
    ($backend:ty) => {
        impl MultiDomeOps for $backend {
            fn simplex_loss(
                x: FloatTensor<Self>,
                mu: FloatTensor<Self>,
                sigma: FloatTensor<Self>,
                targets: IntTensor<Self>,
                loss: SimplexLoss,
            ) -> FloatTensor<Self> {
                let x = x.contiguous();
                let targets = indices::<Self>(targets, loss.classes);
                let losses = with_float!(x.dtype(), E => {
                    let batch = Batch {
                        simplex: Simplex::new(loss, single(&mu), floored(single(&sigma))),
                        rows: x.elements::<E>(),
                        targets: &targets,
                    };
                    batch.losses()
                });
                tensor::<Self>(losses, &x)
            }

            fn simplex_loss_backward(
                x: FloatTensor<Self>,
                mu: FloatTensor<Self>,
                sigma: FloatTensor<Self>,
                targets: IntTensor<Self>,
                grad: FloatTensor<Self>,
                loss: SimplexLoss,
                tracked: [bool; 3],
            ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
                let x = x.contiguous();
                let targets = indices::<Self>(targets, loss.classes);
                let weights = values(&grad);
                let signed = single(&sigma);
                let (dx, sum) = with_float!(x.dtype(), E => {
                    let batch = Batch {
                        simplex: Simplex::new(loss, single(&mu), floored(signed)),
                        rows: x.elements::<E>(),
                        targets: &targets,
                    };
                    let (dx, sum) = batch.gradients(&weights);
                    (x.with_elements(dx), sum)
                });
                let sign = if signed < 0.0 { -1.0 } else { 1.0 };
                let [of_x, of_mu, of_sigma] = tracked;
                (
                    if of_x { dx } else { empty::<Self>(&x) },
                    parameter_gradient::<Self>(mu, vec![sum.mu], of_mu),
                    parameter_gradient::<Self>(sigma, vec![sum.sigma * sign], of_sigma),
                )
            }
        }
    };
}

#[cfg(feature = "flex")]
impl_multi_dome_ops!(burn::backend::Flex);
#[cfg(feature = "ndarray")]
impl_multi_dome_ops!(burn::backend::NdArray);
