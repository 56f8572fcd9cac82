use core::ops::{Add, AddAssign, Mul, Neg, Sub};

use super::float::Float;

/// A type of numbers that kernels compute in: f32 fills the vectors with twice as many as f64.
pub(in crate::op) trait Real:
    Float
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + PartialOrd
{
    const ZERO: Self;
    const ONE: Self;

    fn magnitude(self) -> Self;

    /// `self b + c`; in one instruction where there is one, since its emulation is slow.
    fn multiply_add<const FMA: bool>(self, b: Self, c: Self) -> Self;
}

/// The value, at most `limit` away from 0; NaN stays, as comparisons with it are false.
#[inline(always)]
pub(in crate::op) fn limited<R: Real>(value: R, limit: R) -> R {
    // One after the other, they are the processor's two instructions for that.
    let value = if value > limit { limit } else { value };
    if value < -limit { -limit } else { value }
}

/// In another type, rounded to nearest.
#[inline(always)]
pub(in crate::op) fn to<R: Real, E: Real>(value: E) -> R {
    R::rounded(value.widened())
}

/// One of two values, both computed: a branch around one would keep a loop from vectorising.
#[inline(always)]
pub(in crate::op) fn select(condition: bool, yes: f64, no: f64) -> f64 {
    if condition { yes } else { no }
}

macro_rules! impl_real {
    ($type:ty) => {
        impl Real for $type {
            const ZERO: Self = 0.0;
            const ONE: Self = 1.0;

            #[inline(always)]
            fn magnitude(self) -> Self {
                self.abs()
            }

            #[inline(always)]
            fn multiply_add<const FMA: bool>(self, b: Self, c: Self) -> Self {
                if FMA {
                    self.mul_add(b, c)
                } else {
                    self * b + c
                }
            }
        }
    };
}

impl_real!(f64);
impl_real!(f32);
