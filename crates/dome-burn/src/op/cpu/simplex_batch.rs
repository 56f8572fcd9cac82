//! MultiDome's scores and losses of the rows of a batch, on all threads.

use core::mem::MaybeUninit;

use rayon::prelude::*;

use super::buffer::written;
use super::real::Real;
use super::simd::{self, Kernel};
use super::simplex::{BLOCK, ParameterGradient, SMALL_BLOCK, Simplex};
use super::simplex_bumps::Workspace;
use crate::op::multi_dome_extension::SimplexLoss;

/// Numbers below which threads cost more than they save.
const PARALLEL: usize = 1 << 13;

/// Tasks for each thread: one that is late then costs little.
const TASKS: usize = 4;

/// The rows of a batch. What comes of a row depends on the row alone, so the
/// number of threads changes no bit.
pub(super) struct Batch<'a, E> {
    pub simplex: Simplex,
    pub rows: &'a [E],
    pub count: usize,
}

/// The gradients of each row's result by the row, and by mu and sigma.
pub(super) struct Gradients<E> {
    /// Empty unless it was asked for.
    pub x: Vec<E>,
    pub mu: Vec<f64>,
    pub sigma: Vec<f64>,
}

impl<E: Real> Batch<'_, E> {
    pub fn scores(&self) -> Vec<E> {
        let classes = self.simplex.classes();
        written(self.count * classes, |scores| {
            let tasks = scores.chunks_mut(self.step() * classes);
            self.run(tasks.map(Scores).collect());
        })
    }

    pub fn scores_backward(&self, slopes: &[E]) -> Gradients<E> {
        let each = slopes.chunks(self.step() * self.simplex.classes());
        self.gradients(true, |slots| {
            let tasks = each.zip(slots);
            self.run(
                tasks
                    .map(|(slopes, slots)| ScoresBackward { slopes, slots })
                    .collect(),
            );
        })
    }

    pub fn losses(&self, targets: &[usize], loss: SimplexLoss) -> Vec<E> {
        let mut losses = vec![E::ZERO; self.count];
        self.run(self.loss_tasks(targets, loss, &mut losses).collect());
        losses
    }

    pub fn losses_with_gradients(
        &self,
        targets: &[usize],
        loss: SimplexLoss,
        of_x: bool,
    ) -> (Vec<E>, Gradients<E>) {
        let mut losses = vec![E::ZERO; self.count];
        let tasks = self.loss_tasks(targets, loss, &mut losses);
        let weights = match of_x {
            true => self
                .simplex
                .weights
                .iter()
                .map(|&w| E::rounded(w))
                .collect(),
            false => Vec::new(),
        };
        let gradients = self.gradients(of_x, |slots| {
            let tasks = tasks.zip(slots).map(|(losses, slots)| LossesWithGradients {
                losses,
                weights: &weights,
                slots,
            });
            self.run(tasks.collect());
        });
        (losses, gradients)
    }

    fn dim(&self) -> usize {
        self.rows.len().checked_div(self.count).unwrap_or(1)
    }

    /// Rows of a task.
    fn step(&self) -> usize {
        match self.rows.len() < PARALLEL {
            true => self.count.max(1),
            false => {
                let of_threads = self.count.div_ceil(TASKS * rayon::current_num_threads());
                of_threads.max(PARALLEL / self.dim()).max(1)
            }
        }
    }

    fn loss_tasks<'a>(
        &self,
        targets: &'a [usize],
        loss: SimplexLoss,
        losses: &'a mut [E],
    ) -> impl Iterator<Item = Losses<'a, E>> {
        let tasks = targets
            .chunks(self.step())
            .zip(losses.chunks_mut(self.step()));
        tasks.map(move |(targets, losses)| Losses {
            targets,
            loss,
            losses,
        })
    }

    /// Gradients whose places, cut into tasks, `write` fills.
    fn gradients(
        &self,
        of_x: bool,
        write: impl FnOnce(&mut dyn Iterator<Item = GradientSlots<'_, E>>),
    ) -> Gradients<E> {
        let step = self.step();
        let [mut mu, mut sigma] = [(); 2].map(|()| vec![0.0; self.count]);
        let len = if of_x { self.rows.len() } else { 0 };
        let x = written(len, |x| {
            let mut x = x.chunks_mut(step * self.dim());
            let parameters = mu.chunks_mut(step).zip(sigma.chunks_mut(step));
            write(&mut parameters.map(|(mu, sigma)| GradientSlots {
                x: x.next(),
                mu,
                sigma,
            }));
        });
        Gradients { x, mu, sigma }
    }

    fn run<K: PerRow<E> + Send>(&self, tasks: Vec<K>) {
        let task = |(each, rows)| {
            simd::run(Task {
                simplex: &self.simplex,
                dim: self.dim(),
                rows,
                each,
            });
        };
        let rows = self.step() * self.dim();
        match tasks.len() {
            0 | 1 => tasks.into_iter().zip(self.rows.chunks(rows)).for_each(task),
            _ => tasks
                .into_par_iter()
                .zip(self.rows.par_chunks(rows))
                .for_each(task),
        }
    }
}

/// Some rows, and what is computed from each.
struct Task<'a, E, K> {
    simplex: &'a Simplex,
    dim: usize,
    rows: &'a [E],
    each: K,
}

trait PerRow<E> {
    /// Room for the numbers of one row.
    type Space;

    fn space(&self, simplex: &Simplex) -> Self::Space;

    fn row<const FMA: bool, const B: usize>(
        &mut self,
        index: usize,
        x: &[E],
        simplex: &Simplex,
        space: &mut Self::Space,
    );
}

impl<E: Real, K: PerRow<E>> Kernel for Task<'_, E, K> {
    type Output = ();

    #[inline(always)]
    fn run<const FMA: bool>(self) {
        match self.simplex.block_size() {
            SMALL_BLOCK => self.rows::<FMA, SMALL_BLOCK>(),
            _ => self.rows::<FMA, BLOCK>(),
        }
    }
}

impl<E: Real, K: PerRow<E>> Task<'_, E, K> {
    #[inline(always)]
    fn rows<const FMA: bool, const B: usize>(mut self) {
        let mut space = self.each.space(self.simplex);
        for (index, x) in self.rows.chunks(self.dim).enumerate() {
            self.each.row::<FMA, B>(index, x, self.simplex, &mut space);
        }
    }
}

struct Scores<'a, E>(&'a mut [MaybeUninit<E>]);

impl<E: Real> PerRow<E> for Scores<'_, E> {
    type Space = Vec<f64>;

    fn space(&self, simplex: &Simplex) -> Self::Space {
        vec![0.0; simplex.places()]
    }

    #[inline(always)]
    fn row<const FMA: bool, const B: usize>(
        &mut self,
        index: usize,
        x: &[E],
        simplex: &Simplex,
        space: &mut Self::Space,
    ) {
        let classes = simplex.classes();
        let scores = &mut self.0[index * classes..][..classes];
        simplex.scores::<E, FMA, B>(x, space, scores);
    }
}

struct ScoresBackward<'a, E> {
    slopes: &'a [E],
    slots: GradientSlots<'a, E>,
}

impl<E: Real> PerRow<E> for ScoresBackward<'_, E> {
    type Space = Vec<f64>;

    fn space(&self, simplex: &Simplex) -> Self::Space {
        vec![0.0; simplex.places()]
    }

    #[inline(always)]
    fn row<const FMA: bool, const B: usize>(
        &mut self,
        index: usize,
        x: &[E],
        simplex: &Simplex,
        space: &mut Self::Space,
    ) {
        let classes = simplex.classes();
        let slopes = &self.slopes[index * classes..][..classes];
        let gradient = self.slots.of_row(index, x.len()).expect("asked for");
        let parameters = simplex.scores_backward::<E, FMA, B>(x, slopes, space, gradient);
        self.slots.write(index, parameters);
    }
}

struct Losses<'a, E> {
    targets: &'a [usize],
    loss: SimplexLoss,
    losses: &'a mut [E],
}

impl<E: Real> PerRow<E> for Losses<'_, E> {
    type Space = Workspace<E>;

    fn space(&self, simplex: &Simplex) -> Self::Space {
        simplex.workspace(false)
    }

    #[inline(always)]
    fn row<const FMA: bool, const B: usize>(
        &mut self,
        index: usize,
        x: &[E],
        simplex: &Simplex,
        space: &mut Self::Space,
    ) {
        let target = self.targets[index];
        let loss = simplex.loss::<E, FMA, B>(x, target, self.loss, space);
        self.losses[index] = E::rounded(loss);
    }
}

struct LossesWithGradients<'a, E> {
    losses: Losses<'a, E>,
    weights: &'a [E],
    slots: GradientSlots<'a, E>,
}

impl<E: Real> PerRow<E> for LossesWithGradients<'_, E> {
    type Space = Workspace<E>;

    fn space(&self, simplex: &Simplex) -> Self::Space {
        simplex.workspace(self.slots.x.is_some())
    }

    #[inline(always)]
    fn row<const FMA: bool, const B: usize>(
        &mut self,
        index: usize,
        x: &[E],
        simplex: &Simplex,
        space: &mut Self::Space,
    ) {
        let (target, loss) = (self.losses.targets[index], self.losses.loss);
        let gradient = self.slots.of_row(index, x.len());
        let (loss, parameters) =
            simplex.loss_with_gradient::<E, FMA, B>(x, self.weights, target, loss, space, gradient);
        self.losses.losses[index] = E::rounded(loss);
        self.slots.write(index, parameters);
    }
}

/// Places for the gradients of some rows.
struct GradientSlots<'a, E> {
    x: Option<&'a mut [MaybeUninit<E>]>,
    mu: &'a mut [f64],
    sigma: &'a mut [f64],
}

impl<E: Real> GradientSlots<'_, E> {
    #[inline(always)]
    fn of_row(&mut self, index: usize, dim: usize) -> Option<&mut [MaybeUninit<E>]> {
        self.x.as_mut().map(|x| &mut x[index * dim..][..dim])
    }

    #[inline(always)]
    fn write(&mut self, index: usize, gradient: ParameterGradient) {
        self.mu[index] = gradient.mu;
        self.sigma[index] = gradient.sigma;
    }
}
