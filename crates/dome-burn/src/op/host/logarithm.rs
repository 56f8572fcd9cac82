use super::real::Real;

/// The natural logarithm of a positive normal number, branch-free.
///
/// The reduction and the coefficients are those of FreeBSD's `e_log.c` (Sun Microsystems, 1993),
/// with an error below 1 ulp there: `ln x = k ln 2 + ln(1 + f)` with `1 + f` between
/// `sqrt(1/2)` and `sqrt(2)`. Other arguments, NaN among them, give a meaningless number.
#[inline(always)]
pub(in crate::op) fn ln<const FMA: bool>(x: f64) -> f64 {
    const SERIES: [f64; 7] = [
        1.479_819_860_511_658_6e-1,
        1.531_383_769_920_937_3e-1,
        1.818_357_216_161_805e-1,
        2.222_219_843_214_978_4e-1,
        2.857_142_874_366_239e-1,
        3.999_999_999_940_942e-1,
        6.666_666_666_666_735e-1,
    ];
    /// ln 2 in two parts; a multiple of the first by an exponent is exact.
    const LN_2: [f64; 2] = [6.931_471_803_691_238e-1, 1.908_214_929_270_587_7e-10];
    const SQRT_HALF: u64 = core::f64::consts::FRAC_1_SQRT_2.to_bits();
    const MANTISSA: u64 = (1 << 52) - 1;
    /// As a number 2^52: its lowest bits are whole numbers.
    const WHOLE: u64 = 0x4330 << 48;

    // Exponent and mantissa, split at sqrt(1/2) instead of at 1. Wrapping, since a check for overflow
    // would keep debug builds from vectorising.
    let bits = x.to_bits().wrapping_add(1f64.to_bits() - SQRT_HALF);
    let exponent = f64::from_bits((bits >> 52) | WHOLE) - (f64::from_bits(WHOLE) + 1023.0);
    let f = f64::from_bits((bits & MANTISSA).wrapping_add(SQRT_HALF)) - 1.0;

    let s = f / (2.0 + f);
    let square = s * s;
    let series = SERIES[1..].iter().fold(SERIES[0], |sum, &coefficient| {
        sum.multiply_add::<FMA>(square, coefficient)
    }) * square;
    let half = 0.5 * f * f;
    let low = s.multiply_add::<FMA>(half + series, exponent * LN_2[1]);
    exponent.multiply_add::<FMA>(LN_2[0], f - (half - low))
}

/// `ln(1 + x)` for `x >= -1/2`; NaN gives NaN.
#[inline(always)]
pub(in crate::op) fn ln_1p<const FMA: bool>(x: f64) -> f64 {
    let sum = 1.0 + x;
    // What rounding the sum lost, to first order.
    ln::<FMA>(sum) + (x - (sum - 1.0)) / sum
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<const FMA: bool>() {
        // Magnitudes of all sizes, and the neighbourhood of 1.
        let sizes = (-1000..1000).map(|i| 1.9f64.powf(i as f64 * 1.07));
        let near_one = (-1000..1000).map(|i| 1.0 + i as f64 * 3.3e-4);
        for x in sizes.chain(near_one) {
            let close = |actual: f64, exact: f64| (actual - exact).abs() <= 4e-16 * exact.abs();
            assert!(close(ln::<FMA>(x), x.ln()), "ln {x:e}: {}", ln::<FMA>(x));
            let actual = ln_1p::<FMA>(x);
            assert!(close(actual, x.ln_1p()), "ln(1 + {x:e}): {actual}");
            if x <= 0.5 {
                let actual = ln_1p::<FMA>(-x);
                assert!(close(actual, (-x).ln_1p()), "ln(1 - {x:e}): {actual}");
            }
        }
    }

    #[test]
    fn agrees_with_libm() {
        check::<true>();
        check::<false>();
    }

    #[test]
    fn special_values() {
        assert_eq!(ln::<true>(1.0), 0.0);
        assert_eq!(ln_1p::<true>(0.0), 0.0);
        assert!(ln_1p::<true>(f64::NAN).is_nan());
    }
}
