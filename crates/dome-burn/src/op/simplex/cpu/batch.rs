//! MultiDome's scores and losses of the rows of a batch, on all threads.

use core::mem::MaybeUninit;
use core::ops::Range;

use super::bumps::Workspace;
use super::embedding;
use super::group::{GROUP, Group};
use super::loss::{Brier, Loss, Nll, Scaled};
use super::planes::Coordinate;
use super::planes::Planes;
use super::simplex::{ParameterGradient, Simplex};
use crate::op::host::block::Aligned;
use crate::op::host::buffer::written;
use crate::op::host::real::to;
use crate::op::host::simd::{self, Kernel};
use crate::op::host::tasks::run_all;
use crate::op::simplex::class_loss::{ClassLoss, MultiDomeLossKind};

/// Least numbers of a task.
const MIN_NUMBERS: usize = 1 << 13;

/// Tasks for each thread: one that is late then costs little.
const TASKS: usize = 4;

/// The body with the kind of a loss: each is compiled for itself.
macro_rules! with_kind {
    ($loss:expr, $kind:ident => $body:expr) => {{
        let ClassLoss {
            kind,
            floor,
            smoothing,
            scale,
            ..
        } = $loss;
        match kind {
            MultiDomeLossKind::Nll => {
                let $kind = Scaled {
                    kind: Nll::new(floor),
                    scale,
                };
                $body
            }
            MultiDomeLossKind::Brier => {
                let $kind = Scaled {
                    kind: Brier { smoothing },
                    scale,
                };
                $body
            }
        }
    }};
}

/// The rows of a batch. What comes of a row depends on the row alone, so the
/// number of threads changes no bit.
pub(in crate::op) struct Batch<'a, E> {
    pub simplex: Simplex,
    pub rows: &'a [E],
    pub count: usize,
}

/// The gradients of each row's result by the row, and by mu and sigma.
pub(in crate::op) struct Gradients<E> {
    /// Empty unless it was asked for.
    pub x: Vec<E>,
    pub mu: Vec<f64>,
    pub sigma: Vec<f64>,
}

impl<E: Coordinate> Batch<'_, E> {
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

    pub fn losses(&self, targets: &[usize], loss: ClassLoss) -> Vec<E> {
        let mut losses = vec![E::ZERO; self.count];
        with_kind!(loss, kind => {
            self.run(self.loss_tasks(targets, kind, &mut losses).collect());
        });
        losses
    }

    pub fn losses_with_gradients(
        &self,
        targets: &[usize],
        loss: ClassLoss,
        of_x: bool,
    ) -> (Vec<E>, Gradients<E>) {
        let mut losses = vec![E::ZERO; self.count];
        let weights: Vec<Planes<E>> = match of_x {
            true => {
                let blocks = self.simplex.blocks.iter();
                blocks.map(|weights| Aligned(weights.0.map(to))).collect()
            }
            false => Vec::new(),
        };
        let gradients = self.gradients(of_x, |slots| {
            with_kind!(loss, kind => {
                let tasks = self.loss_tasks(targets, kind, &mut losses);
                let tasks = tasks.zip(slots).map(|(losses, slots)| LossesWithGradients {
                    losses,
                    weights: &weights,
                    slots,
                });
                self.run(tasks.collect());
            });
        });
        (losses, gradients)
    }

    fn dim(&self) -> usize {
        self.rows.len().checked_div(self.count).unwrap_or(1)
    }

    /// Rows of a task.
    fn step(&self) -> usize {
        let of_threads = self.count.div_ceil(TASKS * rayon::current_num_threads());
        let rows = of_threads.max(MIN_NUMBERS / self.dim()).max(1);
        match self.simplex.has_few() {
            true => rows.next_multiple_of(GROUP),
            false => rows,
        }
    }

    fn loss_tasks<'a, R: Loss>(
        &self,
        targets: &'a [usize],
        kind: R,
        losses: &'a mut [E],
    ) -> impl Iterator<Item = Losses<'a, E, R>> {
        let tasks = targets
            .chunks(self.step())
            .zip(losses.chunks_mut(self.step()));
        tasks.map(move |(targets, losses)| Losses {
            targets,
            kind,
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

    fn run<K: PerEmbedding<E> + Send>(&self, tasks: Vec<K>) {
        let task = |(each, rows)| {
            simd::run(Task {
                simplex: &self.simplex,
                dim: self.dim(),
                rows,
                each,
            });
        };
        let rows = self.step() * self.dim();
        let tasks = tasks.into_iter().zip(self.rows.chunks(rows));
        run_all(tasks.collect(), self.rows.len() / MIN_NUMBERS, task);
    }
}

/// Some rows, and what is computed from each.
struct Task<'a, E, K> {
    simplex: &'a Simplex,
    dim: usize,
    rows: &'a [E],
    each: K,
}

/// What is computed of each embedding.
trait PerEmbedding<E> {
    /// Room for the numbers of one row.
    type Space;

    fn space(&self, simplex: &Simplex) -> Self::Space;

    /// Of many classes: one embedding.
    fn row<const FMA: bool>(
        &mut self,
        index: usize,
        x: &[E],
        simplex: &Simplex,
        space: &mut Self::Space,
    );

    /// Of few classes: the embeddings of a group, the first of which is that of `range`.
    fn group<const FMA: bool>(&mut self, range: Range<usize>, rows: &[E], group: &mut Group<'_>);
}

impl<E: Coordinate, K: PerEmbedding<E>> Kernel for Task<'_, E, K> {
    type Output = ();

    #[inline(always)]
    fn run<const FMA: bool>(mut self) {
        if self.simplex.has_few() {
            let mut group = Group::new(self.simplex, self.dim);
            for (index, rows) in self.rows.chunks(GROUP * self.dim).enumerate() {
                let start = index * GROUP;
                let range = start..start + rows.len() / self.dim;
                self.each.group::<FMA>(range, rows, &mut group);
            }
        } else {
            let mut space = self.each.space(self.simplex);
            for (index, x) in self.rows.chunks(self.dim).enumerate() {
                self.each.row::<FMA>(index, x, self.simplex, &mut space);
            }
        }
    }
}

struct Scores<'a, E>(&'a mut [MaybeUninit<E>]);

impl<E: Coordinate> PerEmbedding<E> for Scores<'_, E> {
    type Space = Vec<Planes<f64>>;

    fn space(&self, simplex: &Simplex) -> Self::Space {
        simplex.room()
    }

    #[inline(always)]
    fn row<const FMA: bool>(
        &mut self,
        index: usize,
        x: &[E],
        simplex: &Simplex,
        space: &mut Self::Space,
    ) {
        let scores = of_each(index..index + 1, simplex.classes());
        embedding::scores::<E, FMA>(simplex, x, space, &mut self.0[scores]);
    }

    #[inline(always)]
    fn group<const FMA: bool>(&mut self, range: Range<usize>, rows: &[E], group: &mut Group<'_>) {
        let scores = of_each(range, group.classes());
        group.scores::<E, FMA>(rows, &mut self.0[scores]);
    }
}

struct ScoresBackward<'a, E> {
    slopes: &'a [E],
    slots: GradientSlots<'a, E>,
}

impl<E: Coordinate> PerEmbedding<E> for ScoresBackward<'_, E> {
    type Space = Vec<Planes<f64>>;

    fn space(&self, simplex: &Simplex) -> Self::Space {
        simplex.room()
    }

    #[inline(always)]
    fn row<const FMA: bool>(
        &mut self,
        index: usize,
        x: &[E],
        simplex: &Simplex,
        space: &mut Self::Space,
    ) {
        let slopes = &self.slopes[of_each(index..index + 1, simplex.classes())];
        let gradient = self.slots.of(index..index + 1, x.len()).expect("asked for");
        let parameters = embedding::scores_backward::<E, FMA>(simplex, x, slopes, space, gradient);
        self.slots.write(index, &[parameters]);
    }

    #[inline(always)]
    fn group<const FMA: bool>(&mut self, range: Range<usize>, rows: &[E], group: &mut Group<'_>) {
        let slopes = &self.slopes[of_each(range.clone(), group.classes())];
        let gradient = self
            .slots
            .of(range.clone(), group.dim())
            .expect("asked for");
        let parameters = group.scores_backward::<E, FMA>(rows, slopes, gradient);
        self.slots.write(range.start, &parameters[..range.len()]);
    }
}

struct Losses<'a, E, R> {
    targets: &'a [usize],
    kind: R,
    losses: &'a mut [E],
}

impl<E: Coordinate, R: Loss> PerEmbedding<E> for Losses<'_, E, R> {
    type Space = Workspace<E>;

    #[inline(always)]
    fn space(&self, simplex: &Simplex) -> Self::Space {
        Workspace::new(simplex, false)
    }

    #[inline(always)]
    fn row<const FMA: bool>(
        &mut self,
        index: usize,
        x: &[E],
        simplex: &Simplex,
        space: &mut Self::Space,
    ) {
        let loss = embedding::loss::<E, R, FMA>(simplex, x, self.targets[index], self.kind, space);
        self.losses[index] = E::rounded(loss);
    }

    #[inline(always)]
    fn group<const FMA: bool>(&mut self, range: Range<usize>, rows: &[E], group: &mut Group<'_>) {
        let losses = group.losses::<E, R, FMA>(rows, &self.targets[range.clone()], self.kind);
        self.write(range, &losses);
    }
}

impl<E: Coordinate, R> Losses<'_, E, R> {
    #[inline(always)]
    fn write(&mut self, range: Range<usize>, losses: &[f64]) {
        for (slot, &loss) in self.losses[range].iter_mut().zip(losses) {
            *slot = E::rounded(loss);
        }
    }
}

struct LossesWithGradients<'a, E, R> {
    losses: Losses<'a, E, R>,
    /// In the embedding's type, for rows of many classes.
    weights: &'a [Planes<E>],
    slots: GradientSlots<'a, E>,
}

impl<E: Coordinate, R: Loss> PerEmbedding<E> for LossesWithGradients<'_, E, R> {
    type Space = Workspace<E>;

    #[inline(always)]
    fn space(&self, simplex: &Simplex) -> Self::Space {
        Workspace::new(simplex, self.slots.x.is_some())
    }

    #[inline(always)]
    fn row<const FMA: bool>(
        &mut self,
        index: usize,
        x: &[E],
        simplex: &Simplex,
        space: &mut Self::Space,
    ) {
        let (target, kind) = (self.losses.targets[index], self.losses.kind);
        let gradient = self.slots.of(index..index + 1, x.len());
        let (loss, parameters) = embedding::loss_with_gradient::<E, R, FMA>(
            simplex,
            x,
            self.weights,
            target,
            kind,
            space,
            gradient,
        );
        self.losses.losses[index] = E::rounded(loss);
        self.slots.write(index, &[parameters]);
    }

    #[inline(always)]
    fn group<const FMA: bool>(&mut self, range: Range<usize>, rows: &[E], group: &mut Group<'_>) {
        let targets = &self.losses.targets[range.clone()];
        let gradient = self.slots.of(range.clone(), group.dim());
        let (losses, parameters) =
            group.losses_with_gradients::<E, R, FMA>(rows, targets, self.losses.kind, gradient);
        self.slots.write(range.start, &parameters[..range.len()]);
        self.losses.write(range, &losses);
    }
}

/// Places for the gradients of some rows.
struct GradientSlots<'a, E> {
    x: Option<&'a mut [MaybeUninit<E>]>,
    mu: &'a mut [f64],
    sigma: &'a mut [f64],
}

impl<E: Coordinate> GradientSlots<'_, E> {
    #[inline(always)]
    fn of(&mut self, range: Range<usize>, dim: usize) -> Option<&mut [MaybeUninit<E>]> {
        self.x.as_mut().map(|x| &mut x[of_each(range, dim)])
    }

    #[inline(always)]
    fn write(&mut self, start: usize, gradients: &[ParameterGradient]) {
        for (i, gradient) in gradients.iter().enumerate() {
            self.mu[start + i] = gradient.mu;
            self.sigma[start + i] = gradient.sigma;
        }
    }
}

/// Where the numbers of a range of embeddings lie, if each embedding has `numbers` of them.
fn of_each(range: Range<usize>, numbers: usize) -> Range<usize> {
    range.start * numbers..range.end * numbers
}
