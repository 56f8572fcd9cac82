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

use super::bumps::{Found, Workspace};
use super::loss::Loss;
use super::measured::{Derivatives, Measured};
use super::planes::{BLOCK, Coordinate, Planes, collect};
use super::row::Row;
use super::simplex::{ParameterGradient, Simplex, farthest};
use super::slopes::{Given, OfBumps, SlopeSums};

/// Whether coordinates with this sum of squares may be as far as [`farthest`], in either precision.
#[inline(always)]
fn reaches<E: Coordinate>(square: f64) -> bool {
    let near = 0.5 * farthest::<E, f64>();
    square >= near * near || square.is_nan()
}

/// Writes `kappa` of every class.
#[inline(always)]
pub(in crate::op) fn scores<E: Coordinate, const FMA: bool>(
    simplex: &Simplex,
    x: &[E],
    space: &mut [Planes<f64>],
    scores: &mut [MaybeUninit<E>],
) {
    let row = Row::new(simplex, x);
    let scanned = row.scan::<FMA>(space);
    let (square, _) = row.distance::<FMA>(&scanned);
    let top = scanned.top;
    let kappa = |product: f64| 2.0 * simplex.m * (product - top.product) - square;
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
pub(in crate::op) fn scores_backward<E: Coordinate, const FMA: bool>(
    simplex: &Simplex,
    x: &[E],
    slopes: &[E],
    space: &mut [Planes<f64>],
    gradient: &mut [MaybeUninit<E>],
) -> ParameterGradient {
    let row = Row::new(simplex, x);
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
    let limited = row.backward::<f64, FMA>(&simplex.blocks, &sums, Given(slopes), gradient);
    simplex.parameters(-square, all, products, toward, limited)
}

/// The loss of one embedding.
#[inline(always)]
pub(in crate::op) fn loss<E: Coordinate, R: Loss, const FMA: bool>(
    simplex: &Simplex,
    x: &[E],
    target: usize,
    kind: R,
    space: &mut Workspace<E>,
) -> f64 {
    let row = Row::new(simplex, x);
    let found = row.bumps::<R, false, FMA>(target, space);
    measured::<E, FMA>(&row, target, &found).loss::<FMA>(simplex, kind)
}

/// The loss of one embedding, and its gradients by the embedding, if there is room for it, and by
/// mu and sigma. `weights` are those of the simplex in the embedding's type.
#[inline(always)]
pub(in crate::op) fn loss_with_gradient<E: Coordinate, R: Loss, const FMA: bool>(
    simplex: &Simplex,
    x: &[E],
    weights: &[Planes<E>],
    target: usize,
    kind: R,
    space: &mut Workspace<E>,
    gradient: Option<&mut [MaybeUninit<E>]>,
) -> (f64, ParameterGradient) {
    let row = Row::new(simplex, x);
    let found = row.bumps::<R, true, FMA>(target, space);
    let measured = measured::<E, FMA>(&row, target, &found);
    let Derivatives {
        loss,
        slope,
        all,
        others,
        products,
    } = measured.derivatives::<FMA>(simplex, kind);

    // Not by `map_or`: a closure is not compiled for the vectors that are in use here.
    let limited = if let Some(gradient) = gradient {
        let (low, top) = (found.low.class, found.scanned.top);
        let of = |class: usize, product: f64| {
            let e = simplex.bump::<FMA>(product);
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
        let of_bumps = OfBumps::new(simplex, space, slope, special, top.product);
        row.backward::<E, FMA>(weights, &of_all, of_bumps, gradient)
    } else {
        0.0
    };
    let parameters = simplex.parameters(-measured.square, all, products, measured.toward, limited);
    (loss, parameters)
}

#[inline(always)]
fn measured<E: Coordinate, const FMA: bool>(
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
