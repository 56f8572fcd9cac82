//! MultiDome's scores and losses of one embedding, in O(n) time and one buffer of n numbers.
//!
//! In units of sigma, `v = x/|sigma|` and `m = mu/|sigma|`, mirrored such that m is not negative, with
//! the vertices of [`simplex`](crate::simplex):
//!
//! ```text
//! kappa_i = -||v - m e_i||^2    kappa_i - kappa_j = 2 m (s_i - s_j)    s_i = <v, e_i>
//! s_i = sum_{k > i} w_k v_k - i w_i v_i
//! ```
//!
//! Near a mode the largest `kappa` is computed as the sum of squares that it is, and the others from it by
//! that difference: nothing cancels there, nor far from all.

use core::mem::MaybeUninit;

use super::bell::{Exact, exp_minus};
use super::block::Aligned;
use super::planes::{BLOCK, Planes, collect, place};
use super::real::{Real, limited, to};
use super::simplex_bumps::{Buffers, Found, Workspace};
use super::simplex_group::Group;
use super::simplex_measured::{Derivatives, Measured};
use super::simplex_row::Row;
use super::simplex_score::Rule;
use super::simplex_slopes::{Given, OfBumps, SlopeSums};
use super::simplex_weights;
use crate::simplex;

/// What all rows share.
pub(super) struct Simplex {
    classes: usize,
    /// `w_k` for k from 1 on, for few classes; else none.
    pub weights: Vec<f64>,
    /// The same for many classes, in blocks with zeros behind the last one.
    pub blocks: Vec<Planes<f64>>,
    /// `|mu|/sigma`.
    pub m: f64,
    /// `1/sigma`, with the sign of mu.
    pub rate: f64,
}

/// Derivatives of one row in mu and sigma.
#[derive(Debug, Clone, Copy)]
pub(super) struct ParameterGradient {
    pub mu: f64,
    pub sigma: f64,
}

/// Coordinates beyond so many sigmas are limited to it: sums of their squares are finite numbers.
#[inline(always)]
pub(super) fn farthest<E: Real, R: Real>() -> R {
    R::rounded(if E::MAX == f64::MAX { 1e140 } else { 1e15 })
}

/// Whether coordinates with this sum of squares may be as far as [`farthest`], in either precision.
#[inline(always)]
fn reaches<E: Real>(square: f64) -> bool {
    let near = 0.5 * farthest::<E, f64>();
    square >= near * near || square.is_nan()
}

/// Whole blocks of numbers, each with its first place.
#[inline(always)]
pub(super) fn blocks_of<R>(blocks: &[Planes<R>]) -> impl Iterator<Item = (usize, &[R; BLOCK])> {
    let blocks = blocks.iter().map(|block| &block.0);
    (0..).step_by(BLOCK).zip(blocks)
}

impl Simplex {
    /// `sigma` is floored already.
    pub fn new(classes: usize, mu: f64, sigma: f64) -> Self {
        let mut simplex = Self {
            classes,
            weights: Vec::new(),
            blocks: Vec::new(),
            m: mu.abs() / sigma,
            rate: sigma.recip().copysign(mu),
        };
        match Group::serves(&simplex) {
            true => simplex.weights = simplex::weights(classes),
            false => simplex.blocks = simplex_weights::blocks(classes),
        }
        simplex
    }

    /// `w_class` of a vertex that is not the first, of many classes.
    #[inline(always)]
    pub fn weight(&self, class: usize) -> f64 {
        let index = class - 1;
        self.blocks[index / BLOCK].0[place(index % BLOCK)]
    }

    pub fn classes(&self) -> usize {
        self.classes
    }

    /// A coordinate in units of sigma.
    #[inline(always)]
    pub fn scaled<E: Real, R: Real>(&self, x: E) -> R {
        limited(to::<R, E>(x) * R::rounded(self.rate), farthest::<E, R>())
    }

    /// Room for one number for each class but the first.
    pub fn room<R: Real>(&self) -> Vec<Planes<R>> {
        vec![Aligned([R::ZERO; BLOCK]); self.blocks.len()]
    }

    /// For the losses; their gradient by the embedding needs `room`.
    #[inline(always)]
    pub fn workspace<E: Real>(&self, room: bool) -> Workspace<E> {
        let blocks = if room { self.room() } else { Vec::new() };
        Workspace {
            references: vec![0.0; blocks.len()],
            bumps: blocks,
            buffers: Buffers::new(),
        }
    }

    fn row<'a, E>(&'a self, x: &'a [E]) -> Row<'a, E> {
        let (inside, padding) = x.split_at(self.classes - 1);
        Row {
            simplex: self,
            inside,
            padding,
        }
    }

    /// Writes `kappa` of every class.
    #[inline(always)]
    pub fn scores<E: Real, const FMA: bool>(
        &self,
        x: &[E],
        space: &mut [Planes<f64>],
        scores: &mut [MaybeUninit<E>],
    ) {
        let row = self.row(x);
        let scanned = row.scan::<FMA>(space);
        let (square, _) = row.distance::<FMA>(&scanned);
        let top = scanned.top;
        let kappa = |product: f64| 2.0 * self.m * (product - top.product) - square;
        scores[0].write(E::rounded(kappa(0.0)));
        let mut products = [0.0; BLOCK];
        for (block, scores) in space.iter().zip(scores[1..].chunks_mut(BLOCK)) {
            collect(&block.0, &mut products);
            for (score, &product) in scores.iter_mut().zip(&products) {
                score.write(E::rounded(kappa(product)));
            }
        }
    }

    /// From the derivatives by `kappa` to those by the embedding, mu and sigma.
    #[inline(always)]
    pub fn scores_backward<E: Real, const FMA: bool>(
        &self,
        x: &[E],
        slopes: &[E],
        space: &mut [Planes<f64>],
        gradient: &mut [MaybeUninit<E>],
    ) -> ParameterGradient {
        let row = self.row(x);
        let scanned = row.scan::<FMA>(space);
        let (square, toward) = row.distance::<FMA>(&scanned);
        let top = scanned.top;
        let first = slopes[0].widened();
        let (mut all, mut products) = (first, -first * top.product);
        let mut of_block = [0.0; BLOCK];
        for (block, slopes) in space.iter().zip(slopes[1..].chunks(BLOCK)) {
            collect(&block.0, &mut of_block);
            for (slope, product) in slopes.iter().zip(&of_block) {
                let slope = slope.widened();
                all += slope;
                products += slope * (product - top.product);
            }
        }
        let sums = SlopeSums {
            class: top.class,
            others: all - slopes[top.class].widened(),
            all,
            first,
            far: reaches::<E>(scanned.square),
        };
        let limited = row.backward::<f64, FMA>(&self.blocks, &sums, Given(slopes), gradient);
        self.parameters(-square, all, products, toward, limited)
    }

    /// The loss of one embedding.
    #[inline(always)]
    pub fn loss<E: Real, R: Rule, const FMA: bool>(
        &self,
        x: &[E],
        target: usize,
        rule: R,
        space: &mut Workspace<E>,
    ) -> f64 {
        let row = self.row(x);
        let found = row.bumps::<R, false, FMA>(target, space);
        self.measured::<E, FMA>(&row, target, &found)
            .loss::<FMA>(self, rule)
    }

    /// The loss of one embedding, and its gradients by the embedding, if there is room for it, and by
    /// mu and sigma. `weights` are those of the simplex in the embedding's type.
    #[inline(always)]
    pub fn loss_with_gradient<E: Real, R: Rule, const FMA: bool>(
        &self,
        x: &[E],
        weights: &[Planes<E>],
        target: usize,
        rule: R,
        space: &mut Workspace<E>,
        gradient: Option<&mut [MaybeUninit<E>]>,
    ) -> (f64, ParameterGradient) {
        let row = self.row(x);
        let found = row.bumps::<R, true, FMA>(target, space);
        let measured = self.measured::<E, FMA>(&row, target, &found);
        let Derivatives {
            loss,
            slope,
            all,
            others,
            products,
        } = measured.derivatives::<FMA>(self, rule);

        // Not by `map_or`: a closure is not compiled for the vectors that are in use here.
        let limited = if let Some(gradient) = gradient {
            let (low, top) = (found.low.class, found.scanned.top);
            let of = |class: usize, product: f64| {
                let e = self.bump::<FMA>(product);
                let at = |place: usize, slope: f64| if class == place { slope } else { 0.0 };
                e * (slope.quadratic * e + slope.linear)
                    + at(target, slope.at_target)
                    + at(low, slope.at_smallest)
            };
            let special = [
                (target, of(target, measured.target_product)),
                (low, of(low, measured.smallest_product)),
            ];
            let of_all = SlopeSums {
                class: top.class,
                others,
                all,
                first: of(0, -top.product),
                far: reaches::<E>(found.scanned.square),
            };
            let of_bumps = OfBumps::new(self, space, slope, special, top.product);
            row.backward::<E, FMA>(weights, &of_all, of_bumps, gradient)
        } else {
            0.0
        };
        let parameters = self.parameters(-measured.square, all, products, measured.toward, limited);
        (loss, parameters)
    }

    /// `e_i` of a class, from `s_i - s_max`, which is not positive.
    #[inline(always)]
    pub fn bump<const FMA: bool>(&self, product: f64) -> f64 {
        exp_minus::<Exact, FMA>(-2.0 * self.m * product).0
    }

    /// From the sums of the slopes, and of the slopes times `s_i - s_max`; `limited` is that of
    /// [`Row::backward`].
    #[inline(always)]
    pub fn parameters(
        &self,
        top_log: f64,
        all: f64,
        products: f64,
        toward: f64,
        limited: f64,
    ) -> ParameterGradient {
        let sigma = -top_log * all - 2.0 * self.m * products;
        ParameterGradient {
            mu: 2.0 * self.rate * (products + toward * all),
            sigma: (2.0 * sigma + limited) * self.rate.abs(),
        }
    }

    #[inline(always)]
    fn measured<E: Real, const FMA: bool>(
        &self,
        row: &Row<'_, E>,
        target: usize,
        found: &Found,
    ) -> Measured {
        let (square, toward) = row.distance::<FMA>(&found.scanned);
        let top = found.scanned.top;
        Measured {
            target_product: found.target_product - top.product,
            smallest_product: found.low.product - top.product,
            is_top: target == top.class,
            is_smallest: target == found.low.class,
            square,
            toward,
            sums: found.sums,
        }
    }
}
