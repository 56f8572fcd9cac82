//! The scores of a group of embeddings, and their gradients.

#![expect(
    clippy::needless_range_loop,
    reason = "one index for the numbers of many arrays, which is what compiles to vectors"
)]

use core::mem::MaybeUninit;

use super::group::{GROUP, Group, ZEROS};
use super::group_gradient::SlopeLanes;
use super::planes::Coordinate;
use super::simplex::ParameterGradient;
use crate::op::host::real::{Real as _, select};

impl Group<'_> {
    /// Writes `kappa` of every class of each embedding.
    #[inline(always)]
    pub fn scores<E: Coordinate, const FMA: bool>(
        &mut self,
        rows: &[E],
        scores: &mut [MaybeUninit<E>],
    ) {
        let top = self.load::<E, FMA>(rows);
        let square = self.distance::<FMA>(&top.class).square;
        for product in &mut self.products {
            for r in 0..GROUP {
                let below = product.0[r] - top.product[r];
                product.0[r] = (2.0 * self.simplex.m).multiply_add::<FMA>(below, -square[r]);
            }
        }
        for (r, scores) in scores.chunks_mut(self.products.len()).enumerate() {
            for (score, kappa) in scores.iter_mut().zip(&self.products) {
                score.write(E::rounded(kappa.0[r]));
            }
        }
    }

    /// From the derivatives by `kappa` to those by the embeddings, mu and sigma.
    #[inline(always)]
    pub fn scores_backward<E: Coordinate, const FMA: bool>(
        &mut self,
        rows: &[E],
        slopes: &[E],
        gradient: &mut [MaybeUninit<E>],
    ) -> [ParameterGradient; GROUP] {
        let top = self.load::<E, FMA>(rows);
        let distance = self.distance::<FMA>(&top.class);
        for (r, slopes) in slopes.chunks(self.bumps.len()).enumerate() {
            for (slot, slope) in self.bumps.iter_mut().zip(slopes) {
                slot.0[r] = slope.widened();
            }
        }
        let mut sums = SlopeLanes {
            near: top.class,
            all: ZEROS,
            others: ZEROS,
            products: ZEROS,
        };
        for (i, (slope, product)) in self.bumps.iter().zip(&self.products).enumerate() {
            for r in 0..GROUP {
                let other = select(top.class[r] == i as f64, 0.0, slope.0[r]);
                sums.all[r] += slope.0[r];
                sums.others[r] += other;
                sums.products[r] += other * (product.0[r] - top.product[r]);
            }
        }
        let limited = self.backward::<E, FMA>(&sums, gradient);
        self.parameters(&distance, &sums, &limited)
    }
}
