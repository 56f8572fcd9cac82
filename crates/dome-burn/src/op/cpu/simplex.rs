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
use super::simplex_bumps::{Found, Sums, Workspace};
use super::simplex_row::Row;
use super::simplex_score::{Bumps, Target};
use super::simplex_slopes::{Given, OfBumps, SlopeSums};
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
    /// `s_max`, less that of the first class.
    top_product: f64,
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

    /// Room for whole blocks of one number for each class but the first.
    pub fn places(&self) -> usize {
        self.weights.len()
    }

    /// For the losses; their gradient by the embedding needs `room`.
    pub fn workspace<E: Real>(&self, room: bool) -> Workspace<E> {
        let places = if room { self.places() } else { 0 };
        Workspace {
            bumps: vec![E::ZERO; places],
            references: vec![0.0; places / self.block_size()],
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
        space: &mut [f64],
        scores: &mut [MaybeUninit<E>],
    ) {
        let row = self.row(x);
        let scanned = row.scan::<FMA, B>(space);
        let (square, _) = row.distance::<FMA, B>(&scanned);
        let top = scanned.top;
        let kappa = |product: f64| 2.0 * self.m * (product - top.product) - square;
        scores[0].write(E::rounded(kappa(0.0)));
        for (score, &product) in scores[1..].iter_mut().zip(space.iter()) {
            score.write(E::rounded(kappa(product)));
        }
    }

    /// From the derivatives by `kappa` to those by the embedding, mu and sigma.
    #[inline(always)]
    pub fn scores_backward<E: Real, const FMA: bool, const B: usize>(
        &self,
        x: &[E],
        slopes: &[E],
        space: &mut [f64],
        gradient: &mut [MaybeUninit<E>],
    ) -> ParameterGradient {
        let row = self.row(x);
        let scanned = row.scan::<FMA, B>(space);
        let (square, toward) = row.distance::<FMA, B>(&scanned);
        let top = scanned.top;
        let first = slopes[0].widened();
        let (mut all, mut products) = (first, -first * top.product);
        for (slope, product) in slopes[1..].iter().zip(space.iter()) {
            let slope = slope.widened();
            all += slope;
            products += slope * (product - top.product);
        }
        let sums = SlopeSums {
            class: top.class,
            others: all - slopes[top.class].widened(),
            all,
            first,
        };
        let limited = row.backward::<f64, FMA, B>(&self.weights, &sums, Given(slopes), gradient);
        self.parameters(-square, all, products, toward, limited)
    }

    /// The loss of one embedding.
    #[inline(always)]
    pub fn loss<E: Real, const FMA: bool, const B: usize>(
        &self,
        x: &[E],
        target: usize,
        loss: SimplexLoss,
        space: &mut Workspace<E>,
    ) -> f64 {
        let measured = self.measure::<E, false, FMA, B>(&self.row(x), target, space);
        measured.bumps.loss(measured.target, loss)
    }

    /// The loss of one embedding, and its gradients by the embedding, if there is room for it, and by
    /// mu and sigma. `weights` are those of the simplex in the embedding's type.
    #[inline(always)]
    pub fn loss_with_gradient<E: Real, const FMA: bool, const B: usize>(
        &self,
        x: &[E],
        weights: &[E],
        target: usize,
        loss: SimplexLoss,
        space: &mut Workspace<E>,
        gradient: Option<&mut [MaybeUninit<E>]>,
    ) -> (f64, ParameterGradient) {
        let row = self.row(x);
        let measured = self.measure::<E, true, FMA, B>(&row, target, space);
        let (bumps, sums) = (&measured.bumps, &measured.sums);
        let (loss, slope) = bumps.loss_with_slope(measured.target, loss);
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
            let special = [
                (target, of(target, measured.target.e)),
                (bumps.argmin, of(bumps.argmin, bumps.smallest)),
            ];
            let of_all = SlopeSums {
                class: bumps.argmax,
                others,
                all,
                first: of(0, self.bump(-measured.top_product)),
            };
            let top_product = measured.top_product;
            let of_bumps = OfBumps::new(self, space, slope, special, top_product);
            row.backward::<E, FMA, B>(weights, &of_all, of_bumps, gradient)
        } else {
            0.0
        };
        let parameters = self.parameters(bumps.top_log, all, products, measured.toward, limited);
        (loss, parameters)
    }

    /// `e_i` of a class, from `s_i - s_max`.
    pub fn bump(&self, product: f64) -> f64 {
        (2.0 * self.m * product).exp()
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

    /// `GRADIENT`: whether the gradients are asked for.
    #[inline(always)]
    fn measure<E: Real, const GRADIENT: bool, const FMA: bool, const B: usize>(
        &self,
        row: &Row<'_, E>,
        target: usize,
        space: &mut Workspace<E>,
    ) -> Measured {
        let Found {
            scanned,
            low,
            target_product,
            sums,
        } = row.bumps::<GRADIENT, FMA, B>(target, space);
        let (square, toward) = row.distance::<FMA, B>(&scanned);
        let top = scanned.top;
        let [smallest_product, target_product] =
            [low.product, target_product].map(|product| product - top.product);
        Measured {
            bumps: Bumps {
                n: self.classes as f64,
                argmax: top.class,
                argmin: low.class,
                top_log: -square,
                top: (-square).exp(),
                gap: -(-square).exp_m1(),
                rest: sums.e,
                rest_squares: sums.squares,
                smallest: self.bump(smallest_product),
            },
            target: Target {
                class: target,
                below_top: 2.0 * self.m * target_product,
                e: self.bump(target_product),
            },
            sums,
            top_product: top.product,
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
