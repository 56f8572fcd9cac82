//! One embedding: the products with the classes' vertices, and the largest `kappa`.

use super::block::{self, Aligned, BLOCK};
use super::prefix_sum::prefix_sum;
use super::real::Real;
use super::simplex::{Simplex, blocks_of};

/// Numbers side by side, the same on every processor, so that sums are too.
pub(super) const LANES: usize = 16;

/// One embedding, in blocks.
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
pub(super) struct Scratch {
    v: [f64; BLOCK],
    own: [f64; BLOCK],
    square: [f64; BLOCK],
    /// Lanes of the sum of squares.
    squares: [f64; LANES],
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

/// The sum of lanes. Not inlined: the loops that fill the lanes are compiled to faster ones then.
#[inline(never)]
pub(super) fn total(lanes: [f64; LANES]) -> f64 {
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

impl Scratch {
    #[inline(always)]
    pub fn new() -> Self {
        Self {
            v: [0.0; BLOCK],
            own: [0.0; BLOCK],
            square: [0.0; BLOCK],
            squares: [0.0; LANES],
        }
    }
}

impl<E: Real> Row<'_, E> {
    #[inline(always)]
    pub fn scaled<R: Real>(&self, x: E) -> R {
        self.simplex.scaled(x)
    }

    /// Writes the coordinates from `start` on, in units of sigma, and zeros behind the last one.
    #[inline(always)]
    pub fn block<R: Real>(&self, start: usize, block: &mut [R; BLOCK]) {
        match self.inside[start..].first_chunk::<BLOCK>() {
            Some(x) => {
                for i in 0..BLOCK {
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
    pub fn products<const FMA: bool>(
        &self,
        start: usize,
        weights: &[f64; BLOCK],
        before: &mut f64,
        scratch: &mut Scratch,
        products: &mut [f64; BLOCK],
    ) {
        let Scratch {
            v,
            own,
            square,
            squares,
        } = scratch;
        self.block(start, v);
        for i in 0..BLOCK {
            own[i] = weights[i] * v[i];
            square[i] = v[i] * v[i];
        }
        add(squares, square);
        let sum = prefix_sum::<_, 8, BLOCK>(own, products);
        let [before_block, first] = [*before, (start + 1) as f64];
        for i in 0..BLOCK {
            let k = first + f64::STEPS[i];
            products[i] = -own[i].multiply_add::<FMA>(k, products[i] + before_block);
        }
        *before += sum;
    }

    /// Writes the products of all classes but the first, as those of a [`Place`].
    #[inline(always)]
    pub fn scan<const FMA: bool>(&self, row: &mut [f64]) -> Scanned {
        let mut scratch = Scratch::new();
        let (mut top, mut before) = (Place::FIRST, 0.0);
        let blocks = blocks_of(&self.simplex.weights).zip(row.as_chunks_mut::<BLOCK>().0);
        for ((start, weights), products) in blocks {
            self.products::<FMA>(start, weights, &mut before, &mut scratch, products);
            let valid = &products[..self.len(start)];
            let most = largest(valid);
            if most > top.product {
                top = Place::in_block(most, start, valid);
            }
        }
        self.scanned(top, before, &scratch)
    }

    /// How many coordinates the block at `start` has.
    #[inline(always)]
    pub fn len(&self, start: usize) -> usize {
        BLOCK.min(self.inside.len() - start)
    }

    #[inline(always)]
    pub fn scanned(&self, top: Place, sum: f64, scratch: &Scratch) -> Scanned {
        let beyond = self.padding.iter().map(|&x| self.scaled::<f64>(x).powi(2));
        Scanned {
            top,
            sum,
            square: total(scratch.squares) + beyond.sum::<f64>(),
        }
    }

    /// `||v - m e_c||^2` and `<v - m e_c, e_c>` of the class c of the largest product.
    #[inline(always)]
    pub fn distance<const FMA: bool>(&self, scanned: &Scanned) -> (f64, f64) {
        let m = self.simplex.m;
        let product = scanned.sum + scanned.top.product;
        let lengths = scanned.square + m * m;
        let square = lengths - 2.0 * m * product;
        match square > lengths * least_share::<E>() {
            true => (square, product - m),
            false => self.exact_distance::<FMA>(scanned.top.class),
        }
    }

    /// The same as sums of differences, of any class.
    #[inline(always)]
    fn exact_distance<const FMA: bool>(&self, class: usize) -> (f64, f64) {
        let m = self.simplex.m;
        let (mut squares, mut along) = ([0.0; LANES], [0.0; LANES]);
        let mut blocks = Aligned([[0.0; BLOCK]; 3]);
        let [v, square, product] = &mut blocks.0;
        for (start, weights) in blocks_of(&self.simplex.weights) {
            self.block(start, v);
            if (start + 1..start + 1 + BLOCK).contains(&class) {
                v[class - 1 - start] = 0.0;
            }
            let behind = behind(class, start);
            for i in 0..BLOCK {
                let vertex = if i as u32 >= behind { weights[i] } else { 0.0 };
                let apart = (-m).multiply_add::<FMA>(vertex, v[i]);
                square[i] = apart * apart;
                product[i] = apart * vertex;
            }
            add(&mut squares, square);
            add(&mut along, product);
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
}
