//! The bumps of one embedding and their sums, in one pass.

use core::f64::consts::LOG2_E;

use super::loss::Loss;
use super::planes::Coordinate;
use super::planes::blocks_of;
use super::planes::{BLOCK, Planes, place, place_in};
use super::row::{Place, Row, Scanned};
use super::scratch::Scratch;
use super::simplex::Simplex;
use crate::op::host::block;
use crate::op::host::exponential::exp2_minus;
use crate::op::host::real::Real as _;

/// Room for the bumps of one row.
pub(in crate::op) struct Workspace<E> {
    /// `exp(2 m (s_i - s_ref))` of all classes but the first.
    pub bumps: Vec<Planes<E>>,
    /// The product of each block's class `ref`: that of the largest product up to the block.
    pub references: Vec<f64>,
    pub buffers: Buffers,
}

/// What the pass finds out of one row.
pub(in crate::op) struct Found {
    pub scanned: Scanned,
    /// The class of the smallest product.
    pub low: Place,
    /// The product of the target.
    pub target_product: f64,
    pub sums: Sums,
}

/// Sums over all classes but that of the largest bump, with `d_i = s_i - s_max`; those that nobody asks for
/// are 0.
#[derive(Debug, Clone, Copy)]
pub(in crate::op) struct Sums {
    pub e: f64,
    pub squares: f64,
    /// Of `e_i d_i` and of `e_i^2 d_i`.
    pub products: f64,
    pub square_products: f64,
}

/// Numbers side by side in sums, the same on every processor.
const LANES: usize = 16;

/// [`Sums`] on the way, in terms of the largest bump so far.
#[derive(Clone, Copy)]
struct Partial {
    e: [f64; LANES],
    squares: [f64; LANES],
    products: [f64; LANES],
    square_products: [f64; LANES],
}

impl Partial {
    #[inline(always)]
    fn new() -> Self {
        Self {
            e: [0.0; LANES],
            squares: [0.0; LANES],
            products: [0.0; LANES],
            square_products: [0.0; LANES],
        }
    }

    /// Adds the bumps and products of a block, in terms of the product `top`. `PRODUCTS`: whether the sums of
    /// products are asked for.
    #[inline(always)]
    fn add<R: Loss, const PRODUCTS: bool, const FMA: bool>(
        &mut self,
        bumps: &[f64; BLOCK],
        products: &[f64; BLOCK],
        top: f64,
    ) {
        let mut sums = *self;
        for at in (0..BLOCK).step_by(LANES) {
            for i in 0..LANES {
                let [e, below] = [bumps[at + i], products[at + i] - top];
                sums.e[i] += e;
                if R::SQUARES {
                    sums.squares[i] = e.multiply_add::<FMA>(e, sums.squares[i]);
                }
                let product = e * below;
                if PRODUCTS {
                    sums.products[i] += product;
                }
                if R::SQUARES && PRODUCTS {
                    sums.square_products[i] =
                        product.multiply_add::<FMA>(e, sums.square_products[i]);
                }
            }
        }
        *self = sums;
    }

    /// In terms of another bump, whose product is larger by `rise`; the former largest, `e` in these
    /// terms, is one of the others now.
    #[inline(always)]
    fn relate<R: Loss>(&mut self, rise: f64, e: f64) {
        self.e[0] += 1.0;
        for i in 0..LANES {
            self.products[i] = e * (self.products[i] - rise * self.e[i]);
            self.e[i] *= e;
        }
        if R::SQUARES {
            self.squares[0] += 1.0;
            for i in 0..LANES {
                self.square_products[i] =
                    e * e * (self.square_products[i] - rise * self.squares[i]);
                self.squares[i] *= e * e;
            }
        }
    }

    fn sums(&self) -> Sums {
        Sums {
            e: block::sum(&self.e),
            squares: block::sum(&self.squares),
            products: block::sum(&self.products),
            square_products: block::sum(&self.square_products),
        }
    }
}

/// What the pass keeps of the block that it works on; new ones for each row would be filled with zeros first.
/// In one piece, as [`Blocks`](crate::op::elementwise::cpu::parameters::Blocks) are.
#[repr(C, align(64))]
pub(in crate::op) struct Buffers {
    products: [f64; BLOCK],
    e: [f64; BLOCK],
    scratch: Scratch,
}

impl Buffers {
    #[inline(always)]
    pub fn new() -> Self {
        Self {
            products: [0.0; BLOCK],
            e: [0.0; BLOCK],
            scratch: Scratch::new(),
        }
    }
}

impl<E: Coordinate> Workspace<E> {
    /// For the losses; their gradient by the embedding needs `room`.
    #[inline(always)]
    pub fn new(simplex: &Simplex, room: bool) -> Self {
        let blocks = if room { simplex.room() } else { Vec::new() };
        Self {
            references: vec![0.0; blocks.len()],
            bumps: blocks,
            buffers: Buffers::new(),
        }
    }
}

impl<E: Coordinate> Row<'_, E> {
    /// Sums up the bumps, and leaves them in the workspace, if there is room for them. `GRADIENT`: whether
    /// the sums of products are asked for.
    ///
    /// The largest is not known before the end: as in a softmax on the fly, what was summed up is scaled
    /// anew where a larger one is found.
    #[inline(always)]
    pub fn bumps<R: Loss, const GRADIENT: bool, const FMA: bool>(
        &self,
        target: usize,
        space: &mut Workspace<E>,
    ) -> Found {
        let scale = -2.0 * self.simplex.m * LOG2_E;
        let mut partial = Partial::new();
        let [mut top, mut low] = [Place::FIRST; 2];
        let [mut before, mut target_product] = [0.0; 2];
        let Buffers {
            products,
            e,
            scratch,
        } = &mut space.buffers;
        scratch.squares.fill(0.0);
        let mut places = space.bumps.iter_mut();
        let mut references = space.references.iter_mut();
        for (start, weights) in blocks_of(&self.simplex.blocks) {
            self.products::<FMA>(start, weights, &mut before, scratch, products);
            if let Some(place) = place_in(start + 1, target) {
                target_product = products[place];
            }
            let [least, most] = scratch.extremes();
            if least < low.product {
                low = Place::in_block(least, start, products);
            }
            if most > top.product {
                let rise = most - top.product;
                partial.relate::<R>(rise, self.simplex.bump::<FMA>(-rise));
                top = Place::in_block(most, start, products);
            }

            for i in 0..BLOCK {
                e[i] = exp2_minus::<E::Exp2, FMA>((products[i] - top.product) * scale).0;
            }
            for padding in (self.len(start)..BLOCK).map(place) {
                e[padding] = 0.0;
            }
            // There is room only where the gradient of the embedding is asked for.
            if let (Some(values), Some(reference)) = (places.next(), references.next()) {
                for (value, &e) in values.0.iter_mut().zip(e.iter()) {
                    *value = E::rounded(e);
                }
                *reference = top.product;
            }
            if let Some(place) = place_in(start + 1, top.class) {
                e[place] = 0.0;
            }
            partial.add::<R, GRADIENT, FMA>(e, products, top.product);
        }
        Found {
            scanned: self.scanned(top, before, scratch),
            low,
            target_product,
            sums: partial.sums(),
        }
    }
}
