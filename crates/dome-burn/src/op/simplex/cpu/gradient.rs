//! The gradient of one embedding.

use core::mem::MaybeUninit;

use super::planes::Coordinate;
use super::planes::blocks_of;
use super::planes::{BLOCK, PLANE, PLANES, Planes, place, place_in, planes};
use super::prefetch::prefetch;
use super::prefix_sum::prefix_sum;
use super::row::{Row, behind, next};
use super::simplex::farthest;
use super::slopes::{SlopeSums, Slopes};
use crate::op::host::block::Aligned;
use crate::op::host::real::{Real as _, limited, to};

/// The derivative by a coordinate that is not limited, else 0; and what is lost by that, times the
/// coordinate.
#[inline(always)]
pub(in crate::op) fn unless_limited<R: Coordinate>(slope: R, v: R, farthest: R) -> (R, R) {
    match v.magnitude() == farthest {
        true => (R::ZERO, v * slope),
        false => (slope, R::ZERO),
    }
}

impl<E: Coordinate> Row<'_, E> {
    /// Writes the gradient of the embedding; `weights` are those of the simplex. Returns
    /// `sum v_k dL/dv_k` over the coordinates that are limited, whose gradient is 0 instead.
    ///
    /// In differences from one class's vertex, so that nothing cancels near it: the class's own slope
    /// counts as minus the sum of the others.
    #[inline(always)]
    pub fn backward<R: Coordinate, const FMA: bool>(
        &self,
        weights: &[Planes<R>],
        sums: &SlopeSums,
        mut slopes: impl Slopes<R>,
        gradient: &mut [MaybeUninit<E>],
    ) -> f64 {
        let simplex = self.simplex;
        let near = sums.class;
        let [m, outer] = [simplex.m, -2.0 * simplex.rate].map(R::rounded);
        let [of_all, of_others] = [sums.all, -sums.others].map(R::rounded);
        let mut before = if near == 0 { -sums.others } else { sums.first };
        let mut limit = 0.0;
        let mut blocks = Aligned([[R::ZERO; BLOCK]; 4]);
        let [own, vertex, apart, steep] = &mut blocks.0;
        let [mut of_fours, mut in_front] = [Aligned([R::ZERO; PLANE]); 2];
        for (start, weights) in blocks_of(weights) {
            prefetch(next(start, gradient));
            let own_place = place_in(start + 1, near);
            slopes.fill::<FMA>(start + 1, own);
            if let Some(place) = own_place {
                own[place] = of_others;
            }
            let own = planes(own);
            let [a, b, c, d] = own;
            for i in 0..PLANE {
                of_fours.0[i] = ((a[i] + b[i]) + c[i]) + d[i];
            }
            let of_block = prefix_sum(&of_fours.0, &mut in_front.0);

            self.block(start, apart);
            let vertex: &[R; BLOCK] = match behind(near, start) {
                0 => weights,
                BLOCK.. => &[R::ZERO; BLOCK],
                behind => {
                    vertex.fill(R::ZERO);
                    for place in (behind..BLOCK).map(place) {
                        vertex[place] = weights[place];
                    }
                    vertex
                }
            };
            for i in 0..BLOCK {
                apart[i] = (-m).multiply_add::<FMA>(vertex[i], apart[i]);
            }
            if let Some(place) = own_place {
                // The largest coordinate of the vertex, so that rounding counts most here.
                let vertex = near as f64 * simplex.weight(near);
                let v = self.scaled::<f64>(self.inside[near - 1]);
                apart[place] = R::rounded(simplex.m.multiply_add::<FMA>(vertex, v));
            }

            let [weights, apart] = [planes(weights), planes(apart)];
            let fours = steep.as_chunks_mut::<PLANES>().0;
            let [before_block, first] = [before, (start + 2) as f64].map(R::rounded);
            for i in 0..PLANE {
                let mut k = first + R::NUMBERS[i];
                let mut up_to = before_block + in_front.0[i];
                for p in 0..PLANES {
                    up_to += own[p][i];
                    // The classes in front, and minus k times the own one, which the sum includes.
                    let toward = (-own[p][i]).multiply_add::<FMA>(k, up_to);
                    let toward = m * weights[p][i] * toward;
                    fours[i][p] = outer * of_all.multiply_add::<FMA>(apart[p][i], -toward);
                    k += R::ONE;
                }
            }
            if sums.far {
                for (slope, &x) in steep.iter_mut().zip(&self.inside[start..]) {
                    let of_limited;
                    (*slope, of_limited) =
                        unless_limited(*slope, self.scaled(x), farthest::<E, R>());
                    limit += of_limited.widened();
                }
            }
            let gradient = &mut gradient[start..self.inside.len()];
            for (gradient, &slope) in gradient.iter_mut().zip(steep.iter()) {
                gradient.write(to(limited(slope, R::rounded(R::MAX))));
            }
            before += of_block.widened();
        }
        for (gradient, &x) in gradient[self.inside.len()..].iter_mut().zip(self.padding) {
            let v = self.scaled::<R>(x);
            let (slope, of_limited) = unless_limited(outer * of_all * v, v, farthest::<E, R>());
            limit += of_limited.widened();
            gradient.write(to(limited(slope, R::rounded(R::MAX))));
        }
        limit / simplex.rate
    }
}
