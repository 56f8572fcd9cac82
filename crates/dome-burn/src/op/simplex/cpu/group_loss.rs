//! The losses of a group of embeddings, and their gradients.

#![expect(
    clippy::needless_range_loop,
    reason = "one index for the numbers of many arrays, which is what compiles to vectors"
)]

use core::f64::consts::LOG2_E;
use core::mem::MaybeUninit;

use super::bumps::Sums;
use super::group::{Distance, GROUP, Group, Lanes, Places, ZEROS};
use super::group_gradient::SlopeLanes;
use super::loss::Loss;
use super::measured::Measured;
use super::planes::Coordinate;
use super::simplex::ParameterGradient;
use crate::op::host::exponential::exp2_minus;
use crate::op::host::real::{Real as _, select};

/// [`Measured`] of each embedding, and where it was found.
struct MeasuredLanes {
    distance: Distance,
    top: Places,
    /// Its products, like that of the target, less the largest ones.
    low: Places,
    target_product: Lanes,
    target: Lanes,
    e_sum: Lanes,
    squares: Lanes,
    products: Lanes,
    square_products: Lanes,
}

impl Group<'_> {
    /// The loss of each embedding.
    #[inline(always)]
    pub fn losses<E: Coordinate, R: Loss, const FMA: bool>(
        &mut self,
        rows: &[E],
        targets: &[usize],
        kind: R,
    ) -> Lanes {
        let measured = self.measure::<E, R, FMA>(rows, &as_lanes(targets));
        let mut losses = ZEROS;
        for r in 0..GROUP {
            losses[r] = measured.of(r).loss::<FMA>(self.simplex, kind);
        }
        losses
    }

    /// The loss of each embedding, and its gradients by the embedding, if there is room for it, and by
    /// mu and sigma.
    #[inline(always)]
    pub fn losses_with_gradients<E: Coordinate, R: Loss, const FMA: bool>(
        &mut self,
        rows: &[E],
        targets: &[usize],
        kind: R,
        gradient: Option<&mut [MaybeUninit<E>]>,
    ) -> (Lanes, [ParameterGradient; GROUP]) {
        let targets = as_lanes(targets);
        let measured = self.measure::<E, R, FMA>(rows, &targets);
        let mut sums = SlopeLanes {
            near: measured.top.class,
            all: ZEROS,
            others: ZEROS,
            products: ZEROS,
        };
        let mut losses = ZEROS;
        let [mut quadratic, mut linear, mut at_target, mut at_smallest] = [ZEROS; 4];
        for r in 0..GROUP {
            let of = measured.of(r).derivatives::<FMA>(self.simplex, kind);
            losses[r] = of.loss;
            sums.all[r] = of.all;
            sums.others[r] = of.others;
            sums.products[r] = of.products;
            quadratic[r] = of.slope.quadratic;
            linear[r] = of.slope.linear;
            at_target[r] = of.slope.at_target;
            at_smallest[r] = of.slope.at_smallest;
        }
        // Not by `map_or`: a closure is not compiled for the vectors that are in use here.
        let limited = if let Some(gradient) = gradient {
            for (i, e) in self.bumps.iter_mut().enumerate() {
                let class = i as f64;
                for r in 0..GROUP {
                    let slope = quadratic[r].multiply_add::<FMA>(e.0[r], linear[r]);
                    e.0[r] = e.0[r] * slope
                        + select(targets[r] == class, at_target[r], 0.0)
                        + select(measured.low.class[r] == class, at_smallest[r], 0.0);
                }
            }
            self.backward::<E, FMA>(&sums, gradient)
        } else {
            ZEROS
        };
        let parameters = self.parameters(&measured.distance, &sums, &limited);
        (losses, parameters)
    }

    /// Leaves the bumps in their place.
    #[inline(always)]
    fn measure<E: Coordinate, R: Loss, const FMA: bool>(
        &mut self,
        rows: &[E],
        targets: &Lanes,
    ) -> MeasuredLanes {
        let top = self.load::<E, FMA>(rows);
        let mut low = Places {
            class: ZEROS,
            product: ZEROS,
        };
        let mut target_product = ZEROS;
        let [mut e_sum, mut squares, mut products, mut square_products] = [ZEROS; 4];
        let scale = 2.0 * self.simplex.m * LOG2_E;
        for (i, (product, bump)) in self.products.iter().zip(&mut self.bumps).enumerate() {
            let class = i as f64;
            for r in 0..GROUP {
                let product = product.0[r];
                let lower = product < low.product[r];
                low.product[r] = select(lower, product, low.product[r]);
                low.class[r] = select(lower, class, low.class[r]);
                target_product[r] = select(targets[r] == class, product, target_product[r]);

                let below = product - top.product[r];
                let e = exp2_minus::<E::Exp2, FMA>(-below * scale).0;
                bump.0[r] = e;
                let other = select(top.class[r] == class, 0.0, e);
                e_sum[r] += other;
                products[r] = other.multiply_add::<FMA>(below, products[r]);
                if R::SQUARES {
                    let square = other * other;
                    squares[r] += square;
                    square_products[r] = square.multiply_add::<FMA>(below, square_products[r]);
                }
            }
        }
        for r in 0..GROUP {
            target_product[r] -= top.product[r];
            low.product[r] -= top.product[r];
        }
        MeasuredLanes {
            distance: self.distance::<FMA>(&top.class),
            top,
            low,
            target_product,
            target: *targets,
            e_sum,
            squares,
            products,
            square_products,
        }
    }
}

impl MeasuredLanes {
    #[inline(always)]
    fn of(&self, r: usize) -> Measured {
        Measured {
            target_product: self.target_product[r],
            smallest_product: self.low.product[r],
            is_top: self.target[r] == self.top.class[r],
            is_smallest: self.target[r] == self.low.class[r],
            square: self.distance.square[r],
            toward: self.distance.along[r],
            sums: Sums {
                e: self.e_sum[r],
                squares: self.squares[r],
                products: self.products[r],
                square_products: self.square_products[r],
            },
        }
    }
}

/// Classes as numbers; 0 where there is none.
fn as_lanes(classes: &[usize]) -> Lanes {
    core::array::from_fn(|r| classes.get(r).map_or(0.0, |&class| class as f64))
}
