//! The gradients of a group of embeddings.

#![expect(
    clippy::needless_range_loop,
    reason = "one index for the numbers of many arrays, which is what compiles to vectors"
)]

use core::mem::MaybeUninit;

use super::gradient::unless_limited;
use super::group::{Distance, GROUP, Group, Lanes, ZEROS, coordinate};
use super::planes::Coordinate;
use super::simplex::{ParameterGradient, farthest};
use crate::op::host::real::{Real as _, limited, select, to};

/// Sums of the derivatives by `kappa_i` over all classes, over all but the `near` one, and of the
/// derivatives times `s_i - s_near`.
pub(in crate::op) struct SlopeLanes {
    pub near: Lanes,
    pub all: Lanes,
    pub others: Lanes,
    pub products: Lanes,
}

impl Group<'_> {
    /// `distance` is that of the `near` class, and `limited` comes of [`backward`](Self::backward).
    #[inline(always)]
    pub fn parameters(
        &self,
        distance: &Distance,
        sums: &SlopeLanes,
        limited: &Lanes,
    ) -> [ParameterGradient; GROUP] {
        core::array::from_fn(|r| {
            let (square, along) = (distance.square[r], distance.along[r]);
            self.simplex
                .parameters(-square, sums.all[r], sums.products[r], along, limited[r])
        })
    }

    /// Writes the gradients of the embeddings from the derivatives by `kappa_i`, in place of the bumps.
    /// Returns `sum v_k dL/dv_k` over the coordinates that are limited, whose gradient is 0 instead.
    ///
    /// In differences from one class's vertex, so that nothing cancels near it: the class's own slope
    /// counts as minus the sum of the others.
    #[inline(always)]
    pub fn backward<E: Coordinate, const FMA: bool>(
        &mut self,
        sums: &SlopeLanes,
        gradient: &mut [MaybeUninit<E>],
    ) -> Lanes {
        let (m, outer) = (self.simplex.m, -2.0 * self.simplex.rate);
        let farthest = farthest::<E, f64>();
        let (first, rest) = self.bumps.split_first().expect("two classes");
        let mut before = ZEROS;
        for r in 0..GROUP {
            before[r] = select(sums.near[r] == 0.0, -sums.others[r], first.0[r]);
        }
        let mut limits = ZEROS;
        let (inside, padding) = self.v.split_at_mut(self.simplex.classes() - 1);
        let weights = &self.simplex.weights;
        for (i, ((v, slope), &weight)) in inside.iter_mut().zip(rest).zip(weights).enumerate() {
            let k = (i + 1) as f64;
            for r in 0..GROUP {
                let near = sums.near[r];
                let own = select(near == k, -sums.others[r], slope.0[r]);
                let toward = m * weight * (-own).multiply_add::<FMA>(k, before[r]);
                before[r] += own;
                let apart = (-m).multiply_add::<FMA>(coordinate(k, weight, near), v.0[r]);
                let steep = outer * sums.all[r].multiply_add::<FMA>(apart, -toward);
                let (steep, lost) = unless_limited(steep, v.0[r], farthest);
                limits[r] += lost;
                v.0[r] = limited(steep, E::MAX);
            }
        }
        for v in padding {
            for r in 0..GROUP {
                let steep = outer * sums.all[r] * v.0[r];
                let (steep, lost) = unless_limited(steep, v.0[r], farthest);
                limits[r] += lost;
                v.0[r] = limited(steep, E::MAX);
            }
        }
        for (r, gradient) in gradient.chunks_mut(self.v.len()).enumerate() {
            for (slot, derivative) in gradient.iter_mut().zip(&self.v) {
                slot.write(to(derivative.0[r]));
            }
        }
        limits.map(|limit| limit / self.simplex.rate)
    }
}
