//! Numbers of f32 on a GPU, without cancellation.

use burn_cubecl::cubecl::{self, cube, prelude::*};

/// Terms of the series below, enough for f32.
const TERMS: usize = 9;

/// `1 - exp(-square)`, without cancellation, where `value` is `exp(-square)`.
#[cube]
pub(in crate::op) fn one_minus_exp_neg(square: f32, value: f32) -> f32 {
    // (1 - exp(-s))/s where exp(-s) is near 1.
    let mut series = 1.0f32;
    #[unroll]
    for i in 0..TERMS {
        let divisor = comptime!((TERMS + 1 - i) as f32);
        series = 1.0f32 - square * series / divisor;
    }
    select(square < 0.5f32, square * series, 1.0f32 - value)
}

/// `ln(1 + x) = 2 artanh(z)`, `z = x/(2 + x)`, for x between 0 and 1.
#[cube]
pub(in crate::op) fn ln_1p(x: f32) -> f32 {
    let z = x / (2.0f32 + x);
    let square = z * z;
    let mut series = 0.0f32;
    #[unroll]
    for i in 0..TERMS {
        series = series * square + comptime!(1.0 / (2 * (TERMS - 1 - i) + 1) as f32);
    }
    2.0f32 * z * series
}

/// `ln(1 + x)` for x from 0 on; log1p of a GPU need not be more than ln of a rounded sum.
#[cube]
pub(in crate::op) fn log_1p(x: f32) -> f32 {
    select(x < 1.0f32, ln_1p(x), f32::ln(1.0f32 + x))
}

/// The value, at most `limit` away from 0; NaN stays.
#[cube]
pub(in crate::op) fn limited(value: f32, limit: f32) -> f32 {
    select(value > limit, limit, select(value < -limit, -limit, value))
}
