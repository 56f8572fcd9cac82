use core::mem::MaybeUninit;
use core::ops::Range;

use burn::tensor::{bf16, f16};

use super::any_slice::{AnySlice, load};
use crate::op::host::block::Block;
use crate::op::host::precision::Precision;
use crate::op::host::real::limited;

/// A type of numbers that [`AnySlice`] and [`AnySlot`] can hold.
pub(in crate::op) trait Stored: Precision {
    fn any_slice(values: &[Self]) -> AnySlice<'_>;

    fn any_slot(slot: Slot<'_, Self>) -> AnySlot<'_>;
}

macro_rules! impl_stored {
    ($type:ty, $variant:ident) => {
        impl Stored for $type {
            fn any_slice(values: &[Self]) -> AnySlice<'_> {
                AnySlice::$variant(values)
            }

            fn any_slot(slot: Slot<'_, Self>) -> AnySlot<'_> {
                AnySlot::$variant(slot)
            }
        }
    };
}

impl_stored!(f64, F64);
impl_stored!(f32, F32);
impl_stored!(f16, F16);
impl_stored!(bf16, BF16);

/// A stretch of numbers to read, and the place for what is computed from them.
#[derive(Debug)]
pub(in crate::op) enum Slot<'a, E> {
    /// Results replace what was read: no other tensor shares the buffer.
    InPlace(&'a mut [E]),
    /// Results go to a buffer of the same length that was never written.
    Fresh(&'a [E], &'a mut [MaybeUninit<E>]),
    /// Nobody asks for results.
    Input(&'a [E]),
}

impl<'a, E: Stored> Slot<'a, E> {
    pub fn len(&self) -> usize {
        match self {
            Self::InPlace(values) => values.len(),
            Self::Fresh(values, _) | Self::Input(values) => values.len(),
        }
    }

    #[inline(always)]
    fn load<const FINITE: bool>(&self, range: Range<usize>, block: &mut Block) {
        match self {
            Self::InPlace(values) => load::<_, FINITE>(&values[range], block),
            Self::Fresh(values, _) | Self::Input(values) => {
                load::<_, FINITE>(&values[range], block)
            }
        }
    }

    /// Writes the start of a block; with `finite`, no number overflows to infinity.
    #[inline(always)]
    fn store(&mut self, range: Range<usize>, block: &Block, finite: bool) {
        let limit = if finite { E::MAX } else { f64::INFINITY };
        match self {
            Self::InPlace(values) => {
                for (value, &number) in values[range].iter_mut().zip(block) {
                    *value = E::rounded(limited(number, limit));
                }
            }
            Self::Fresh(_, results) => {
                for (result, &number) in results[range].iter_mut().zip(block) {
                    result.write(E::rounded(limited(number, limit)));
                }
            }
            Self::Input(_) => {}
        }
    }

    /// Stretches of `len` numbers; the last may be shorter.
    pub fn chunks(self, len: usize) -> Vec<AnySlot<'a>> {
        match self {
            Self::InPlace(values) => values
                .chunks_mut(len)
                .map(|values| E::any_slot(Slot::InPlace(values)))
                .collect(),
            Self::Fresh(values, results) => values
                .chunks(len)
                .zip(results.chunks_mut(len))
                .map(|(values, results)| E::any_slot(Slot::Fresh(values, results)))
                .collect(),
            Self::Input(values) => values
                .chunks(len)
                .map(|values| E::any_slot(Slot::Input(values)))
                .collect(),
        }
    }
}

/// A [`Slot`] of any type of numbers.
#[derive(Debug)]
pub(in crate::op) enum AnySlot<'a> {
    F64(Slot<'a, f64>),
    F32(Slot<'a, f32>),
    F16(Slot<'a, f16>),
    BF16(Slot<'a, bf16>),
}

impl AnySlot<'_> {
    pub fn len(&self) -> usize {
        match self {
            Self::F64(slot) => slot.len(),
            Self::F32(slot) => slot.len(),
            Self::F16(slot) => slot.len(),
            Self::BF16(slot) => slot.len(),
        }
    }

    #[inline(always)]
    pub fn load<const FINITE: bool>(&self, range: Range<usize>, block: &mut Block) {
        match self {
            Self::F64(slot) => slot.load::<FINITE>(range, block),
            Self::F32(slot) => slot.load::<FINITE>(range, block),
            Self::F16(slot) => slot.load::<FINITE>(range, block),
            Self::BF16(slot) => slot.load::<FINITE>(range, block),
        }
    }

    #[inline(always)]
    pub fn store(&mut self, range: Range<usize>, block: &Block, finite: bool) {
        match self {
            Self::F64(slot) => slot.store(range, block, finite),
            Self::F32(slot) => slot.store(range, block, finite),
            Self::F16(slot) => slot.store(range, block, finite),
            Self::BF16(slot) => slot.store(range, block, finite),
        }
    }
}
