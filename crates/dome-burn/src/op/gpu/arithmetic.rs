//! Numbers of f32 on a GPU, without cancellation.

#![allow(clippy::needless_range_loop)] // a kernel's loops count

use burn_cubecl::cubecl::{self, cube, prelude::*};

/// Coefficients, the highest first, of a polynomial for `(1 - exp(-s))/s` between 0 and 1/2, off by at most
/// 1.3e-9: mpmath's `chebyfit(lambda s: -expm1(-s)/s, [0, 1/2], 6)`.
const ONE_MINUS_EXP_NEG: [f32; 6] = [
    -0.0011234042,
    0.008189614,
    -0.041630074,
    0.16666242,
    -0.49999982,
    1.0,
];

/// And for `artanh(sqrt(t))/sqrt(t)` between 0 and 1/9, off by at most 4.3e-9: mpmath's
/// `chebyfit(lambda t: atanh(sqrt(t))/sqrt(t), [0, 1/9], 5)`.
const ARTANH: [f32; 5] = [0.1407889, 0.13982579, 0.20012298, 0.3333316, 1.0];

/// `1 - exp(-square)`, without cancellation, where `value` is `exp(-square)`.
#[cube]
pub(in crate::op) fn one_minus_exp_neg(square: f32, value: f32) -> f32 {
    let mut series = 0.0f32;
    #[unroll]
    for i in 0..ONE_MINUS_EXP_NEG.len() {
        series = series * square + comptime!(ONE_MINUS_EXP_NEG[i]);
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
    for i in 0..ARTANH.len() {
        series = series * square + comptime!(ARTANH[i]);
    }
    2.0f32 * z * series
}

/// `ln(1 + x)` for x from 0 on; log1p of a GPU need not be more than ln of a rounded sum.
#[cube]
pub(in crate::op) fn log_1p(x: f32) -> f32 {
    select(x < 1.0f32, ln_1p(x), f32::ln(1.0f32 + x))
}

// Compilers of GPU drivers may take `select(a < b, a, b)` of floats for a minimum, which loses NaN, and
// a test for NaN for false. So what has to keep NaN compares bits: those of magnitudes are ordered as
// the magnitudes are, infinity behind all numbers, NaN behind infinity.

const MAGNITUDE: u32 = 0x7fff_ffff;
const INFINITE: u32 = 0x7f80_0000;

#[cube]
pub(in crate::op) fn is_nan(value: f32) -> bool {
    (u32::reinterpret(value) & MAGNITUDE) > INFINITE
}

/// The value, at most `limit` away from 0; NaN stays.
#[cube]
pub(in crate::op) fn limited(value: f32, limit: f32) -> f32 {
    let (bits, limit) = (u32::reinterpret(value), u32::reinterpret(limit));
    let magnitude = bits & MAGNITUDE;
    let is_beyond = magnitude > limit && magnitude <= INFINITE;
    let end = f32::reinterpret(limit | (bits & !MAGNITUDE));
    select(is_beyond, end, value)
}

/// The magnitude of the value, `floor` at least; NaN stays.
#[cube]
pub(in crate::op) fn magnitude_from(value: f32, floor: f32) -> f32 {
    let (magnitude, floor) = (u32::reinterpret(value) & MAGNITUDE, u32::reinterpret(floor));
    f32::reinterpret(select(magnitude < floor, floor, magnitude))
}
