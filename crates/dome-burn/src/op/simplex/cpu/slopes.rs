//! The derivatives of one embedding's result by `kappa_i`.

use super::bumps::Workspace;
use super::loss::Slope;
use super::planes::Coordinate;
use super::planes::{BLOCK, place, place_in};
use super::simplex::Simplex;

/// Derivatives by `kappa_i`. Not a closure: that is not compiled for the vectors that are in use.
pub(in crate::op) trait Slopes<R> {
    /// Writes those of the classes from `class` on, in [`planes`](crate::op::simplex::cpu::planes).
    fn fill<const FMA: bool>(&mut self, class: usize, block: &mut [R; BLOCK]);
}

/// Sums of the derivatives by `kappa_i`.
pub(in crate::op) struct SlopeSums {
    /// The class that the others are compared with.
    pub class: usize,
    /// Over all classes but that, and over all.
    pub others: f64,
    pub all: f64,
    /// Of the first class.
    pub first: f64,
    /// Whether some coordinate may be limited.
    pub far: bool,
}

/// Those of all classes.
pub(in crate::op) struct Given<'a, E>(pub &'a [E]);

impl<E: Coordinate> Slopes<f64> for Given<'_, E> {
    #[inline(always)]
    fn fill<const FMA: bool>(&mut self, class: usize, block: &mut [f64; BLOCK]) {
        for (j, value) in self.0[class..].iter().take(BLOCK).enumerate() {
            block[place(j)] = value.widened();
        }
    }
}

/// Those of a loss, from the bumps in a workspace.
pub(in crate::op) struct OfBumps<'a, E> {
    simplex: &'a Simplex,
    space: &'a Workspace<E>,
    slope: Slope,
    /// Classes whose derivatives have terms of their own.
    special: [(usize, f64); 2],
    top_product: f64,
    /// What the bumps at hand are relative to, and the coefficients for these.
    reference: f64,
    quadratic: E,
    linear: E,
}

impl<'a, E: Coordinate> OfBumps<'a, E> {
    /// `top_product` is that of the largest bump.
    #[inline(always)]
    pub fn new(
        simplex: &'a Simplex,
        space: &'a Workspace<E>,
        slope: Slope,
        special: [(usize, f64); 2],
        top_product: f64,
    ) -> Self {
        Self {
            quadratic: E::rounded(slope.quadratic),
            linear: E::rounded(slope.linear),
            reference: top_product,
            simplex,
            space,
            slope,
            special,
            top_product,
        }
    }
}

impl<E: Coordinate> Slopes<E> for OfBumps<'_, E> {
    #[inline(always)]
    fn fill<const FMA: bool>(&mut self, class: usize, block: &mut [E; BLOCK]) {
        let index = (class - 1) / BLOCK;
        let reference = self.space.references[index];
        if reference != self.reference {
            let e = self.simplex.bump::<FMA>(reference - self.top_product);
            self.reference = reference;
            self.quadratic = E::rounded(self.slope.quadratic * e * e);
            self.linear = E::rounded(self.slope.linear * e);
        }
        let e = &self.space.bumps[index].0;
        let (quadratic, linear) = (self.quadratic, self.linear);
        for i in 0..BLOCK {
            block[i] = e[i] * quadratic.multiply_add::<FMA>(e[i], linear);
        }
        for (special, slope) in self.special {
            if let Some(place) = place_in(class, special) {
                block[place] = E::rounded(slope);
            }
        }
    }
}
