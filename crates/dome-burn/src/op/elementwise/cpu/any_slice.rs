use core::ops::Range;

use burn::tensor::{bf16, f16};

use crate::op::host::block::Block;
use crate::op::host::float::Float;
use crate::op::host::real::limited;

/// A slice of any type of numbers, so that there is one kernel for all.
#[derive(Debug, Clone, Copy)]
pub(in crate::op) enum AnySlice<'a> {
    F64(&'a [f64]),
    F32(&'a [f32]),
    F16(&'a [f16]),
    BF16(&'a [bf16]),
}

/// Fills the start of a block with numbers; with `FINITE`, the type's largest takes the place of infinities.
#[inline(always)]
pub(in crate::op) fn load<E: Float, const FINITE: bool>(values: &[E], block: &mut Block) {
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
