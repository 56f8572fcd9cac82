//! The weights of the simplex of many classes.

use super::planes::Coordinate;
use super::planes::{BLOCK, Planes, place};
use crate::op::host::block::Aligned;
use crate::op::host::simd::{self, Kernel};
use crate::op::host::tasks::run_all;
use crate::reference_points::simplex::{scale, weight};

/// Blocks of a task: tens of microseconds of work, which the rows of a batch wait for.
const TASK: usize = 64;

/// `w_k` for k from 1 on, in [`planes`](crate::op::simplex::cpu::planes), with zeros behind the last one.
pub(in crate::op) fn blocks(classes: usize) -> Vec<Planes<f64>> {
    let (count, c) = (classes - 1, scale(classes));
    let mut blocks = vec![Aligned([0.0; BLOCK]); count.div_ceil(BLOCK)];
    let work = blocks.len() / TASK;
    let tasks = blocks.chunks_mut(TASK).enumerate();
    run_all(tasks.collect(), work, |(index, blocks)| {
        let start = index * TASK * BLOCK;
        simd::run(Weights { c, start, blocks });
    });
    if let Some(last) = blocks.last_mut() {
        for padding in ((count - 1) % BLOCK + 1..BLOCK).map(place) {
            last.0[padding] = 0.0;
        }
    }
    blocks
}

struct Weights<'a> {
    c: f64,
    /// How many weights are in front of the blocks.
    start: usize,
    blocks: &'a mut [Planes<f64>],
}

impl Kernel for Weights<'_> {
    type Output = ();

    #[inline(always)]
    fn run<const FMA: bool>(self) {
        let mut first = (self.start + 1) as f64;
        for block in self.blocks {
            for i in 0..BLOCK {
                block.0[i] = weight(self.c, first + f64::NUMBERS[i]);
            }
            first += BLOCK as f64;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference_points::simplex::weights;

    #[test]
    fn those_of_the_reference() {
        for classes in [2, 256, 257, 258, 1000, 2 * TASK * BLOCK + 7] {
            let expected = weights(classes);
            let blocks = blocks(classes);
            assert_eq!(blocks.len(), expected.len().div_ceil(BLOCK));
            let all = blocks
                .iter()
                .flat_map(|block| (0..BLOCK).map(|j| block.0[place(j)]));
            let expected = expected.into_iter().chain(core::iter::repeat(0.0));
            for (actual, expected) in all.zip(expected) {
                assert_eq!(actual, expected);
            }
        }
    }
}
