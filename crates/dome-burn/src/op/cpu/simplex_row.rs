//! The passes over one embedding.

use core::f64::consts::LOG2_E;
use core::mem::MaybeUninit;

use super::bell::exp2_minus;
use super::prefix_sum::prefix_sum;
use super::real::{Real, limited};
use super::simplex::Simplex;

/// Numbers side by side, the same on every processor, so that sums are too.
const LANES: usize = 16;

/// One embedding. `B` is the size of the blocks that the [`Simplex`] is cut into.
pub(super) struct Row<'a, E> {
    pub simplex: &'a Simplex,
    /// The coordinates of the simplex, and those beyond it.
    pub inside: &'a [E],
    pub padding: &'a [E],
}

/// Room for the numbers of one row.
pub(super) struct Workspace {
    /// One number for each class but the first.
    pub row: Vec<f64>,
    /// The sum of all `w_k v_k` in front of each block.
    pub before: Vec<f64>,
}

/// A class and its `s_i`, less the sum of all `w_k v_k`.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub class: usize,
    pub product: f64,
}

/// What one pass finds out.
pub(super) struct Scanned {
    /// The classes of the smallest and of the largest product.
    pub low: Place,
    pub top: Place,
    /// The sum of all `w_k v_k`.
    sum: f64,
    /// `||v||^2`
    square: f64,
}

/// Sums over all classes but that of the largest bump, with `d_i = s_i - s_max`.
pub(super) struct Sums {
    pub e: f64,
    pub squares: f64,
    /// Of `e_i d_i` and of `e_i^2 d_i`.
    pub products: f64,
    pub square_products: f64,
}

/// Sums of the derivatives by `kappa_i`.
pub(super) struct SlopeSums {
    /// The class that the others are compared with.
    pub class: usize,
    /// Over all classes but that, and over all.
    pub others: f64,
    pub all: f64,
    /// Of the first class.
    pub first: f64,
}

/// Coordinates beyond so many sigmas are limited to it: sums of their squares are finite numbers.
fn farthest<E: Real, R: Real>() -> R {
    R::rounded(if E::MAX == f64::MAX { 1e140 } else { 1e15 })
}

/// A squared distance that is so small a share of the squared lengths has lost digits of E in their
/// difference.
fn least_share<E: Real>() -> f64 {
    if E::MAX == f64::MAX {
        f64::INFINITY
    } else {
        1e-6
    }
}

fn to<R: Real, E: Real>(value: E) -> R {
    R::rounded(value.widened())
}

/// Adds up the numbers of a block.
#[inline(always)]
fn add<R: Real>(total: &mut [f64; LANES], values: &[R]) {
    for row in values.as_chunks::<LANES>().0 {
        for (sum, &value) in total.iter_mut().zip(row) {
            *sum += value.widened();
        }
    }
}

/// The first place of the block whose coordinate is behind the class's own: from there on the class's
/// vertex has `w_k`, in front of its own 0.
fn behind(class: usize, start: usize) -> u32 {
    class.saturating_sub(start) as u32
}

/// The derivative by a coordinate that is not limited, else 0; and what is lost by that, times the
/// coordinate.
#[inline(always)]
fn unless_limited<R: Real>(slope: R, v: R, farthest: R) -> (R, R) {
    match v.magnitude() == farthest {
        true => (R::ZERO, v * slope),
        false => (slope, R::ZERO),
    }
}

fn total(lanes: [f64; LANES]) -> f64 {
    super::block::sum(&lanes)
}

/// The smallest and the largest number; NaN does not count.
#[inline(always)]
fn extremes(values: &[f64]) -> (f64, f64) {
    let least = |a: f64, b: f64| if b < a { b } else { a };
    let most = |a: f64, b: f64| if b > a { b } else { a };
    let limits = [f64::INFINITY, f64::NEG_INFINITY];
    let (mut low, mut high) = ([limits[0]; LANES], [limits[1]; LANES]);
    let (rows, rest) = values.as_chunks::<LANES>();
    // One loop for each: together they are not made of the vectors' own instructions.
    for row in rows {
        for i in 0..LANES {
            low[i] = least(low[i], row[i]);
        }
    }
    for row in rows {
        for i in 0..LANES {
            high[i] = most(high[i], row[i]);
        }
    }
    let rest = rest.iter().copied();
    (
        low.into_iter().chain(rest.clone()).fold(limits[0], least),
        high.into_iter().chain(rest).fold(limits[1], most),
    )
}

impl<E: Real> Row<'_, E> {
    #[inline(always)]
    fn scaled<R: Real>(&self, x: E) -> R {
        limited(
            to::<R, E>(x) * R::rounded(self.simplex.rate),
            farthest::<E, R>(),
        )
    }

    /// Writes the coordinates from `start` on, in units of sigma, and zeros behind the last one.
    #[inline(always)]
    fn block<R: Real, const B: usize>(&self, start: usize, block: &mut [R; B]) {
        match self.inside[start..].first_chunk::<B>() {
            Some(x) => {
                for i in 0..B {
                    block[i] = self.scaled(x[i]);
                }
            }
            None => {
                block.fill(R::ZERO);
                for (v, &x) in block.iter_mut().zip(&self.inside[start..]) {
                    *v = self.scaled(x);
                }
            }
        }
    }

    /// Leaves in the workspace the products `s_i` of all classes but the first, as those of a [`Place`]
    /// but plus the sum in front of their block.
    #[inline(always)]
    pub fn scan<const FMA: bool, const B: usize>(&self, space: &mut Workspace) -> Scanned {
        let mut before = 0.0;
        let mut squares = [0.0; LANES];
        let [mut v, mut own, mut square, mut sums] = [[0.0; B]; 4];
        // Of the first class.
        let (mut low, mut high) = ((0.0, None), (0.0, None));
        let blocks = space.row.as_chunks_mut::<B>().0.iter_mut();
        let blocks = blocks.zip(self.simplex.weights.as_chunks::<B>().0);
        for (b, ((products, weights), space)) in blocks.zip(&mut space.before).enumerate() {
            let start = b * B;
            self.block(start, &mut v);
            for i in 0..B {
                own[i] = weights[i] * v[i];
                square[i] = v[i] * v[i];
            }
            add(&mut squares, &square);
            let sum = prefix_sum(&own, &mut sums);
            let first = (start + 1) as f64;
            for i in 0..B {
                let k = first + f64::STEPS[i];
                products[i] = -own[i].multiply_add::<FMA>(k, sums[i]);
            }
            let valid = &products[..B.min(self.inside.len() - start)];
            let (least, most) = extremes(valid);
            if least - before < low.0 {
                low = (least - before, Some((start, least)));
            }
            if most - before > high.0 {
                high = (most - before, Some((start, most)));
            }
            *space = before;
            before += sum;
        }
        let place = |(product, found): (f64, Option<(usize, f64)>)| {
            let class = found.map_or(0, |(start, value)| {
                let block = &space.row[start..];
                start + 1 + block.iter().position(|&v| v == value).unwrap_or(0)
            });
            Place { class, product }
        };
        let beyond = self.padding.iter().map(|&x| self.scaled::<f64>(x).powi(2));
        Scanned {
            low: place(low),
            top: place(high),
            sum: before,
            square: total(squares) + beyond.sum::<f64>(),
        }
    }

    /// `||v - m e_c||^2` and `<v - m e_c, e_c>` of the class c of the largest product.
    #[inline(always)]
    pub fn distance<const FMA: bool, const B: usize>(&self, scanned: &Scanned) -> (f64, f64) {
        let m = self.simplex.m;
        let product = scanned.sum + scanned.top.product;
        let lengths = scanned.square + m * m;
        let square = lengths - 2.0 * m * product;
        match square > lengths * least_share::<E>() {
            true => (square, product - m),
            false => self.exact_distance::<FMA, B>(scanned.top.class),
        }
    }

    /// The same as sums of differences, of any class.
    #[inline(always)]
    fn exact_distance<const FMA: bool, const B: usize>(&self, class: usize) -> (f64, f64) {
        let m = self.simplex.m;
        let (mut squares, mut along) = ([0.0; LANES], [0.0; LANES]);
        let [mut v, mut square, mut product] = [[0.0; B]; 3];
        for (b, weights) in self.simplex.weights.as_chunks::<B>().0.iter().enumerate() {
            let start = b * B;
            self.block(start, &mut v);
            if (start + 1..start + 1 + B).contains(&class) {
                v[class - 1 - start] = 0.0;
            }
            let behind = behind(class, start);
            for i in 0..B {
                let vertex = if i as u32 >= behind { weights[i] } else { 0.0 };
                let apart = (-m).multiply_add::<FMA>(vertex, v[i]);
                square[i] = apart * apart;
                product[i] = apart * vertex;
            }
            add(&mut squares, &square);
            add(&mut along, &product);
        }
        let (mut square, mut along) = (total(squares), total(along));
        if let Some(index) = class.checked_sub(1) {
            let vertex = class as f64 * self.simplex.weights[index];
            let apart = self.scaled::<f64>(self.inside[index]) + self.simplex.m * vertex;
            square += apart * apart;
            along -= apart * vertex;
        }
        for &x in self.padding {
            square += self.scaled::<f64>(x).powi(2);
        }
        (square, along)
    }

    /// Turns the products into `e_i`, and sums them up.
    #[inline(always)]
    pub fn exponentials<const PRODUCTS: bool, const FMA: bool, const B: usize>(
        &self,
        top: Place,
        space: &mut Workspace,
    ) -> Sums {
        let scale = 2.0 * self.simplex.m * LOG2_E;
        let mut lanes = [[0.0; LANES]; 4];
        let [mut below, mut square, mut square_below] = [[0.0; B]; 3];
        let blocks = space
            .row
            .as_chunks_mut::<B>()
            .0
            .iter_mut()
            .zip(&space.before);
        for (b, (e, before)) in blocks.enumerate() {
            let start = b * B;
            let highest = top.product + before;
            for i in 0..B {
                below[i] = e[i] - highest;
                e[i] = exp2_minus::<E::Exp2, FMA>(-below[i] * scale).0;
            }
            if let Some(padding) = e.get_mut(self.inside.len() - start..) {
                padding.fill(0.0);
            }
            if let Some(e) = top.class.checked_sub(start + 1).and_then(|i| e.get_mut(i)) {
                *e = 0.0;
            }
            for i in 0..B {
                square[i] = e[i] * e[i];
            }
            add(&mut lanes[0], e);
            add(&mut lanes[1], &square);
            if PRODUCTS {
                for i in 0..B {
                    square_below[i] = square[i] * below[i];
                    below[i] *= e[i];
                }
                add(&mut lanes[2], &below);
                add(&mut lanes[3], &square_below);
            }
        }
        let [e, squares, products, square_products] = lanes.map(total);
        Sums {
            e,
            squares,
            products,
            square_products,
        }
    }

    /// Writes the gradient of the embedding. `slopes` fills in those of the classes of a block, from
    /// its first on. Returns `sum v_k dL/dv_k` over the coordinates that are limited, whose gradient
    /// is 0 instead.
    ///
    /// In differences from one class's vertex, so that nothing cancels near it: the class's own slope
    /// counts as minus the sum of the others.
    #[inline(always)]
    pub fn backward<R: Real, const FMA: bool, const B: usize>(
        &self,
        slope: &SlopeSums,
        mut slopes: impl FnMut(usize, &mut [R; B]),
        gradient: &mut [MaybeUninit<E>],
    ) -> f64 {
        let simplex = self.simplex;
        let near = slope.class;
        let [m, outer] = [simplex.m, -2.0 * simplex.rate].map(R::rounded);
        let [of_all, of_others] = [slope.all, -slope.others].map(R::rounded);
        let mut before = if near == 0 {
            -slope.others
        } else {
            slope.first
        };
        let mut limits = [0.0; LANES];
        let [mut v, mut own, mut sums, mut apart, mut steep, mut limit] = [[R::ZERO; B]; 6];
        for (b, weights) in simplex.weights.as_chunks::<B>().0.iter().enumerate() {
            let start = b * B;
            let own_place = near.checked_sub(start + 1).filter(|&place| place < B);
            slopes(start + 1, &mut own);
            if let Some(place) = own_place {
                own[place] = of_others;
            }
            let sum = prefix_sum(&own, &mut sums);
            self.block(start, &mut v);
            let behind = behind(near, start);
            for i in 0..B {
                let vertex = if i as u32 >= behind {
                    R::rounded(weights[i])
                } else {
                    R::ZERO
                };
                apart[i] = (-m).multiply_add::<FMA>(vertex, v[i]);
            }
            if let Some(place) = own_place {
                let k = R::rounded(near as f64);
                apart[place] = (m * k).multiply_add::<FMA>(R::rounded(weights[place]), v[place]);
            }
            let [before_block, first] = [before, (start + 2) as f64].map(R::rounded);
            for i in 0..B {
                let k = first + R::STEPS[i];
                // The classes in front, and minus k times the own one, which the sum includes.
                let toward = (-own[i]).multiply_add::<FMA>(k, sums[i] + before_block);
                let toward = m * R::rounded(weights[i]) * toward;
                steep[i] = outer * of_all.multiply_add::<FMA>(apart[i], -toward);
            }
            for i in 0..B {
                (steep[i], limit[i]) = unless_limited(steep[i], v[i], farthest::<E, R>());
            }
            add(&mut limits, &limit);
            for (gradient, slope) in gradient[start..self.inside.len()].iter_mut().zip(&steep) {
                gradient.write(to(limited(*slope, R::rounded(R::MAX))));
            }
            before += sum.widened();
        }
        let mut limit = total(limits);
        for (gradient, &x) in gradient[self.inside.len()..].iter_mut().zip(self.padding) {
            let v = self.scaled::<R>(x);
            let (slope, of_limited) = unless_limited(outer * of_all * v, v, farthest::<E, R>());
            limit += of_limited.widened();
            gradient.write(to(limited(slope, R::rounded(R::MAX))));
        }
        limit / simplex.rate
    }
}
