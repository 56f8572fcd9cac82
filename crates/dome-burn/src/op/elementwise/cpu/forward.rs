use core::marker::PhantomData;

use super::any_slice::AnySlice;
use super::bump::Bump;
use super::function::Function;
use super::parameters::{Blocks, Parameters};
use super::slot::{AnySlot, Slot, Stored};
use crate::op::host::block::{BLOCK, ranges};
use crate::op::host::exponential::{Exact, Exp2};
use crate::op::host::simd::{self, Kernel};
use crate::op::host::tasks::run_all;

/// Elements of a task: tens of microseconds of work.
const CHUNK: usize = 16 * 1024;

/// Computes `F` of every element of the slot; `targets` as [`Function`]'s extra numbers, in place of
/// pi.
pub(in crate::op) fn forward<F: Function, E: Stored>(
    slot: Slot<'_, E>,
    targets: Option<AnySlice<'_>>,
    parameters: &Parameters,
) {
    match parameters.are_finite() {
        true => forward_as::<F, E, E::Exp2>(slot, targets, parameters),
        false => forward_as::<F, E, Exact>(slot, targets, parameters),
    }
}

fn forward_as<F: Function, E: Stored, S: Exp2>(
    slot: Slot<'_, E>,
    targets: Option<AnySlice<'_>>,
    parameters: &Parameters,
) {
    let chunk = |(index, slot): (usize, AnySlot<'_>)| {
        let start = index * CHUNK;
        let end = start + slot.len();
        simd::run(Forward::<F, S> {
            slot,
            targets: targets.map(|targets| targets.part(start..end)),
            parameters,
            start,
            formula: PhantomData,
        });
    };
    let work = slot.len() / CHUNK;
    let tasks = slot.chunks(CHUNK).into_iter().enumerate();
    run_all(tasks.collect(), work, chunk);
}

struct Forward<'a, F, S> {
    slot: AnySlot<'a>,
    targets: Option<AnySlice<'a>>,
    parameters: &'a Parameters,
    /// Place of the slot in the tensor.
    start: usize,
    formula: PhantomData<(F, S)>,
}

impl<F: Function, S: Exp2> Kernel for Forward<'_, F, S> {
    type Output = ();

    #[inline(always)]
    fn run<const FMA: bool>(mut self) {
        let mut blocks = Blocks::new(self.parameters);
        let Blocks {
            of,
            numbers: [x, y],
        } = &mut blocks;
        for range in ranges(self.slot.len()) {
            of.fill(
                self.parameters,
                self.start + range.start..self.start + range.end,
            );
            if let Some(targets) = &self.targets {
                targets.load::<false>(range.clone(), &mut of.pi);
            }
            match F::OF_DISTANCES && !S::LIMITED {
                true => self.slot.load::<true>(range.clone(), x),
                false => self.slot.load::<false>(range.clone(), x),
            }
            // The whole block, also where less of it is in use: a fixed length vectorises best.
            for i in 0..BLOCK {
                let (near, far) = (
                    (x[i] - of.mu[i]) * of.rate[i],
                    (x[i] + of.mu[i]) * of.rate[i],
                );
                let (near, far, extra) = match (F::OF_PRODUCT, F::OF_DISTANCES) {
                    (true, _) => (
                        Bump::of_square::<S, FMA>(x[i], -of.mu[i], near, of.pi[i]),
                        Bump::of_square::<S, FMA>(x[i], of.mu[i], far, of.pi[i]),
                        Bump::gap::<S>(x[i], of.mu[i], of.pi[i]),
                    ),
                    (false, true) => (Bump::at::<S, FMA>(near), Bump::at::<S, FMA>(far), of.pi[i]),
                    (false, false) => (
                        Bump::anywhere::<S, FMA>(near),
                        Bump::anywhere::<S, FMA>(far),
                        of.pi[i],
                    ),
                };
                y[i] = F::value::<S, FMA>(&near, &far, extra);
            }
            self.slot.store(range, y, F::FINITE);
        }
    }
}
