use core::ops::Range;

use burn::tensor::{Element, bf16, f16};
use bytemuck::Pod;

use super::bell::{Exact, Exp2, Rounded};
use super::block::Block;
use super::real::limited;
use super::slot::{AnySlot, Slot};

/// A type of numbers that a tensor holds. All are computed in f64.
pub(super) trait Float: Element + Pod + Send + Sync {
    /// How exact exponentials have to be.
    type Exp2: Exp2;

    const MAX: f64;

    fn widened(self) -> f64;

    /// Rounded to nearest; beyond the type's range infinite.
    fn rounded(value: f64) -> Self;

    fn any_slice(values: &[Self]) -> AnySlice<'_>;

    fn any_slot(slot: Slot<'_, Self>) -> AnySlot<'_>;
}

/// A slice of any type of numbers, so that there is one kernel for all.
#[derive(Debug, Clone, Copy)]
pub(super) enum AnySlice<'a> {
    F64(&'a [f64]),
    F32(&'a [f32]),
    F16(&'a [f16]),
    BF16(&'a [bf16]),
}

/// Fills the start of a block with numbers; with `FINITE`, the type's largest takes the place of infinities.
#[inline(always)]
pub(super) fn load<E: Float, const FINITE: bool>(values: &[E], block: &mut Block) {
    for (number, value) in block.iter_mut().zip(values) {
        let wide = value.widened();
        *number = if FINITE { limited(wide, E::MAX) } else { wide };
    }
}

impl<'a> AnySlice<'a> {
    #[inline(always)]
    pub fn load<const FINITE: bool>(&self, range: Range<usize>, block: &mut Block) {
        match self {
            Self::F64(values) => load::<_, FINITE>(&values[range], block),
            Self::F32(values) => load::<_, FINITE>(&values[range], block),
            Self::F16(values) => load::<_, FINITE>(&values[range], block),
            Self::BF16(values) => load::<_, FINITE>(&values[range], block),
        }
    }

    pub fn part(&self, range: Range<usize>) -> AnySlice<'a> {
        match self {
            Self::F64(values) => AnySlice::F64(&values[range]),
            Self::F32(values) => AnySlice::F32(&values[range]),
            Self::F16(values) => AnySlice::F16(&values[range]),
            Self::BF16(values) => AnySlice::BF16(&values[range]),
        }
    }
}

macro_rules! impl_float {
    ($type:ty, $variant:ident, $exp2:ty, $max:expr, $widened:expr, $rounded:expr) => {
        impl Float for $type {
            type Exp2 = $exp2;

            const MAX: f64 = $max;

            #[inline(always)]
            fn widened(self) -> f64 {
                $widened(self)
            }

            #[inline(always)]
            fn rounded(value: f64) -> Self {
                $rounded(value)
            }

            fn any_slice(values: &[Self]) -> AnySlice<'_> {
                AnySlice::$variant(values)
            }

            fn any_slot(slot: Slot<'_, Self>) -> AnySlot<'_> {
                AnySlot::$variant(slot)
            }
        }
    };
}

impl_float!(f64, F64, Exact, f64::MAX, |v| v, |v| v);
impl_float!(f32, F32, Rounded, f32::MAX as f64, f64::from, |v| v as f32);
impl_float!(
    f16,
    F16,
    Rounded,
    f16::MAX.to_f64_const(),
    f16::to_f64,
    f16::from_f64
);
impl_float!(
    bf16,
    BF16,
    Rounded,
    bf16::MAX.to_f64_const(),
    bf16::to_f64,
    bf16::from_f64
);
