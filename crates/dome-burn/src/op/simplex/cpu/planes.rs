//! The order in which the kernels of one embedding keep the numbers of a block.
//!
//! The j-th number lies in plane `j % 4`, at `j / 4`. Sums up to each number are then additions of whole
//! planes, but for the short sum over the fours; in the order of the numbers they take twice as long.

use crate::op::host::block::Aligned;
use crate::op::host::precision::Precision;
use crate::op::host::real::Real;

/// More than in the kernels for single numbers: some sums wait for each other, once a block.
pub(in crate::op) const BLOCK: usize = 256;

/// The numbers of a block.
pub(in crate::op) type Planes<R> = Aligned<[R; BLOCK]>;

pub(in crate::op) const PLANES: usize = 4;

/// Numbers of a plane.
pub(in crate::op) const PLANE: usize = BLOCK / PLANES;

/// Where the j-th number of a block lies.
pub(in crate::op) const fn place(number: usize) -> usize {
    number % PLANES * PLANE + number / PLANES
}

/// Which number of a block lies there.
pub(in crate::op) const fn number(place: usize) -> usize {
    place % PLANE * PLANES + place / PLANE
}

/// Where a number lies in the block that begins with `first`, if it is one of its numbers.
#[inline(always)]
pub(in crate::op) fn place_in(first: usize, number: usize) -> Option<usize> {
    let number = number.checked_sub(first)?;
    (number < BLOCK).then_some(place(number))
}

#[inline(always)]
pub(in crate::op) fn planes<R>(block: &[R; BLOCK]) -> &[[R; PLANE]; PLANES] {
    block.as_chunks().0.try_into().expect("all planes")
}

#[inline(always)]
pub(in crate::op) fn planes_mut<R>(block: &mut [R; BLOCK]) -> &mut [[R; PLANE]; PLANES] {
    block.as_chunks_mut().0.try_into().expect("all planes")
}

/// From the order of the planes to that of the numbers.
#[inline(always)]
pub(in crate::op) fn collect<R: Copy>(block: &[R; BLOCK], numbers: &mut [R; BLOCK]) {
    let block = planes(block);
    let fours = numbers.as_chunks_mut::<PLANES>().0;
    for i in 0..PLANE {
        for p in 0..PLANES {
            fours[i][p] = block[p][i];
        }
    }
}

/// A type of numbers that embeddings have.
pub(in crate::op) trait Coordinate: Real + Precision {
    /// The number at each place of a block.
    const NUMBERS: [Self; BLOCK];
}

macro_rules! impl_coordinate {
    ($type:ty) => {
        impl Coordinate for $type {
            const NUMBERS: [Self; BLOCK] = {
                let mut numbers = [0.0; BLOCK];
                let mut i = 0;
                while i < BLOCK {
                    numbers[i] = number(i) as $type;
                    i += 1;
                }
                numbers
            };
        }
    };
}

impl_coordinate!(f64);
impl_coordinate!(f32);

/// Whole blocks of numbers, each with its first place.
#[inline(always)]
pub(in crate::op) fn blocks_of<R>(
    blocks: &[Planes<R>],
) -> impl Iterator<Item = (usize, &[R; BLOCK])> {
    let blocks = blocks.iter().map(|block| &block.0);
    (0..).step_by(BLOCK).zip(blocks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        let block: [usize; BLOCK] = core::array::from_fn(number);
        let mut numbers = [0; BLOCK];
        collect(&block, &mut numbers);
        for (j, collected) in numbers.into_iter().enumerate() {
            assert_eq!(collected, j);
            assert_eq!(number(place(j)), j);
        }
    }
}
