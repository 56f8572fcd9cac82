use core::f64::consts::{LN_2, LOG2_E};

use super::real::{Real, select};

/// Where `2^-s` is 0: one below the smallest normal exponent.
const UNDERFLOW: f64 = 1023.0;

/// Adding it rounds to whole numbers and leaves them, offset as the exponent bits of a number are,
/// in the lowest bits: 1.5 * 2^52 + 1023.
const ROUND: f64 = 6_755_399_441_055_744.0 + 1023.0;

/// How exactly an exponential is computed: the coefficients of `(2^r - 1)/r` for |r| <= 1/2, from the
/// highest down, by Chebyshev interpolation at 60 digits.
pub(in crate::op) trait Exp2 {
    const SERIES: &'static [f64];

    /// Whether distances are limited, so that their squares are finite numbers. If not, x has to be:
    /// distances between finite numbers of f32 are small enough.
    const LIMITED: bool;
}

/// To f64's last digits: the relative error of `2^r` is below 2^-55. Also for infinite parameters.
pub(in crate::op) struct Exact;

impl Exp2 for Exact {
    const LIMITED: bool = true;
    const SERIES: &'static [f64] = &[
        4.454_960_598_186_546_6e-10,
        7.072_585_949_269_223e-9,
        1.017_806_244_584_577_4e-7,
        1.321_544_258_792_169e-6,
        1.525_273_382_983_612e-5,
        1.540_353_044_173_605e-4,
        1.333_355_814_641_693_6e-3,
        9.618_129_107_606_888e-3,
        5.550_410_866_482_16e-2,
        2.402_265_069_591_009_7e-1,
        LN_2,
    ];
}

/// For results that are rounded to f32 or to fewer digits: the relative error of `2^r - 1` is below
/// 2^-37, that of `2^r` half as large. What is left over serves differences of bumps.
pub(in crate::op) struct Rounded;

impl Exp2 for Rounded {
    const LIMITED: bool = false;
    const SERIES: &'static [f64] = &[
        1.325_080_551_750_225e-6,
        1.530_370_071_136_569_3e-5,
        1.540_347_518_653_078_6e-4,
        1.333_347_847_368_541_5e-3,
        9.618_129_135_236_14e-3,
        5.550_410_906_325_866e-2,
        2.402_265_069_588_850_3e-1,
        6.931_471_805_568_324e-1,
    ];
}

/// `(2^-s, 1 - 2^-s)` of a number that is not negative, both to the relative precision of `S`; NaN stays.
#[inline(always)]
pub(in crate::op) fn exp2_minus<S: Exp2, const FMA: bool>(s: f64) -> (f64, f64) {
    // Comparisons of NaN are false: it stays.
    let s = if s > UNDERFLOW { UNDERFLOW } else { s };

    // 2^-s = 2^whole 2^fraction = power (1 + fraction series)
    let shifted = ROUND - s;
    let power = f64::from_bits(shifted.to_bits() << 52);
    let fraction = (ROUND - shifted) - s;
    let series = S::SERIES[1..]
        .iter()
        .fold(S::SERIES[0], |sum, &coefficient| {
            sum.multiply_add::<FMA>(fraction, coefficient)
        });
    let change = power * fraction;
    (
        change.multiply_add::<FMA>(series, power),
        (-change).multiply_add::<FMA>(series, 1.0 - power),
    )
}

/// `(e^-s, 1 - e^-s)` of a number that is not negative; NaN stays.
#[inline(always)]
pub(in crate::op) fn exp_minus<S: Exp2, const FMA: bool>(s: f64) -> (f64, f64) {
    exp2_minus::<S, FMA>(s * LOG2_E)
}

/// `e^x`; NaN stays.
#[inline(always)]
pub(in crate::op) fn exp<S: Exp2, const FMA: bool>(x: f64) -> f64 {
    let (e, _) = exp_minus::<S, FMA>(x.abs());
    select(x < 0.0, e, 1.0 / e)
}
