use core::mem::MaybeUninit;

use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Backend, TensorMetadata};
use burn::tensor::{DType, TensorData, bf16, f16, try_read_sync};
use rayon::prelude::*;

use super::buffer::written;
use super::float::Float;
use super::host::HostTensor;
use super::ops::{empty, parameter_gradient, values, with_float};
use super::parameters::{floored, sign};
use super::simplex_row::{ParameterGradient, Simplex};
use crate::op::broadcast::compute_dtype;
use crate::op::multi_dome_extension::{MultiDomeOps, SimplexLoss};

/// Numbers below which threads cost more than they save.
const PARALLEL: usize = 1 << 13;

/// A batch of rows, and what all of them share.
struct Batch<'a, E> {
    simplex: Simplex,
    rows: &'a [E],
    count: usize,
}

impl<E: Float> Batch<'_, E> {
    fn dim(&self) -> usize {
        self.rows.len().checked_div(self.count).unwrap_or(1)
    }

    /// The batch in pieces of this many rows: one piece where it is small.
    fn rows_per_task(&self) -> usize {
        match self.rows.len() < PARALLEL {
            true => self.count.max(1),
            false => (PARALLEL / self.dim()).max(1),
        }
    }

    fn scores(&self) -> Vec<f64> {
        let (dim, step, classes) = (self.dim(), self.rows_per_task(), self.simplex.classes());
        let mut scores = vec![0.0; self.count * classes];
        scores
            .par_chunks_mut(step * classes)
            .zip(self.rows.par_chunks(step * dim))
            .for_each(|(scores, rows)| {
                for (scores, x) in scores.chunks_mut(classes).zip(rows.chunks(dim)) {
                    self.simplex.scores(x, scores);
                }
            });
        scores
    }

    fn losses(&self, targets: &[usize], loss: SimplexLoss) -> Vec<f64> {
        let (dim, step) = (self.dim(), self.rows_per_task());
        let mut losses = vec![0.0; self.count];
        losses
            .par_chunks_mut(step)
            .zip(self.rows.par_chunks(step * dim))
            .zip(targets.par_chunks(step))
            .for_each(|((losses, rows), targets)| {
                let mut buffer = vec![0.0; self.simplex.classes()];
                for ((result, x), &y) in losses.iter_mut().zip(rows.chunks(dim)).zip(targets) {
                    *result = self.simplex.loss(x, y, loss, &mut buffer);
                }
            });
        losses
    }

    /// The gradients of the embeddings, and of mu and sigma, from a function that differentiates
    /// the row of a number with a buffer of its own. Rows are summed in their order, whatever the
    /// number of threads.
    fn gradients(
        &self,
        row: impl Fn(usize, &[E], &mut [f64], &mut [MaybeUninit<E>]) -> ParameterGradient + Sync,
    ) -> (Vec<E>, ParameterGradient) {
        let (dim, step) = (self.dim(), self.rows_per_task());
        let mut sums = Vec::new();
        let gradient = written(self.rows.len(), |gradient| {
            gradient
                .par_chunks_mut(step * dim)
                .zip(self.rows.par_chunks(step * dim))
                .enumerate()
                .map(|(task, (gradients, rows))| {
                    let mut buffer = vec![0.0; self.simplex.classes()];
                    let mut sum = ParameterGradient::default();
                    let rows = gradients.chunks_mut(dim).zip(rows.chunks(dim));
                    for (index, (gradient, x)) in (task * step..).zip(rows) {
                        sum += row(index, x, &mut buffer, gradient);
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

/// A result for the rows of x; half precision is computed in more.
fn tensor<B: Backend>(values: Vec<f64>, shape: &[usize], x: &FloatTensor<B>) -> FloatTensor<B> {
    let dtype = compute_dtype(x.dtype()).into();
    let data = TensorData::new(values, shape.to_vec()).convert_dtype(dtype);
    B::float_from_data(data, &x.device())
}

/// The body with the rows of a contiguous tensor.
macro_rules! with_batch {
    ($x:ident, $mu:ident, $sigma:ident, $classes:expr, $batch:ident => $body:expr) => {
        with_float!($x.dtype(), E => {
            let $batch = Batch {
                simplex: Simplex::new($classes, single(&$mu), floored(single(&$sigma))),
                rows: $x.elements::<E>(),
                count: $x.shape()[0],
            };
            $body
        })
    };
}

/// The tracked ones of the gradients of x, mu and sigma.
fn gradients<B: Backend>(
    [x, mu, sigma]: [FloatTensor<B>; 3],
    dx: FloatTensor<B>,
    sum: ParameterGradient,
    [of_x, of_mu, of_sigma]: [bool; 3],
) -> (FloatTensor<B>, FloatTensor<B>, FloatTensor<B>)
where
    FloatTensor<B>: HostTensor,
{
    let dsigma = sum.sigma * sign(single(&sigma));
    (
        if of_x { dx } else { empty::<B>(&x) },
        parameter_gradient::<B>(mu, vec![sum.mu], of_mu),
        parameter_gradient::<B>(sigma, vec![dsigma], of_sigma),
    )
}

/// The operations of a backend whose tensors are in this process's memory.
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
                let scores = with_batch!(x, mu, sigma, classes, batch => batch.scores());
                tensor::<Self>(scores, &[x.shape()[0], classes], &x)
            }

            fn simplex_scores_backward(
                x: FloatTensor<Self>,
                mu: FloatTensor<Self>,
                sigma: FloatTensor<Self>,
                grad: FloatTensor<Self>,
                classes: usize,
                tracked: [bool; 3],
            ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
                let x = x.contiguous();
                let grad = values(&grad);
                let (dx, sum) = with_batch!(x, mu, sigma, classes, batch => {
                    let (dx, sum) = batch.gradients(|row, x, _, gradient| {
                        let slopes = &grad[row * classes..][..classes];
                        batch.simplex.backward(x, slopes, gradient)
                    });
                    (x.with_elements(dx), sum)
                });
                gradients::<Self>([x, mu, sigma], dx, sum, tracked)
            }

            fn simplex_loss(
                x: FloatTensor<Self>,
                mu: FloatTensor<Self>,
                sigma: FloatTensor<Self>,
                targets: IntTensor<Self>,
                loss: SimplexLoss,
            ) -> FloatTensor<Self> {
                let x = x.contiguous();
                let targets = indices::<Self>(targets, loss.classes);
                let losses = with_batch!(x, mu, sigma, loss.classes, batch => {
                    batch.losses(&targets, loss)
                });
                tensor::<Self>(losses, &[targets.len()], &x)
            }

            fn simplex_loss_with_gradients(
                x: FloatTensor<Self>,
                mu: FloatTensor<Self>,
                sigma: FloatTensor<Self>,
                targets: IntTensor<Self>,
                loss: SimplexLoss,
                _tracked: [bool; 3],
            ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
                let x = x.contiguous();
                let targets = indices::<Self>(targets, loss.classes);
                let rows = std::sync::Mutex::new(vec![ParameterGradient::default(); targets.len()]);
                let (losses, dx) = with_batch!(x, mu, sigma, loss.classes, batch => {
                    let (dx, _) = batch.gradients(|row, x, buffer, gradient| {
                        let target = targets[row];
                        let of_row = batch.simplex.gradient(x, target, loss, 1.0, buffer, gradient);
                        rows.lock().unwrap()[row] = of_row;
                        of_row
                    });
                    (batch.losses(&targets, loss), x.with_elements(dx))
                });
                let (rows, shape) = (rows.into_inner().unwrap(), [targets.len()]);
                let dmu = rows.iter().map(|row| row.mu).collect();
                let sign = sign(single(&sigma));
                let dsigma = rows.iter().map(|row| row.sigma * sign).collect();
                let tensor = |values| tensor::<Self>(values, &shape, &x);
                (tensor(losses), dx, tensor(dmu), tensor(dsigma))
            }

            fn simplex_loss_backward(
                dx: FloatTensor<Self>,
                dmu: FloatTensor<Self>,
                dsigma: FloatTensor<Self>,
                grad: FloatTensor<Self>,
                _tracked: [bool; 3],
            ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
                use burn::backend::ops::FloatTensorOps;
                let [mu, sigma] =
                    [dmu, dsigma].map(|g| Self::float_sum(Self::float_mul(g, grad.clone())));
                let batch = grad.shape()[0];
                let dx = Self::float_mul(dx, Self::float_reshape(grad, [batch, 1].into()));
                (dx, mu, sigma)
            }
        }
    };
}

#[cfg(feature = "flex")]
impl_multi_dome_ops!(burn::backend::Flex);
#[cfg(feature = "ndarray")]
impl_multi_dome_ops!(burn::backend::NdArray);
