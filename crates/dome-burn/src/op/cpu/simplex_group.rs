//! MultiDome of few classes: a group of embeddings side by side in the vectors, one class after the
//! other. Each embedding's results depend on itself alone.

#![expect(
    clippy::needless_range_loop,
    reason = "one index for the numbers of many arrays, which is what compiles to vectors"
)]

use core::f64::consts::LOG2_E;
use core::mem::MaybeUninit;

use super::bell::exp2_minus;
use super::block::Aligned;
use super::real::{Real, limited, select, to};
use super::simplex::{ParameterGradient, Simplex, farthest};
use super::simplex_bumps::Sums;
use super::simplex_measured::Measured;
use super::simplex_score::Rule;

/// Embeddings of a group. Loops of less than 16 steps are not compiled to vectors, and 32 has been
/// fastest.
pub(super) const GROUP: usize = 32;

/// A number of each embedding.
pub(super) type Lanes = [f64; GROUP];

/// Classes up to which groups are faster by far; from 500 on, one embedding at a time is.
pub(super) const FEW: usize = 128;

/// Up to [`GROUP`] embeddings, and room for what is computed of them.
pub(super) struct Group<'a> {
    simplex: &'a Simplex,
    /// Each coordinate in units of sigma, later its derivative.
    v: Vec<Aligned<Lanes>>,
    /// `s_i`, less that of the first class.
    products: Vec<Aligned<Lanes>>,
    /// `e_i`, later the derivatives by `kappa_i`.
    bumps: Vec<Aligned<Lanes>>,
}

/// Classes, as numbers, with their products.
#[derive(Clone, Copy)]
struct Places {
    class: Lanes,
    product: Lanes,
}

/// `||v - m e_c||^2` and `<v - m e_c, e_c>` of a class c.
struct Distance {
    square: Lanes,
    along: Lanes,
}

/// Sums of the derivatives by `kappa_i` over all classes, and over all but the `near` one.
struct SlopeLanes {
    near: Lanes,
    all: Lanes,
    others: Lanes,
}

const ZEROS: Lanes = [0.0; GROUP];

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
    fn load<E: Real, const FMA: bool>(&mut self, rows: &[E]) -> Places {
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
    fn distance<const FMA: bool>(&self, class: &Lanes) -> Distance {
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

    /// Writes `kappa` of every class of each embedding.
    #[inline(always)]
    pub fn scores<E: Real, const FMA: bool>(&mut self, rows: &[E], scores: &mut [MaybeUninit<E>]) {
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
    pub fn scores_backward<E: Real, const FMA: bool>(
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
        };
        let mut products = ZEROS;
        for (i, (slope, product)) in self.bumps.iter().zip(&self.products).enumerate() {
            for r in 0..GROUP {
                let other = select(top.class[r] == i as f64, 0.0, slope.0[r]);
                sums.all[r] += slope.0[r];
                sums.others[r] += other;
                products[r] += other * (product.0[r] - top.product[r]);
            }
        }
        let limited = self.backward::<E, FMA>(&sums, gradient);
        core::array::from_fn(|r| {
            let (square, along) = (distance.square[r], distance.along[r]);
            self.simplex
                .parameters(-square, sums.all[r], products[r], along, limited[r])
        })
    }

    /// The loss of each embedding.
    #[inline(always)]
    pub fn losses<E: Real, const FMA: bool>(
        &mut self,
        rows: &[E],
        targets: &[usize],
        rule: impl Rule,
    ) -> Lanes {
        let measured = self.measure::<E, FMA>(rows, &as_lanes(targets));
        let mut losses = ZEROS;
        for r in 0..GROUP {
            losses[r] = measured.of(r).loss::<FMA>(self.simplex, rule);
        }
        losses
    }

    /// The loss of each embedding, and its gradients by the embedding, if there is room for it, and by
    /// mu and sigma.
    #[inline(always)]
    pub fn losses_with_gradients<E: Real, const FMA: bool>(
        &mut self,
        rows: &[E],
        targets: &[usize],
        rule: impl Rule,
        gradient: Option<&mut [MaybeUninit<E>]>,
    ) -> (Lanes, [ParameterGradient; GROUP]) {
        let targets = as_lanes(targets);
        let measured = self.measure::<E, FMA>(rows, &targets);
        let mut sums = SlopeLanes {
            near: measured.top.class,
            all: ZEROS,
            others: ZEROS,
        };
        let [mut losses, mut products] = [ZEROS; 2];
        let [mut quadratic, mut linear, mut at_target, mut at_smallest] = [ZEROS; 4];
        for r in 0..GROUP {
            let of = measured.of(r).derivatives::<FMA>(self.simplex, rule);
            losses[r] = of.loss;
            sums.all[r] = of.all;
            sums.others[r] = of.others;
            products[r] = of.products;
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
        let Distance { square, along } = measured.distance;
        let parameters = core::array::from_fn(|r| {
            self.simplex
                .parameters(-square[r], sums.all[r], products[r], along[r], limited[r])
        });
        (losses, parameters)
    }

    /// Leaves the bumps in their place.
    #[inline(always)]
    fn measure<E: Real, const FMA: bool>(&mut self, rows: &[E], targets: &Lanes) -> MeasuredLanes {
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
                let square = other * other;
                e_sum[r] += other;
                squares[r] += square;
                products[r] = other.multiply_add::<FMA>(below, products[r]);
                square_products[r] = square.multiply_add::<FMA>(below, square_products[r]);
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

    /// Writes the gradients of the embeddings from the derivatives by `kappa_i`, in place of the bumps.
    /// Returns `sum v_k dL/dv_k` over the coordinates that are limited, whose gradient is 0 instead.
    ///
    /// In differences from one class's vertex, so that nothing cancels near it: the class's own slope
    /// counts as minus the sum of the others.
    #[inline(always)]
    fn backward<E: Real, const FMA: bool>(
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
                let is_limited = v.0[r].abs() == farthest;
                limits[r] += select(is_limited, v.0[r] * steep, 0.0);
                v.0[r] = limited(select(is_limited, 0.0, steep), E::MAX);
            }
        }
        for v in padding {
            for r in 0..GROUP {
                let steep = outer * sums.all[r] * v.0[r];
                let is_limited = v.0[r].abs() == farthest;
                limits[r] += select(is_limited, v.0[r] * steep, 0.0);
                v.0[r] = limited(select(is_limited, 0.0, steep), E::MAX);
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

/// Coordinate k, from 1, of the vertex of a class.
#[inline(always)]
fn coordinate(k: f64, weight: f64, class: f64) -> f64 {
    select(k > class, weight, select(k == class, -k * weight, 0.0))
}
