use core::ops::Range;

use super::bell::{DISTANCE_SCALE, SQUARE_SCALE};
use super::block::{BLOCK, Block};
use crate::op::SIGMA_FLOOR;

/// `max(|sigma|, SIGMA_FLOOR)`; NaN stays, as comparisons with it are false.
pub(super) fn floored(sigma: f64) -> f64 {
    let magnitude = sigma.abs();
    if magnitude < SIGMA_FLOOR {
        SIGMA_FLOOR
    } else {
        magnitude
    }
}

/// The derivative of [`floored`] as it is used: as if there were no floor.
pub(super) fn sign(sigma: f64) -> f64 {
    if sigma < 0.0 { -1.0 } else { 1.0 }
}

/// mu, sigma and, for PDOME, pi of every channel, and where the channels lie in memory.
#[derive(Debug)]
pub(super) struct Parameters {
    channels: Vec<Channel>,
    /// Element i in memory belongs to channel `(i / stride) % channels`.
    stride: usize,
    /// Number of values of each parameter as it was given: 1 or the number of channels.
    counts: [usize; 3],
}

#[derive(Debug, Clone, Copy)]
struct Channel {
    mu: f64,
    /// The floored magnitude of sigma.
    sigma: f64,
    /// The gradient passes the floor as if there were none, with this sign.
    sign: f64,
    pi: f64,
    /// Takes `x - mu` to the distance of a bump.
    rate: f64,
}

impl Parameters {
    /// `pi` is empty where the operation has none. The counts have been checked to be 1 or one
    /// number, that of the channels.
    pub fn new(mu: &[f64], sigma: &[f64], pi: &[f64], stride: usize) -> Self {
        let counts = [mu.len(), sigma.len(), pi.len()];
        let count = counts.into_iter().max().unwrap_or(1);
        let at = |values: &[f64], channel: usize| match values {
            [] => 0.0,
            [value] => *value,
            values => values[channel],
        };
        let channels = (0..count)
            .map(|channel| {
                let signed = at(sigma, channel);
                let sigma = floored(signed);
                Channel {
                    mu: at(mu, channel),
                    sigma,
                    sign: sign(signed),
                    pi: at(pi, channel),
                    rate: DISTANCE_SCALE / sigma,
                }
            })
            .collect();
        Self {
            channels,
            // One channel is one run, of any length.
            stride: if count == 1 { usize::MAX / 4 } else { stride },
            counts,
        }
    }

    pub fn channels(&self) -> usize {
        self.channels.len()
    }

    /// Whether f32 has all mu and sigma, so that the squares of distances are finite for every finite
    /// x in f32. NaN may be among them.
    pub fn are_finite(&self) -> bool {
        let infinite = |value: f64| value.abs() > f32::MAX.into();
        let finite = |channel: &Channel| !infinite(channel.mu) && !infinite(channel.sigma);
        self.channels.iter().all(finite)
    }

    /// The channel of each run of elements in a range of the memory, with the run's place in the
    /// range.
    #[inline(always)]
    pub fn runs(&self, range: Range<usize>) -> impl Iterator<Item = (usize, Range<usize>)> {
        let (channels, stride, start) = (self.channels.len(), self.stride, range.start);
        let mut from = start;
        let mut channel = start / stride % channels;
        let mut to = (start / stride + 1) * stride;
        core::iter::from_fn(move || {
            if from >= range.end {
                return None;
            }
            let run = (channel, from - start..to.min(range.end) - start);
            from = to;
            to += stride;
            channel = if channel + 1 == channels {
                0
            } else {
                channel + 1
            };
            Some(run)
        })
    }

    /// The gradients of mu, sigma and pi from the [`Sums`] of every channel.
    pub fn gradients(&self, sums: &[Sums]) -> [Vec<f64>; 3] {
        let mut gradients = self.counts.map(|count| vec![0.0; count]);
        for (index, (channel, sums)) in self.channels.iter().zip(sums).enumerate() {
            let scale = 2.0 * SQUARE_SCALE;
            let of_channel = [
                scale * channel.rate * sums[0],
                scale / channel.sigma * channel.sign * sums[1],
                -sums[2],
            ];
            for (gradient, value) in gradients.iter_mut().zip(of_channel) {
                match gradient.as_mut_slice() {
                    [] => {}
                    [shared] => *shared += value,
                    each => each[index] = value,
                }
            }
        }
        gradients
    }
}

/// Of the elements of one channel, the sums whose multiples are the gradients of mu, sigma and pi.
pub(super) type Sums = [f64; 3];

/// The parameters of each element of a block.
#[repr(C, align(64))]
pub(super) struct ParameterBlock {
    pub mu: Block,
    pub rate: Block,
    pub pi: Block,
    filled: bool,
}

impl ParameterBlock {
    #[inline(always)]
    pub fn new() -> Self {
        Self {
            mu: [0.0; BLOCK],
            rate: [0.0; BLOCK],
            pi: [0.0; BLOCK],
            filled: false,
        }
    }

    /// Sets the parameters of a range of the memory; only once if all channels share them.
    #[inline(always)]
    pub fn fill(&mut self, parameters: &Parameters, range: Range<usize>) {
        if parameters.channels() == 1 {
            if !self.filled {
                self.set(0..BLOCK, &parameters.channels[0]);
                self.filled = true;
            }
            return;
        }
        for (channel, run) in parameters.runs(range) {
            self.set(run, &parameters.channels[channel]);
        }
    }

    #[inline(always)]
    fn set(&mut self, run: Range<usize>, channel: &Channel) {
        self.mu[run.clone()].fill(channel.mu);
        self.rate[run.clone()].fill(channel.rate);
        self.pi[run].fill(channel.pi);
    }
}
