use core::f64::consts::{LN_2, LOG2_E};

use crate::op::host::exponential::{Exp2, exp2_minus};
use crate::op::host::real::{Real, limited, select};

/// One of the two bumps, `exp(-v^2)` at a distance `v` from its centre in units of sigma.
pub(in crate::op) struct Bump {
    /// `v sqrt(log2 e)`: the bump is 2 to the power of minus its square.
    pub distance: f64,
    /// The bump; below the smallest normal number it may be 0.
    pub value: f64,
    /// `1 - value`, as exact as the value.
    pub complement: f64,
}

/// `sqrt(log2 e)`, which takes a distance in units of sigma to [`Bump::distance`].
pub(in crate::op) const DISTANCE_SCALE: f64 = 1.201_122_408_786_449_8;

/// `v^2 = LN_2 distance^2`.
pub(in crate::op) const SQUARE_SCALE: f64 = LN_2;

/// `log2(e)/sigma^2`, rounded once: takes the square of `x - mu` to that of a [`Bump::distance`].
pub(in crate::op) fn square_rate(sigma: f64) -> f64 {
    /// What [`LOG2_E`] lacks.
    const LOW: f64 = 2.035_527_374_093_103_3e-17;
    let square = sigma * sigma;
    if square.is_infinite() {
        return 0.0;
    }
    let lost = sigma.mul_add(sigma, -square);
    let rate = LOG2_E / square;
    let rest = rate.mul_add(-square, LOG2_E) + LOW - rate * lost;
    rate + rest / square
}

/// Distances beyond this one, whose square is a finite number, are limited to it.
const FARTHEST: f64 = 1e150;

impl Bump {
    /// With a distance whose square is finite as well: products with a bump of 0 are 0.
    #[inline(always)]
    pub fn at<S: Exp2, const FMA: bool>(distance: f64) -> Self {
        Self::anywhere::<S, FMA>(match S::LIMITED {
            true => limited(distance, FARTHEST),
            false => distance,
        })
    }

    /// With the square of its distance from x, the centre's place with the other sign, and [`square_rate`]: it loses
    /// less than the square of a product. For [`Exact`] results what rounding the sum and its square takes is added
    /// again, which the exponential would multiply by that square. `distance` is its root, with the sign.
    #[inline(always)]
    pub fn of_square<S: Exp2, const FMA: bool>(
        x: f64,
        opposite: f64,
        distance: f64,
        square_rate: f64,
    ) -> Self {
        let offset = x + opposite;
        let (square, distance) = if S::LIMITED {
            let of_opposite = offset - x;
            let lost = (x - (offset - of_opposite)) + (opposite - of_opposite);
            let limited_offset = limited(offset, FARTHEST);
            let high = limited_offset * limited_offset;
            let low = limited_offset.multiply_add::<FMA>(limited_offset, -high)
                + 2.0 * limited_offset * lost;
            let product = high * square_rate;
            let rest = high.multiply_add::<FMA>(square_rate, -product) + low * square_rate;
            // An infinite offset has lost NaN.
            let square = select(rest.is_nan() & !offset.is_nan(), product, product + rest);
            // Infinite numbers in units of an infinite sigma are undefined.
            let square = select(distance.is_nan(), distance, square);
            (square, limited(distance, FARTHEST))
        } else {
            (offset * offset * square_rate, distance)
        };
        let (value, complement) = exp2_minus::<S, FMA>(square);
        Self {
            distance,
            value,
            complement,
        }
    }

    /// The square of the [`distance`](Self::distance) to the centre at `-mu`, less that to the one at
    /// `mu`: as a product, since the difference of near squares would lose its digits.
    #[inline(always)]
    pub fn gap<S: Exp2>(x: f64, mu: f64, square_rate: f64) -> f64 {
        let [x, mu] = match S::LIMITED {
            true => [limited(x, FARTHEST), limited(mu, FARTHEST)],
            false => [x, mu],
        };
        4.0 * (x * square_rate) * mu
    }

    /// With the distance as it is.
    #[inline(always)]
    pub fn anywhere<S: Exp2, const FMA: bool>(distance: f64) -> Self {
        let (value, complement) = exp2_minus::<S, FMA>(distance * distance);
        Self {
            distance,
            value,
            complement,
        }
    }
}

const _: () = assert!(DISTANCE_SCALE * DISTANCE_SCALE - LOG2_E < 1e-15);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::host::exponential::{Exact, Rounded};

    fn check<S: Exp2, const FMA: bool>(epsilon: f64) {
        for i in 0..=40_000 {
            let v = i as f64 * 1e-3;
            let bell = Bump::at::<S, FMA>(v);
            let exact = (-v * v).exp2();
            // The error of v^2 itself, in libm's argument as in ours.
            let tolerance = epsilon + v * v * 2e-16;
            if exact >= f64::MIN_POSITIVE {
                assert!((bell.value / exact - 1.0).abs() <= tolerance, "2^-{v}^2");
            } else {
                assert!(bell.value < f64::MIN_POSITIVE, "2^-{v}^2");
            }
            let exact = -(-v * v * LN_2).exp_m1();
            assert!(
                (bell.complement - exact).abs() <= epsilon * exact,
                "1 - 2^-{v}^2"
            );
        }
    }

    #[test]
    fn agrees_with_libm() {
        check::<Exact, true>(4e-16);
        check::<Exact, false>(4e-16);
        check::<Rounded, true>(2f64.powi(-37));
        check::<Rounded, false>(2f64.powi(-37));
    }

    #[test]
    fn at_the_ends() {
        for distance in [f64::INFINITY, f64::NEG_INFINITY, 1e300, -32.0] {
            let bell = Bump::at::<Exact, true>(distance);
            assert_eq!([bell.value, bell.complement], [0.0, 1.0]);
            assert_eq!(bell.distance * bell.value, 0.0);
        }
        let bell = Bump::at::<Exact, true>(f64::NAN);
        assert!(bell.value.is_nan() && bell.complement.is_nan() && bell.distance.is_nan());
        let bell = Bump::at::<Exact, true>(1e-9);
        assert!((bell.complement / (1e-18 * LN_2) - 1.0).abs() < 4e-16);
    }
}
