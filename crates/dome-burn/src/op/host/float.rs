use burn::tensor::{Element, bf16, f16};
use bytemuck::Pod;

/// A type of numbers that a tensor holds. All are computed in f64.
pub(in crate::op) trait Float: Element + Pod + Send + Sync {
    const MAX: f64;

    fn widened(self) -> f64;

    /// Rounded to nearest; beyond the type's range infinite.
    fn rounded(value: f64) -> Self;
}

macro_rules! impl_float {
    ($type:ty, $max:expr, $widened:expr, $rounded:expr) => {
        impl Float for $type {
            const MAX: f64 = $max;

            #[inline(always)]
            fn widened(self) -> f64 {
                $widened(self)
            }

            #[inline(always)]
            fn rounded(value: f64) -> Self {
                $rounded(value)
            }
        }
    };
}

impl_float!(f64, f64::MAX, |v| v, |v| v);
impl_float!(f32, f32::MAX as f64, f64::from, |v| v as f32);
impl_float!(f16, f16::MAX.to_f64_const(), f16::to_f64, f16::from_f64);
impl_float!(bf16, bf16::MAX.to_f64_const(), bf16::to_f64, bf16::from_f64);
