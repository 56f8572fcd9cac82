use core::marker::PhantomData;

use super::bell::{Bell, Exact, Exp2};
use super::block::{BLOCK, ranges};
use super::float::{AnySlice, Float};
use super::formula::Function;
use super::parameters::{Blocks, Parameters};
use super::simd::{self, Kernel};
use super::slot::{AnySlot, Slot};
use super::tasks::run_all;

/// Elements of a task: tens of microseconds of work.
const CHUNK: usize = 16 * 1024;

/// Computes `F` of every element of the slot; `targets` as [`Function`]'s extra numbers, in place of
/// pi.
pub(super) fn forward<F: Function, E: Float>(
    slot: Slot<'_, E>,
    targets: Option<AnySlice<'_>>,
    parameters: &Parameters,
) {
    match parameters.are_finite() {
        true => forward_as::<F, E, E::Exp2>(slot, targets, parameters),
        false => forward_as::<F, E, Exact>(slot, targets, parameters),
    }
}

fn forward_as<F: Function, E: Float, S: Exp2>(
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
                        Bell::of_square::<S, FMA>(x[i], -of.mu[i], near, of.pi[i]),
                        Bell::of_square::<S, FMA>(x[i], of.mu[i], far, of.pi[i]),
                        Bell::gap::<S>(x[i], of.mu[i], of.pi[i]),
                    ),
                    (false, true) => (
                        Bell::at::<S, FMA>(near),
                        Bell::at::<S, FMA>(far),
                        of.pi[i],
                    ),
                    (false, false) => (
                        Bell::anywhere::<S, FMA>(near),
                        Bell::anywhere::<S, FMA>(far),
                        of.pi[i],
                    ),
                };
                y[i] = F::value::<S, FMA>(&near, &far, extra);
            }
            self.slot.store(range, y, F::FINITE);
        }
    }
}
