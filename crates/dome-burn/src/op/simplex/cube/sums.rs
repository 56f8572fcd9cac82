//! One row of MultiDome in O(n): sums over some of its places, joined to sums over all.
//!
//! In units of sigma, `v = x/sigma` and `m = mu/sigma`, with `s_i = <v, e_i>`:
//!
//! ```text
//! kappa_i = -||v - m e_i||^2    kappa_i - kappa_j = 2 m (s_i - s_j)
//! s_i = sum_{k > i} w_k v_k - i w_i v_i
//! ```
//!
//! Place k holds class k, from 0 on, and coordinate k, from 1 on; `w_0 = 0`, and `w_k = 0` behind the
//! simplex, where coordinates enter the distance alone. Products are taken with the sign of m, so
//! the largest one is that of the largest kappa.

use burn_cubecl::cubecl::{self, cube, prelude::*};

use crate::op::SIGMA_FLOOR;
use crate::op::gpu::arithmetic::{limited, magnitude_from};

/// Coordinates farther from 0 than this, in sigmas, are limited to it: sums of their squares are finite numbers.
const FARTHEST: f32 = 1e15;

/// Parts that are joined one after the other; sums of many have smaller errors in blocks.
pub(in crate::op) const BLOCK: u32 = 16;

/// Whose product is below that of every class.
const NO_PRODUCT: f32 = f32::MAX;

/// What all rows share.
#[derive(CubeType)]
pub(in crate::op) struct Simplex {
    pub classes: u32,
    /// `sqrt(n/(n - 1))`.
    scale: f32,
    mu: f32,
    pub m: f32,
    /// The sign of m, and `2 |m|`.
    pub turn: f32,
    pub steepness: f32,
    /// `1/sigma`.
    pub rate: f32,
    /// Of x, where `v` is [`FARTHEST`].
    limit: f32,
    /// The sign of sigma, with which its gradient passes the floor.
    pub sign: f32,
}

#[cube]
pub(in crate::op) fn simplex(mu: &Tensor<f32>, sigma: &Tensor<f32>, classes: u32) -> Simplex {
    let floor = comptime!(SIGMA_FLOOR as f32).runtime();
    let signed = sigma[0];
    let sigma = magnitude_from(signed, floor);
    let n = f32::cast_from(classes);
    let m = mu[0] / sigma;
    let turn = select(m < 0.0f32, -1.0f32, 1.0f32);
    Simplex {
        classes,
        scale: f32::sqrt(n / (n - 1.0f32)),
        mu: mu[0],
        m,
        turn,
        steepness: 2.0f32 * turn * m,
        rate: 1.0f32 / sigma,
        limit: FARTHEST * sigma,
        sign: select(signed < 0.0f32, -1.0f32, 1.0f32),
    }
}

/// A place of a row.
#[derive(CubeType)]
pub(in crate::op) struct Place {
    pub k: f32,
    pub weight: f32,
    /// `v`, which is `v - m e_i` for a class i behind.
    pub v: f32,
    /// `v - m e_i` for a class in front, and for class k: of differences of x, since x/sigma and
    /// mu/sigma are rounded.
    pub as_front: f32,
    pub as_own: f32,
    pub is_class: bool,
    pub is_limited: bool,
}

/// `first` is where the row starts in x.
#[cube]
pub(in crate::op) fn place(x: &Tensor<f32>, first: usize, at: u32, simplex: &Simplex) -> Place {
    let is_class = at < simplex.classes;
    let is_first = at == 0;
    let index = select(is_first, 0u32, at - 1);
    let x = limited(x[first + index as usize], simplex.limit);
    let x = select(is_first, 0.0f32, x);
    let k = f32::cast_from(at);
    let weight = simplex.scale / f32::sqrt(k * (k + 1.0f32));
    let weight = select(is_class && !is_first, weight, 0.0f32);
    let vertex = simplex.mu * weight;
    let v = x * simplex.rate;
    Place {
        k,
        weight,
        v,
        as_front: (x - vertex) * simplex.rate,
        as_own: (x + k * vertex) * simplex.rate,
        is_class,
        is_limited: f32::abs(x) >= simplex.limit,
    }
}

/// Sums over neighbouring places. Products leave out what the places behind add to all of them.
#[derive(CubeType)]
pub(in crate::op) struct Part {
    /// Of `w_k v_k`.
    pub products: f32,
    /// The largest product, its class (the first one), and the smallest.
    pub best: f32,
    pub best_at: u32,
    pub least: f32,
    pub least_at: u32,
    /// The product of the target.
    pub target: f32,
    /// Of `exp(kappa_i - kappa_best)`, and of its squares, over all classes but the best. -1 where
    /// there are no classes.
    pub rest: f32,
    pub squares: f32,
    /// Of given slopes over all classes but the best, and the best's.
    pub slopes: f32,
    pub slope: f32,
    /// Of the squares of `v - m e_i` for a class behind the part, for one in front, and for the
    /// best.
    pub as_behind: f32,
    pub as_front: f32,
    pub distance: f32,
    /// Of `<v - m e_i, e_i>` for a class in front, and for the best.
    pub along_front: f32,
    pub along: f32,
}

#[cube]
pub(in crate::op) fn no_part() -> Part {
    Part {
        products: f32::new(0.0),
        best: f32::new(-NO_PRODUCT),
        best_at: u32::new(0),
        least: f32::new(NO_PRODUCT),
        least_at: u32::new(0),
        target: f32::new(0.0),
        rest: f32::new(-1.0),
        squares: f32::new(-1.0),
        slopes: f32::new(0.0),
        slope: f32::new(0.0),
        as_behind: f32::new(0.0),
        as_front: f32::new(0.0),
        distance: f32::new(0.0),
        along_front: f32::new(0.0),
        along: f32::new(0.0),
    }
}

/// One place, with a given slope of its class.
#[cube]
fn part_of(place: &Place, at: u32, slope: f32, simplex: &Simplex) -> Part {
    let product = place.weight * place.v;
    let own_product = -simplex.turn * place.k * product;
    let none = select(place.is_class, 0.0f32, -1.0f32);
    Part {
        products: product,
        best: select(place.is_class, own_product, -NO_PRODUCT),
        best_at: at,
        least: select(place.is_class, own_product, NO_PRODUCT),
        least_at: at,
        target: own_product,
        rest: none,
        squares: none,
        slopes: f32::new(0.0),
        slope,
        as_behind: place.v * place.v,
        as_front: place.as_front * place.as_front,
        distance: place.as_own * place.as_own,
        along_front: place.weight * place.as_front,
        along: -place.k * place.weight * place.as_own,
    }
}

/// Puts a part in front of `all`.
#[cube]
pub(in crate::op) fn join(part: &Part, all: &mut Part, has_target: bool, simplex: &Simplex) {
    let behind = simplex.turn * all.products;
    let best = part.best + behind;
    let least = part.least + behind;
    let lead = best - all.best;
    let wins = lead >= 0.0f32;
    // Of the lower one beside the higher one.
    let e = f32::exp(-simplex.steepness * f32::abs(lead));
    let (high, low) = (
        select(wins, part.rest, all.rest),
        select(wins, all.rest, part.rest),
    );
    all.rest = high + (low + 1.0f32) * e;
    let (high, low) = (
        select(wins, part.squares, all.squares),
        select(wins, all.squares, part.squares),
    );
    all.squares = high + (low + 1.0f32) * e * e;
    all.slopes = part.slopes + all.slopes + select(wins, all.slope, part.slope);
    all.slope = select(wins, part.slope, all.slope);
    all.distance = select(
        wins,
        part.distance + all.as_front,
        part.as_behind + all.distance,
    );
    all.along = select(wins, part.along + all.along_front, all.along);
    all.best = select(wins, best, all.best);
    all.best_at = select(wins, part.best_at, all.best_at);
    let is_least = least <= all.least;
    all.least = select(is_least, least, all.least);
    all.least_at = select(is_least, part.least_at, all.least_at);
    all.target = select(has_target, part.target + behind, all.target);
    all.as_behind += part.as_behind;
    all.as_front += part.as_front;
    all.along_front += part.along_front;
    all.products += part.products;
}

/// Sums over the places `start..end`. `slopes` are read if `given`.
#[cube]
pub(in crate::op) fn part(
    x: &Tensor<f32>,
    first: usize,
    slopes: &Tensor<f32>,
    first_slope: usize,
    start: u32,
    end: u32,
    target: u32,
    simplex: &Simplex,
    #[comptime] given: bool,
) -> Part {
    let mut all = no_part();
    let mut left = end;
    // From behind, as products are sums over what is behind.
    while left > start {
        let block_start = select(left - start > BLOCK, left - BLOCK, start);
        let has_target = target >= block_start && target < left;
        let mut block = no_part();
        while left > block_start {
            left -= 1;
            let place = place(x, first, left, simplex);
            let slope = if comptime!(given) {
                slope_at(slopes, first_slope, left, &place)
            } else {
                f32::new(0.0)
            };
            let part = part_of(&place, left, slope, simplex);
            join(&part, &mut block, left == target, simplex);
        }
        join(&block, &mut all, has_target, simplex);
    }
    all
}

/// Of the class of a place, 0 behind the last class.
#[cube]
fn slope_at(slopes: &Tensor<f32>, first: usize, at: u32, place: &Place) -> f32 {
    let mut slope = 0.0f32;
    if place.is_class {
        slope = slopes[first + at as usize];
    }
    slope
}
