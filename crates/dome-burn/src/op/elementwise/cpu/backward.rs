use core::marker::PhantomData;

use super::any_slice::AnySlice;
use super::bump::{Bump, SQUARE_SCALE};
use super::function::Function;
use super::parameters::{Blocks, Parameters, Sums};
use super::slot::{AnySlot, Slot, Stored};
use crate::op::host::block::{BLOCK, ranges, sum};
use crate::op::host::exponential::{Exact, Exp2};
use crate::op::host::simd::{self, Kernel};
use crate::op::host::tasks::run_all;

/// Least elements of a task.
const CHUNK: usize = 16 * 1024;

/// Elements of a task for each channel, so that the sums of the tasks take less memory than the
/// tensor.
const CHUNK_PER_CHANNEL: usize = 8;

/// Computes the gradient of x from that of the result, which the slot holds, and the [`Sums`] of
/// every channel, unless no parameter is tracked.
///
/// Tasks are cut and their sums added in an order that depends on the shape alone: the result does
/// not depend on the number of threads.
pub(in crate::op) fn backward<F: Function, E: Stored>(
    x: AnySlice<'_>,
    slot: Slot<'_, E>,
    targets: Option<AnySlice<'_>>,
    parameters: &Parameters,
    summed: bool,
) -> Vec<Sums> {
    match parameters.are_finite() {
        true => backward_as::<F, E, E::Exp2>(x, slot, targets, parameters, summed),
        false => backward_as::<F, E, Exact>(x, slot, targets, parameters, summed),
    }
}

fn backward_as<F: Function, E: Stored, S: Exp2>(
    x: AnySlice<'_>,
    slot: Slot<'_, E>,
    targets: Option<AnySlice<'_>>,
    parameters: &Parameters,
    summed: bool,
) -> Vec<Sums> {
    let len = CHUNK.max(CHUNK_PER_CHANNEL * parameters.channels());
    let chunk = |((index, slot), sums): ((usize, AnySlot<'_>), &mut Vec<Sums>)| {
        let start = index * len;
        let end = start + slot.len();
        *sums = simd::run(Backward::<F, S> {
            x: x.part(start..end),
            slot,
            targets: targets.map(|targets| targets.part(start..end)),
            parameters,
            start,
            summed,
            formula: PhantomData,
        });
    };
    let work = slot.len() / CHUNK;
    let chunks = slot.chunks(len);
    let mut sums = vec![Vec::new(); chunks.len()];
    let tasks = chunks.into_iter().enumerate().zip(&mut sums);
    run_all(tasks.collect(), work, chunk);
    let mut total = vec![[0.0; 3]; parameters.channels()];
    for sums in sums {
        for (total, sums) in total.iter_mut().zip(sums) {
            for (total, sum) in total.iter_mut().zip(sums) {
                *total += sum;
            }
        }
    }
    total
}

struct Backward<'a, F, S> {
    x: AnySlice<'a>,
    slot: AnySlot<'a>,
    targets: Option<AnySlice<'a>>,
    parameters: &'a Parameters,
    /// Place of the slot in the tensor.
    start: usize,
    summed: bool,
    formula: PhantomData<(F, S)>,
}

impl<F: Function, S: Exp2> Kernel for Backward<'_, F, S> {
    type Output = Vec<Sums>;

    /// With the distances v and u and the slopes A and B of the formula, times the gradient of the
    /// result:
    ///
    /// ```text
    /// dx = 2/sigma (u B - v A)    dmu = 2/sigma sum(v A + u B)
    /// dsigma = 2/sigma sum(v^2 A - u^2 B)    dpi = -sum(b)
    /// ```
    #[inline(always)]
    fn run<const FMA: bool>(mut self) -> Vec<Sums> {
        let mut total = match self.summed {
            true => vec![[0.0; 3]; self.parameters.channels()],
            false => Vec::new(),
        };
        let mut blocks = Blocks::new(self.parameters);
        let Blocks {
            of,
            numbers: [x, grad, dx, mu_parts, sigma_parts, pi_parts],
        } = &mut blocks;
        for range in ranges(self.slot.len()) {
            let place = self.start + range.start..self.start + range.end;
            of.fill(self.parameters, place.clone());
            if let Some(targets) = &self.targets {
                targets.load::<false>(range.clone(), &mut of.pi);
            }
            match S::LIMITED {
                true => self.x.load::<false>(range.clone(), x),
                false => self.x.load::<true>(range.clone(), x),
            }
            self.slot.load::<false>(range.clone(), grad);
            for i in 0..BLOCK {
                let (near, far) = (
                    (x[i] - of.mu[i]) * of.rate[i],
                    (x[i] + of.mu[i]) * of.rate[i],
                );
                let (near, far, extra) = match F::OF_PRODUCT {
                    true => (
                        Bump::of_square::<S, FMA>(x[i], -of.mu[i], near, of.pi[i]),
                        Bump::of_square::<S, FMA>(x[i], of.mu[i], far, of.pi[i]),
                        Bump::gap::<S>(x[i], of.mu[i], of.pi[i]),
                    ),
                    false => (Bump::at::<S, FMA>(near), Bump::at::<S, FMA>(far), of.pi[i]),
                };
                let (a, b) = F::slopes(&near, &far, extra);
                let near_part = grad[i] * a * near.distance;
                let far_part = grad[i] * b * far.distance;
                dx[i] = 2.0 * SQUARE_SCALE * of.rate[i] * (far_part - near_part);
                mu_parts[i] = near_part + far_part;
                sigma_parts[i] = near_part * near.distance - far_part * far.distance;
                pi_parts[i] = grad[i] * far.value;
            }
            self.slot.store(range, dx, F::FINITE);
            if !self.summed {
                continue;
            }
            if self.parameters.are_interleaved() {
                for (first, strip) in self.parameters.strips(place) {
                    for (total, i) in total[first..].iter_mut().zip(strip) {
                        total[0] += mu_parts[i];
                        total[1] += sigma_parts[i];
                        total[2] += pi_parts[i];
                    }
                }
                continue;
            }
            for (channel, run) in self.parameters.runs(place) {
                let parts = [&*mu_parts, &*sigma_parts, &*pi_parts];
                for (total, parts) in total[channel].iter_mut().zip(parts) {
                    *total += sum(&parts[run.clone()]);
                }
            }
        }
        total
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::elementwise::cpu::function::PDome;
    use rayon::ThreadPoolBuilder;

    /// Gradient of x and sums, computed by a number of threads.
    fn run(threads: usize, stride: usize, channels: usize) -> (Vec<f32>, Vec<Sums>) {
        let count = 100_003;
        let x: Vec<f32> = (0..count)
            .map(|i| (i as f32 * 0.618).fract() * 6.0 - 3.0)
            .collect();
        let mut grad: Vec<f32> = (0..count).map(|i| (i as f32 * 0.37).sin()).collect();
        let mu: Vec<f64> = (0..channels).map(|c| 0.5 + c as f64 * 1e-3).collect();
        let parameters = Parameters::new(&mu, &[0.8], &[0.6], stride);
        let pool = ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        let sums = pool.install(|| {
            let slot = Slot::InPlace(&mut grad);
            backward::<PDome, f32>(AnySlice::F32(&x), slot, None, &parameters, true)
        });
        (grad, sums)
    }

    #[test]
    fn the_number_of_threads_changes_no_bit() {
        for (stride, channels) in [(1, 1), (1, 500), (77, 13), (30_000, 3)] {
            let expected = run(1, stride, channels);
            for threads in [2, 3, 8] {
                assert_eq!(run(threads, stride, channels), expected);
            }
        }
    }
}
