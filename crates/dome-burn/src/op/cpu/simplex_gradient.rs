//! The gradient of one embedding.

use core::mem::MaybeUninit;

use super::block::{Aligned, BLOCK};
use super::prefix_sum::prefix_sum;
use super::real::{Real, limited, to};
use super::simplex::{blocks_of, farthest};
use super::simplex_row::{LANES, Row, add, behind, total};
use super::simplex_slopes::{SlopeSums, Slopes};

/// The derivative by a coordinate that is not limited, else 0; and what is lost by that, times the
/// coordinate.
#[inline(always)]
pub(super) fn unless_limited<R: Real>(slope: R, v: R, farthest: R) -> (R, R) {
    match v.magnitude() == farthest {
        true => (R::ZERO, v * slope),
        false => (slope, R::ZERO),
    }
}

impl<E: Real> Row<'_, E> {
    /// Writes the gradient of the embedding; `weights` are those of the simplex. Returns
    /// `sum v_k dL/dv_k` over the coordinates that are limited, whose gradient is 0 instead.
    ///
    /// In differences from one class's vertex, so that nothing cancels near it: the class's own slope
    /// counts as minus the sum of the others.
    #[inline(always)]
    pub fn backward<R: Real, const FMA: bool>(
        &self,
        weights: &[R],
        sums: &SlopeSums,
        mut slopes: impl Slopes<R>,
        gradient: &mut [MaybeUninit<E>],
    ) -> f64 {
        let simplex = self.simplex;
        let near = sums.class;
        let [m, outer] = [simplex.m, -2.0 * simplex.rate].map(R::rounded);
        let [of_all, of_others] = [sums.all, -sums.others].map(R::rounded);
        let mut before = if near == 0 { -sums.others } else { sums.first };
        let mut limits = [0.0; LANES];
        let mut blocks = Aligned([[R::ZERO; BLOCK]; 6]);
        let [v, own, up_to, apart, steep, limit] = &mut blocks.0;
        for (start, weights) in blocks_of(weights) {
            let own_place = near.checked_sub(start + 1).filter(|&place| place < BLOCK);
            slopes.fill::<FMA>(start + 1, own);
            if let Some(place) = own_place {
                own[place] = of_others;
            }
            let sum = prefix_sum::<_, 4, BLOCK>(own, up_to);
            self.block(start, v);
            let behind = behind(near, start);
            for i in 0..BLOCK {
                let vertex = if i as u32 >= behind {
                    weights[i]
                } else {
                    R::ZERO
                };
                apart[i] = (-m).multiply_add::<FMA>(vertex, v[i]);
            }
            if let Some(place) = own_place {
                // The largest coordinate of the vertex, so that rounding counts most here.
                let vertex = near as f64 * simplex.weights[near - 1];
                let v = self.scaled::<f64>(self.inside[near - 1]);
                apart[place] = R::rounded(simplex.m.multiply_add::<FMA>(vertex, v));
            }
            let [before_block, first] = [before, (start + 2) as f64].map(R::rounded);
            for i in 0..BLOCK {
                let k = first + R::STEPS[i];
                // The classes in front, and minus k times the own one, which the sum includes.
                let toward = (-own[i]).multiply_add::<FMA>(k, up_to[i] + before_block);
                let toward = m * weights[i] * toward;
                steep[i] = outer * of_all.multiply_add::<FMA>(apart[i], -toward);
            }
            for i in 0..BLOCK {
                (steep[i], limit[i]) = unless_limited(steep[i], v[i], farthest::<E, R>());
            }
            add(&mut limits, limit);
            for (gradient, slope) in gradient[start..self.inside.len()]
                .iter_mut()
                .zip(steep.iter())
            {
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
