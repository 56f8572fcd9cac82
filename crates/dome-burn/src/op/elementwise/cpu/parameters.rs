use core::ops::Range;

use super::bump::{DISTANCE_SCALE, SQUARE_SCALE, square_rate};
use crate::op::host::block::{BLOCK, Block};
use crate::op::host::sigma::{floored, sign};

/// mu, sigma and, for PDOME, pi of every channel, and where the channels lie in memory.
#[derive(Debug)]
pub(in crate::op) struct Parameters {
    mu: Vec<f64>,
    /// The floored magnitudes of sigma.
    sigma: Vec<f64>,
    /// The gradient passes the floor as if there were none, with these signs.
    signs: Vec<f64>,
    pi: Vec<f64>,
    /// Take `x - mu` to the distance of a bump.
    rates: Vec<f64>,
    /// Element i in memory belongs to channel `(i / stride) % channels`.
    stride: usize,
    /// Number of values of each parameter as it was given: 1 or the number of channels.
    counts: [usize; 3],
}

impl Parameters {
    /// `pi` is empty where the operation has none. The counts have been checked to be 1 or one
    /// number, that of the channels.
    pub fn new(mu: &[f64], sigma: &[f64], pi: &[f64], stride: usize) -> Self {
        let counts = [mu.len(), sigma.len(), pi.len()];
        let count = counts.into_iter().max().unwrap_or(1);
        let of_channels = |values: &[f64]| match values {
            [] => vec![0.0; count],
            [value] => vec![*value; count],
            values => values.to_vec(),
        };
        let signed = of_channels(sigma);
        let sigma: Vec<f64> = signed.iter().copied().map(floored).collect();
        Self {
            mu: of_channels(mu),
            signs: signed.into_iter().map(sign).collect(),
            pi: of_channels(pi),
            rates: sigma.iter().map(|sigma| DISTANCE_SCALE / sigma).collect(),
            sigma,
            // One channel is one run, of any length.
            stride: if count == 1 { usize::MAX / 4 } else { stride },
            counts,
        }
    }

    /// For formulas of the product `mu x`: in the place of pi, which they lack, the [`square_rate`]s.
    pub fn with_square_rates(mut self) -> Self {
        self.pi = self.sigma.iter().copied().map(square_rate).collect();
        self
    }

    pub fn channels(&self) -> usize {
        self.mu.len()
    }

    /// Whether f32 has all mu and sigma, so that the squares of distances are finite for every finite
    /// x in f32. NaN may be among them.
    pub fn are_finite(&self) -> bool {
        let infinite = |value: &f64| value.abs() > f32::MAX.into();
        !self.mu.iter().chain(&self.sigma).any(infinite)
    }

    /// Whether neighbours in memory belong to different channels: [`strips`](Self::strips) are longer
    /// than [`runs`](Self::runs).
    #[inline(always)]
    pub fn are_interleaved(&self) -> bool {
        self.stride == 1
    }

    /// Of interleaved channels, the first channel of each stretch with one element of each, in order, and
    /// the stretch's place in a range of the memory.
    #[inline(always)]
    pub fn strips(&self, range: Range<usize>) -> impl Iterator<Item = (usize, Range<usize>)> {
        let (channels, start) = (self.channels(), range.start);
        let mut from = start;
        let mut channel = start % channels;
        core::iter::from_fn(move || {
            if from >= range.end {
                return None;
            }
            let to = (from + channels - channel).min(range.end);
            let strip = (channel, from - start..to - start);
            (from, channel) = (to, 0);
            Some(strip)
        })
    }

    /// The channel of each run of elements in a range of the memory, with the run's place in the
    /// range.
    #[inline(always)]
    pub fn runs(&self, range: Range<usize>) -> impl Iterator<Item = (usize, Range<usize>)> {
        let (channels, stride, start) = (self.channels(), self.stride, range.start);
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
        for (channel, sums) in sums.iter().enumerate() {
            let scale = 2.0 * SQUARE_SCALE;
            let of_channel = [
                scale * self.rates[channel] * sums[0],
                scale / self.sigma[channel] * self.signs[channel] * sums[1],
                -sums[2],
            ];
            for (gradient, value) in gradients.iter_mut().zip(of_channel) {
                match gradient.as_mut_slice() {
                    [] => {}
                    [shared] => *shared += value,
                    each => each[channel] = value,
                }
            }
        }
        gradients
    }
}

/// Of the elements of one channel, the sums whose multiples are the gradients of mu, sigma and pi.
pub(in crate::op) type Sums = [f64; 3];

/// The parameters of each element of a block.
#[repr(C)]
pub(in crate::op) struct ParameterBlock {
    pub mu: Block,
    pub rate: Block,
    pub pi: Block,
}

impl ParameterBlock {
    /// Sets the parameters of a range of the memory, unless there is but one channel.
    #[inline(always)]
    pub fn fill(&mut self, parameters: &Parameters, range: Range<usize>) {
        if parameters.channels() == 1 {
            return;
        }
        if parameters.are_interleaved() {
            for (first, strip) in parameters.strips(range) {
                let channels = first..first + strip.len();
                self.mu[strip.clone()].copy_from_slice(&parameters.mu[channels.clone()]);
                self.rate[strip.clone()].copy_from_slice(&parameters.rates[channels.clone()]);
                self.pi[strip].copy_from_slice(&parameters.pi[channels]);
            }
        } else {
            for (channel, run) in parameters.runs(range) {
                self.set(run, parameters, channel);
            }
        }
    }

    #[inline(always)]
    fn set(&mut self, run: Range<usize>, parameters: &Parameters, channel: usize) {
        self.mu[run.clone()].fill(parameters.mu[channel]);
        self.rate[run.clone()].fill(parameters.rates[channel]);
        self.pi[run].fill(parameters.pi[channel]);
    }
}

/// The blocks of a kernel: the parameters, and `N` more.
///
/// All in one, a whole number of blocks apart. If the last 12 bits of the address of a number just stored
/// were those of the next one to load, processors would take the one for the other now and then, and the
/// load would wait for all that the stored number is computed from: seen to take three times as long, in one
/// process of ten.
#[repr(C, align(64))]
pub(in crate::op) struct Blocks<const N: usize> {
    pub of: ParameterBlock,
    pub numbers: [Block; N],
}

impl<const N: usize> Blocks<N> {
    /// With the parameters, if there is but one channel.
    #[inline(always)]
    pub fn new(parameters: &Parameters) -> Self {
        let mut blocks = Self {
            of: ParameterBlock {
                mu: [0.0; BLOCK],
                rate: [0.0; BLOCK],
                pi: [0.0; BLOCK],
            },
            numbers: [[0.0; BLOCK]; N],
        };
        if parameters.channels() == 1 {
            blocks.of.set(0..BLOCK, parameters, 0);
        }
        blocks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strips_are_runs_of_one_element_each() {
        for channels in [2, 3, 128, 500] {
            let parameters = Parameters::new(&vec![1.0; channels], &[1.0], &[], 1);
            assert!(parameters.are_interleaved());
            for range in [0..channels, 5..777, 1023..1024, 7..7] {
                let expected: Vec<_> = parameters.runs(range.clone()).collect();
                let elements = parameters.strips(range).flat_map(|(first, strip)| {
                    let places = strip.clone().zip(first..);
                    places.map(|(place, channel)| (channel, place..place + 1))
                });
                assert_eq!(elements.collect::<Vec<_>>(), expected);
            }
        }
    }
}
