//! MultiDome of few classes: a group of embeddings side by side in the vectors, one class after the
//! other. Each embedding's results depend on itself alone.

#![expect(
    clippy::needless_range_loop,
    reason = "one index for the numbers of many arrays, which is what compiles to vectors"
)]

use super::planes::Coordinate;
use super::simplex::Simplex;
use crate::op::host::block::Aligned;
use crate::op::host::real::{Real as _, select};

/// Embeddings of a group. Loops of less than 16 steps are not compiled to vectors, and 32 has been
/// fastest.
pub(in crate::op) const GROUP: usize = 32;

/// A number of each embedding.
pub(in crate::op) type Lanes = [f64; GROUP];

/// Up to [`GROUP`] embeddings, and room for what is computed of them.
pub(in crate::op) struct Group<'a> {
    pub simplex: &'a Simplex,
    /// Each coordinate in units of sigma, later its derivative.
    pub v: Vec<Aligned<Lanes>>,
    /// `s_i`, less that of the first class.
    pub products: Vec<Aligned<Lanes>>,
    /// `e_i`, later the derivatives by `kappa_i`.
    pub bumps: Vec<Aligned<Lanes>>,
}

/// Classes, as numbers, with their products.
#[derive(Clone, Copy)]
pub(in crate::op) struct Places {
    pub class: Lanes,
    pub product: Lanes,
}

/// `||v - m e_c||^2` and `<v - m e_c, e_c>` of a class c.
pub(in crate::op) struct Distance {
    pub square: Lanes,
    pub along: Lanes,
}

pub(in crate::op) const ZEROS: Lanes = [0.0; GROUP];

impl<'a> Group<'a> {
    pub fn new(simplex: &'a Simplex, dim: usize) -> Self {
        let numbers = |count| vec![Aligned(ZEROS); count];
        Self {
            simplex,
            v: numbers(dim),
            products: numbers(simplex.classes()),
            bumps: numbers(simplex.classes()),
        }
    }

    pub fn classes(&self) -> usize {
        self.simplex.classes()
    }

    /// Size of an embedding.
    pub fn dim(&self) -> usize {
        self.v.len()
    }

    /// Takes the embeddings, copies of the last one in the place of missing ones, and finds the largest
    /// product of each.
    #[inline(always)]
    pub fn load<E: Coordinate, const FMA: bool>(&mut self, rows: &[E]) -> Places {
        let dim = self.dim();
        let last = rows.len() / dim - 1;
        let rows: [&[E]; GROUP] = core::array::from_fn(|r| &rows[r.min(last) * dim..][..dim]);
        for (k, v) in self.v.iter_mut().enumerate() {
            for r in 0..GROUP {
                v.0[r] = self.simplex.scaled(rows[r][k]);
            }
        }

        let mut top = Places {
            class: ZEROS,
            product: ZEROS,
        };
        let mut before = ZEROS;
        let inside = self.v.iter().zip(&self.simplex.weights);
        let (first, rest) = self.products.split_first_mut().expect("two classes");
        first.0 = ZEROS;
        for (i, (product, (v, &weight))) in rest.iter_mut().zip(inside).enumerate() {
            let class = (i + 1) as f64;
            for r in 0..GROUP {
                let own = weight * v.0[r];
                before[r] += own;
                product.0[r] = -own.multiply_add::<FMA>(class, before[r]);
                let higher = product.0[r] > top.product[r];
                top.product[r] = select(higher, product.0[r], top.product[r]);
                top.class[r] = select(higher, class, top.class[r]);
            }
        }
        top
    }

    /// As sums of differences: nothing cancels.
    #[inline(always)]
    pub fn distance<const FMA: bool>(&self, class: &Lanes) -> Distance {
        let m = self.simplex.m;
        let (mut square, mut along) = (ZEROS, ZEROS);
        let (inside, padding) = self.v.split_at(self.simplex.classes() - 1);
        for (i, (v, &weight)) in inside.iter().zip(&self.simplex.weights).enumerate() {
            let k = (i + 1) as f64;
            for r in 0..GROUP {
                let vertex = coordinate(k, weight, class[r]);
                let apart = (-m).multiply_add::<FMA>(vertex, v.0[r]);
                square[r] = apart.multiply_add::<FMA>(apart, square[r]);
                along[r] = apart.multiply_add::<FMA>(vertex, along[r]);
            }
        }
        for v in padding {
            for r in 0..GROUP {
                square[r] = v.0[r].multiply_add::<FMA>(v.0[r], square[r]);
            }
        }
        Distance { square, along }
    }
}

/// Coordinate k, from 1, of the vertex of a class.
#[inline(always)]
pub(in crate::op) fn coordinate(k: f64, weight: f64, class: f64) -> f64 {
    select(k > class, weight, select(k == class, -k * weight, 0.0))
}
