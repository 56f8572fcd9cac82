//! One embedding: the products with the classes' vertices, and the largest `kappa`.

use super::planes::Coordinate;
use super::planes::blocks_of;
use super::planes::{BLOCK, PLANE, PLANES, Planes, place, place_in, planes, planes_mut};
use super::prefetch::prefetch;
use super::prefix_sum::prefix_sum;
use super::scratch::{Scratch, first_equal};
use super::simplex::Simplex;
use crate::op::host::block::{self, Aligned};
use crate::op::host::real::{Real as _, select};

/// One embedding, in blocks whose numbers lie in [`planes`](crate::op::simplex::cpu::planes).
pub(in crate::op) struct Row<'a, E> {
    pub simplex: &'a Simplex,
    /// The coordinates of the simplex, and those beyond it.
    pub inside: &'a [E],
    pub padding: &'a [E],
}

/// A class and its `s_i`, less the sum of all `w_k v_k`.
#[derive(Clone, Copy)]
pub(in crate::op) struct Place {
    pub class: usize,
    pub product: f64,
}

/// What a pass over all blocks finds out.
pub(in crate::op) struct Scanned {
    /// The class of the largest product.
    pub top: Place,
    /// The sum of all `w_k v_k`.
    pub sum: f64,
    /// `||v||^2`
    pub square: f64,
}

/// A squared distance that is so small a share of the squared lengths has lost digits of E in their
/// difference.
fn least_share<E: Coordinate>() -> f64 {
    if E::MAX == f64::MAX {
        f64::INFINITY
    } else {
        1e-6
    }
}

/// The first place of the block whose coordinate is behind the class's own: from there on the class's
/// vertex has `w_k`, in front of its own 0.
pub(in crate::op) fn behind(class: usize, start: usize) -> usize {
    class.saturating_sub(start)
}

/// Of the numbers of a row, those of the whole block behind that at `start`, if there is one.
#[inline(always)]
pub(in crate::op) fn next<T>(start: usize, row: &[T]) -> &[T] {
    row.get(start + BLOCK..start + 2 * BLOCK).unwrap_or(&[])
}

impl Place {
    /// The first class, whose product is the sum itself.
    pub const FIRST: Self = Self {
        class: 0,
        product: 0.0,
    };

    /// The class of one of the products of a block.
    #[inline(always)]
    pub fn in_block(product: f64, start: usize, products: &[f64; BLOCK]) -> Self {
        Self {
            class: start + 1 + first_equal(product, products),
            product,
        }
    }
}

impl<'a, E> Row<'a, E> {
    pub fn new(simplex: &'a Simplex, x: &'a [E]) -> Self {
        let (inside, padding) = x.split_at(simplex.classes() - 1);
        Self {
            simplex,
            inside,
            padding,
        }
    }
}

impl<E: Coordinate> Row<'_, E> {
    #[inline(always)]
    pub fn scaled<R: Coordinate>(&self, x: E) -> R {
        self.simplex.scaled(x)
    }

    /// The coordinates from `start` on, with zeros behind the last one.
    #[inline(always)]
    fn fours<'a>(&'a self, start: usize, padded: &'a mut [E; BLOCK]) -> &'a [[E; PLANES]; PLANE] {
        let rest = &self.inside[start..];
        let block = match rest.first_chunk::<BLOCK>() {
            Some(block) => block,
            None => {
                padded[..rest.len()].copy_from_slice(rest);
                padded
            }
        };
        block.as_chunks().0.try_into().expect("all fours")
    }

    /// Writes the coordinates from `start` on, in units of sigma, and zeros behind the last one.
    #[inline(always)]
    pub fn block<R: Coordinate>(&self, start: usize, block: &mut [R; BLOCK]) {
        let mut padded = [E::ZERO; BLOCK];
        let fours = self.fours(start, &mut padded);
        let block = planes_mut(block);
        for i in 0..PLANE {
            for p in 0..PLANES {
                block[p][i] = self.scaled(fours[i][p]);
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
        prefetch(next(start, self.inside));
        let mut padded = [E::ZERO; BLOCK];
        let x = self.fours(start, &mut padded);
        let weights = planes(weights);
        let own = planes_mut(&mut scratch.own);
        for i in 0..PLANE {
            let [mut sum, mut squares] = [0.0; 2];
            for p in 0..PLANES {
                let v: f64 = self.scaled(x[i][p]);
                own[p][i] = weights[p][i] * v;
                sum += own[p][i];
                squares = v.multiply_add::<FMA>(v, squares);
            }
            scratch.fours[i] = sum;
            scratch.squares[i] += squares;
        }

        let of_block = prefix_sum(&scratch.fours, &mut scratch.before);
        let [before_block, first] = [*before, (start + 1) as f64];
        let products_of = planes_mut(products);
        for i in 0..PLANE {
            let mut k = first + f64::NUMBERS[i];
            let mut up_to = before_block + scratch.before[i];
            for p in 0..PLANES {
                up_to += own[p][i];
                products_of[p][i] = (-own[p][i]).multiply_add::<FMA>(k, -up_to);
                k += 1.0;
            }
        }
        // Of no class: 0, the product of the first, is neither less than the least nor more than the most.
        for padding in (self.len(start)..BLOCK).map(place) {
            products[padding] = 0.0;
        }
        scratch.take_extremes(products);
        *before += of_block;
    }

    /// Writes the products of all classes but the first, as those of a [`Place`].
    #[inline(always)]
    pub fn scan<const FMA: bool>(&self, row: &mut [Planes<f64>]) -> Scanned {
        let mut scratch = Scratch::new();
        let (mut top, mut before) = (Place::FIRST, 0.0);
        let blocks = blocks_of(&self.simplex.blocks).zip(row);
        for ((start, weights), products) in blocks {
            let products = &mut products.0;
            self.products::<FMA>(start, weights, &mut before, &mut scratch, products);
            let [_, most] = scratch.extremes();
            if most > top.product {
                top = Place::in_block(most, start, products);
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
            square: block::sum(&scratch.squares) + beyond.sum::<f64>(),
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
        let mut v = Aligned([0.0; BLOCK]);
        let [mut squares, mut along] = [Aligned([0.0; PLANE]); 2];
        for (start, weights) in blocks_of(&self.simplex.blocks) {
            self.block(start, &mut v.0);
            if let Some(place) = place_in(start + 1, class) {
                v.0[place] = 0.0;
            }
            let behind = behind(class, start) as f64;
            let [v, weights] = [&v.0, weights].map(planes);
            for i in 0..PLANE {
                let mut k = f64::NUMBERS[i];
                for p in 0..PLANES {
                    let vertex = select(k >= behind, weights[p][i], 0.0);
                    let apart = (-m).multiply_add::<FMA>(vertex, v[p][i]);
                    squares.0[i] = apart.multiply_add::<FMA>(apart, squares.0[i]);
                    along.0[i] = apart.multiply_add::<FMA>(vertex, along.0[i]);
                    k += 1.0;
                }
            }
        }
        let (mut square, mut along) = (block::sum(&squares.0), block::sum(&along.0));
        if let Some(index) = class.checked_sub(1) {
            let vertex = class as f64 * self.simplex.weight(class);
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
