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

use super::real::Real;
use super::simplex_row::{Row, Scanned, SlopeSums, Sums, Workspace};
use super::simplex_score::{Bumps, Target};
use crate::op::multi_dome_extension::SimplexLoss;

/// What all rows share.
pub(super) struct Simplex {
    classes: usize,
    /// `w_k` for k from 1 on, and zeros up to a whole block.
    pub weights: Vec<f64>,
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

/// What the loss of a row and its gradients are made of.
struct Measured {
    bumps: Bumps,
    target: Target,
    sums: Sums,
    /// `e_i` of the first class.
    first: f64,
    /// `d_i` of the target, and of the smallest bump.
    target_product: f64,
    smallest_product: f64,
    /// `<v - m e_max, e_max>`.
    toward: f64,
}

/// Sizes of the blocks that rows are cut into.
pub(super) const BLOCK: usize = 128;
pub(super) const SMALL_BLOCK: usize = 16;

impl Simplex {
    /// `sigma` is floored already.
    pub fn new(classes: usize, mu: f64, sigma: f64) -> Self {
        let mut weights = crate::simplex::weights(classes);
        weights.resize(weights.len().next_multiple_of(block_size(classes)), 0.0);
        Self {
            classes,
            weights,
            m: mu.abs() / sigma,
            rate: sigma.recip().copysign(mu),
        }
    }

    pub fn classes(&self) -> usize {
        self.classes
    }

    /// `B` of the functions below: [`BLOCK`] or [`SMALL_BLOCK`].
    pub fn block_size(&self) -> usize {
        block_size(self.classes)
    }

    pub fn workspace(&self) -> Workspace {
        Workspace {
            row: vec![0.0; self.weights.len()],
            before: vec![0.0; self.weights.len() / self.block_size()],
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
    pub fn scores<E: Real, const FMA: bool, const B: usize>(
        &self,
        x: &[E],
        space: &mut Workspace,
        scores: &mut [MaybeUninit<E>],
    ) {
        let row = self.row(x);
        let scanned = row.scan::<FMA, B>(space);
        let (square, _) = row.distance::<FMA, B>(&scanned);
        let top = scanned.top;
        let kappa = |product: f64| 2.0 * self.m * (product - top.product) - square;
        scores[0].write(E::rounded(kappa(0.0)));
        let blocks = scores[1..].chunks_mut(B).zip(space.row.chunks(B));
        for ((scores, products), before) in blocks.zip(&space.before) {
            for (score, product) in scores.iter_mut().zip(products) {
                score.write(E::rounded(kappa(product - before)));
            }
        }
    }

    /// From the derivatives by `kappa` to those by the embedding, mu and sigma.
    #[inline(always)]
    pub fn scores_backward<E: Real, const FMA: bool, const B: usize>(
        &self,
        x: &[E],
        slopes: &[E],
        space: &mut Workspace,
        gradient: &mut [MaybeUninit<E>],
    ) -> ParameterGradient {
        let row = self.row(x);
        let scanned = row.scan::<FMA, B>(space);
        let (square, toward) = row.distance::<FMA, B>(&scanned);
        let top = scanned.top;
        let first = slopes[0].widened();
        let (mut all, mut products) = (first, -first * top.product);
        let blocks = slopes[1..].chunks(B).zip(space.row.chunks(B));
        for ((slopes, of_block), before) in blocks.zip(&space.before) {
            for (slope, product) in slopes.iter().zip(of_block) {
                let slope = slope.widened();
                all += slope;
                products += slope * (product - before - top.product);
            }
        }
        let sums = SlopeSums {
            class: top.class,
            others: all - slopes[top.class].widened(),
            all,
            first,
        };
        let fill = |class: usize, block: &mut [f64; B]| {
            for (slope, value) in block.iter_mut().zip(&slopes[class..]) {
                *slope = value.widened();
            }
        };
        let limited = row.backward::<f64, FMA, B>(&sums, fill, gradient);
        self.parameters(-square, all, products, toward, limited)
    }

    /// The loss of one embedding.
    #[inline(always)]
    pub fn loss<E: Real, const FMA: bool, const B: usize>(
        &self,
        x: &[E],
        target: usize,
        loss: SimplexLoss,
        space: &mut Workspace,
    ) -> f64 {
        let measured = self.measure::<E, false, FMA, B>(&self.row(x), target, space);
        measured.bumps.loss(measured.target, loss)
    }

    /// The loss of one embedding, and its gradients by the embedding, if there is room for it, and by
    /// mu and sigma.
    #[inline(always)]
    pub fn loss_with_gradient<E: Real, const FMA: bool, const B: usize>(
        &self,
        x: &[E],
        target: usize,
        loss: SimplexLoss,
        space: &mut Workspace,
        gradient: Option<&mut [MaybeUninit<E>]>,
    ) -> (f64, ParameterGradient) {
        let row = self.row(x);
        let measured = self.measure::<E, true, FMA, B>(&row, target, space);
        let (bumps, sums) = (&measured.bumps, &measured.sums);
        let slope = bumps.slope(measured.target, loss);
        let [at_target, at_top] = match target == bumps.argmax {
            true => [0.0, slope.at_target],
            false => [slope.at_target, 0.0],
        };
        let others =
            slope.quadratic * sums.squares + slope.linear * sums.e + at_target + slope.at_smallest;
        let all = others + slope.quadratic + slope.linear + at_top;
        // sum_i slope_i (s_i - s_max)
        let products = slope.quadratic * sums.square_products
            + slope.linear * sums.products
            + at_target * measured.target_product
            + slope.at_smallest * measured.smallest_product;

        // Not by `map_or`: a closure is not compiled for the vectors that are in use here.
        let limited = if let Some(gradient) = gradient {
            let of = |class: usize, e: f64| {
                let at = |place: usize, slope: f64| if class == place { slope } else { 0.0 };
                e * (slope.quadratic * e + slope.linear)
                    + at(target, slope.at_target)
                    + at(bumps.argmin, slope.at_smallest)
            };
            let sums = SlopeSums {
                class: bumps.argmax,
                others,
                all,
                first: of(0, measured.first),
            };
            let [quadratic, linear] = [slope.quadratic, slope.linear].map(E::rounded);
            let fill = |class: usize, block: &mut [E; B]| {
                let e: &[f64; B] = space.row[class - 1..].first_chunk().expect("a whole block");
                for i in 0..B {
                    let e = E::rounded(e[i]);
                    block[i] = e * quadratic.multiply_add::<FMA>(e, linear);
                }
                for special in [target, bumps.argmin] {
                    let place = special.checked_sub(class).filter(|&place| place < B);
                    if let Some(i) = place {
                        block[i] = E::rounded(of(special, e[i]));
                    }
                }
            };
            row.backward::<E, FMA, B>(&sums, fill, gradient)
        } else {
            0.0
        };
        (
            bumps.loss(measured.target, loss),
            self.parameters(bumps.top_log, all, products, measured.toward, limited),
        )
    }

    /// From the sums of the slopes, and of the slopes times `s_i - s_max`; `limited` is that of
    /// [`Row::backward`].
    fn parameters(
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

    /// Leaves in the workspace `e_i` of all classes but the first, and 0 for that of the largest.
    #[inline(always)]
    fn measure<E: Real, const PRODUCTS: bool, const FMA: bool, const B: usize>(
        &self,
        row: &Row<'_, E>,
        target: usize,
        space: &mut Workspace,
    ) -> Measured {
        let scanned = row.scan::<FMA, B>(space);
        let (square, toward) = row.distance::<FMA, B>(&scanned);
        let Scanned { low, top, .. } = scanned;
        let target_product = match target.checked_sub(1) {
            _ if target == top.class => 0.0,
            None => -top.product,
            Some(index) => space.row[index] - space.before[index / B] - top.product,
        };
        let [first_product, smallest_product] = [0.0, low.product].map(|p| p - top.product);
        let below_top = |product: f64| 2.0 * self.m * product;
        let mut sums = row.exponentials::<PRODUCTS, FMA, B>(top, space);
        let first = below_top(first_product).exp();
        if top.class != 0 {
            sums.e += first;
            sums.squares += first * first;
            sums.products += first * first_product;
            sums.square_products += first * first * first_product;
        }
        Measured {
            bumps: Bumps {
                n: self.classes as f64,
                argmax: top.class,
                argmin: low.class,
                top_log: -square,
                rest: sums.e,
                rest_squares: sums.squares,
                smallest: below_top(smallest_product).exp(),
            },
            target: Target {
                class: target,
                below_top: below_top(target_product),
            },
            sums,
            first,
            target_product,
            smallest_product,
            toward,
        }
    }
}

fn block_size(classes: usize) -> usize {
    match classes <= 4 * SMALL_BLOCK {
        true => SMALL_BLOCK,
        false => BLOCK,
    }
}
