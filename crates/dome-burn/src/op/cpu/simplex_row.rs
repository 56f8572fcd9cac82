//! One embedding: the products with the classes' vertices, and the largest `kappa`.

use super::block::{self, Aligned};
use super::prefix_sum::prefix_sum;
use super::real::{Real, limited};
use super::simplex::{SMALL_BLOCK, Simplex};

/// Numbers side by side, the same on every processor, so that sums are too.
pub(super) const LANES: usize = 16;

/// One embedding. `B` is the size of the blocks that the [`Simplex`] is cut into.
pub(super) struct Row<'a, E> {
    pub simplex: &'a Simplex,
    /// The coordinates of the simplex, and those beyond it.
    pub inside: &'a [E],
    pub padding: &'a [E],
}

/// A class and its `s_i`, less the sum of all `w_k v_k`.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub class: usize,
    pub product: f64,
}

/// What a pass over all blocks finds out.
pub(super) struct Scanned {
    /// The class of the largest product.
    pub top: Place,
    /// The sum of all `w_k v_k`.
    pub sum: f64,
    /// `||v||^2`
    pub square: f64,
}

/// Numbers of the block that is worked on.
#[repr(C, align(64))]
pub(super) struct Scratch<const B: usize> {
    v: [f64; B],
    own: [f64; B],
    square: [f64; B],
    /// Lanes of the sum of squares.
    squares: [f64; LANES],
}

/// Coordinates beyond so many sigmas are limited to it: sums of their squares are finite numbers.
pub(super) fn farthest<E: Real, R: Real>() -> R {
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

pub(super) fn to<R: Real, E: Real>(value: E) -> R {
    R::rounded(value.widened())
}

/// Adds up the numbers of a block.
#[inline(always)]
pub(super) fn add<R: Real>(total: &mut [f64; LANES], values: &[R]) {
    for row in values.as_chunks::<LANES>().0 {
        for (sum, &value) in total.iter_mut().zip(row) {
            *sum += value.widened();
        }
    }
}

/// The first place of the block whose coordinate is behind the class's own: from there on the class's
/// vertex has `w_k`, in front of its own 0.
pub(super) fn behind(class: usize, start: usize) -> u32 {
    class.saturating_sub(start) as u32
}

/// The sum of the lanes that blocks of `B` numbers were added to.
#[inline(always)]
pub(super) fn total<const B: usize>(lanes: [f64; LANES]) -> f64 {
    match B {
        SMALL_BLOCK => block::sum(&lanes),
        _ => total_of_many(lanes),
    }
}

/// Not inlined: the loops that fill the lanes are compiled to faster ones then.
#[inline(never)]
fn total_of_many(lanes: [f64; LANES]) -> f64 {
    block::sum(&lanes)
}

/// The largest number, NaN not counted.
#[inline(always)]
pub(super) fn largest(values: &[f64]) -> f64 {
    extreme(values, f64::NEG_INFINITY, |a, b| if b > a { b } else { a })
}

/// The smallest number, NaN not counted.
#[inline(always)]
pub(super) fn smallest(values: &[f64]) -> f64 {
    extreme(values, f64::INFINITY, |a, b| if b < a { b } else { a })
}

#[inline(always)]
fn extreme(values: &[f64], none: f64, choose: impl Fn(f64, f64) -> f64) -> f64 {
    let mut lanes = [none; LANES];
    let (rows, rest) = values.as_chunks::<LANES>();
    for row in rows {
        for i in 0..LANES {
            lanes[i] = choose(lanes[i], row[i]);
        }
    }
    for (lane, &value) in lanes.iter_mut().zip(rest) {
        *lane = choose(*lane, value);
    }
    let mut half = LANES / 2;
    while half > 0 {
        for i in 0..half {
            lanes[i] = choose(lanes[i], lanes[i + half]);
        }
        half /= 2;
    }
    lanes[0]
}

impl Place {
    /// The first class, whose product is the sum itself.
    pub const FIRST: Self = Self {
        class: 0,
        product: 0.0,
    };

    /// The class of one of the products of a block.
    #[inline(always)]
    pub fn in_block(product: f64, start: usize, products: &[f64]) -> Self {
        let place = products.iter().position(|&other| other == product);
        Self {
            class: start + 1 + place.unwrap_or(0),
            product,
        }
    }
}

impl<const B: usize> Scratch<B> {
    #[inline(always)]
    pub fn new() -> Self {
        Self {
            v: [0.0; B],
            own: [0.0; B],
            square: [0.0; B],
            squares: [0.0; LANES],
        }
    }
}

impl<E: Real> Row<'_, E> {
    #[inline(always)]
    pub fn scaled<R: Real>(&self, x: E) -> R {
        limited(
            to::<R, E>(x) * R::rounded(self.simplex.rate),
            farthest::<E, R>(),
        )
    }

    /// Writes the coordinates from `start` on, in units of sigma, and zeros behind the last one.
    #[inline(always)]
    pub fn block<R: Real, const B: usize>(&self, start: usize, block: &mut [R; B]) {
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

    /// Writes the products of the classes of the block at `start`, as those of a [`Place`], and adds to
    /// `before`, the sum of all `w_k v_k` in front of it, those of the block.
    #[inline(always)]
    pub fn products<const FMA: bool, const B: usize>(
        &self,
        start: usize,
        weights: &[f64; B],
        before: &mut f64,
        scratch: &mut Scratch<B>,
        products: &mut [f64; B],
    ) {
        let Scratch {
            v,
            own,
            square,
            squares,
        } = scratch;
        self.block(start, v);
        for i in 0..B {
            own[i] = weights[i] * v[i];
            square[i] = v[i] * v[i];
        }
        add(squares, square);
        let sum = prefix_sum::<_, 8, B>(own, products);
        let [before_block, first] = [*before, (start + 1) as f64];
        for i in 0..B {
            let k = first + f64::STEPS[i];
            products[i] = -own[i].multiply_add::<FMA>(k, products[i] + before_block);
        }
        *before += sum;
    }

    /// Writes the products of all classes but the first, as those of a [`Place`].
    #[inline(always)]
    pub fn scan<const FMA: bool, const B: usize>(&self, row: &mut [f64]) -> Scanned {
        let mut scratch = Scratch::new();
        let (mut top, mut before) = (Place::FIRST, 0.0);
        let blocks = row.as_chunks_mut::<B>().0.iter_mut();
        let blocks = blocks.zip(self.simplex.weights.as_chunks::<B>().0);
        for (b, (products, weights)) in blocks.enumerate() {
            let start = b * B;
            self.products::<FMA, B>(start, weights, &mut before, &mut scratch, products);
            let valid = &products[..self.len::<B>(start)];
            let most = largest(valid);
            if most > top.product {
                top = Place::in_block(most, start, valid);
            }
        }
        self.scanned(top, before, &scratch)
    }

    /// How many coordinates the block at `start` has.
    #[inline(always)]
    pub fn len<const B: usize>(&self, start: usize) -> usize {
        B.min(self.inside.len() - start)
    }

    #[inline(always)]
    pub fn scanned<const B: usize>(&self, top: Place, sum: f64, scratch: &Scratch<B>) -> Scanned {
        let beyond = self.padding.iter().map(|&x| self.scaled::<f64>(x).powi(2));
        Scanned {
            top,
            sum,
            square: total::<B>(scratch.squares) + beyond.sum::<f64>(),
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
        let mut blocks = Aligned([[0.0; B]; 3]);
        let [v, square, product] = &mut blocks.0;
        for (b, weights) in self.simplex.weights.as_chunks::<B>().0.iter().enumerate() {
            let start = b * B;
            self.block(start, v);
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
            add(&mut squares, square);
            add(&mut along, product);
        }
        let (mut square, mut along) = (total::<B>(squares), total::<B>(along));
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
}
