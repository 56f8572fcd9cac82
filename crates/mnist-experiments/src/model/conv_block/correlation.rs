use std::ops::Range;

use pulp::Simd;

use super::maps::{LANES, Maps, Pixel};
use super::{AREA, KERNEL, POOL, SQUARE};

/// Sums of products of `maps` with kernels of weights, for `T` channels and the pixels of a square at a
/// time, which is what processors have registers for.
pub(super) struct Correlation<'a, const T: usize> {
    maps: &'a Maps,
    /// `[channels / T, channels of maps, KERNEL, KERNEL, T]`.
    weights: Vec<f32>,
    channels: usize,
    /// Where the first weight lies for the first result: row and column of `maps`.
    origin: isize,
}

impl<'a, const T: usize> Correlation<'a, T> {
    /// With the weight that `weight` gives for a channel of the results, one of the maps, and a place in
    /// the kernel.
    pub fn new(
        maps: &'a Maps,
        channels: usize,
        origin: isize,
        weight: impl Fn(usize, usize, usize) -> f32,
    ) -> Self {
        let [inputs, ..] = maps.size;
        let mut weights = vec![0.0; channels.div_ceil(T) * inputs * AREA * T];
        for channel in 0..channels {
            let tile = &mut weights[channel / T * inputs * AREA * T..];
            for input in 0..inputs {
                for tap in 0..AREA {
                    tile[(input * AREA + tap) * T + channel % T] = weight(channel, input, tap);
                }
            }
        }
        Self {
            maps,
            weights,
            channels,
            origin,
        }
    }

    /// Calls `with` with the pixels of each square of `rows x columns` in each channel.
    ///
    /// A weight that lies outside of the maps for one of the two rows or columns of a square is left out
    /// for both.
    #[inline(always)]
    pub fn for_each<S: Simd>(
        &self,
        simd: S,
        [rows, columns]: [usize; 2],
        mut with: impl FnMut(usize, [usize; 2], &[Pixel; SQUARE]),
    ) {
        let [inputs, height, width] = self.maps.size;
        let tiles = self.weights.chunks_exact(inputs * AREA * T);
        for (tile, weights) in tiles.enumerate() {
            for row in 0..rows {
                let vertical = self.taps(row, height);
                for column in 0..columns {
                    let horizontal = self.taps(column, width);
                    let mut squares = [[Pixel::ZERO; SQUARE]; T];
                    for part in 0..LANES / S::F32_LANES {
                        let sums = self.square(
                            simd,
                            weights,
                            [row, column],
                            [vertical.clone(), horizontal.clone()],
                            part,
                        );
                        for (square, sums) in squares.iter_mut().zip(sums) {
                            for (pixel, sum) in square.iter_mut().zip(sums) {
                                S::as_mut_simd_f32s(&mut pixel.0).0[part] = sum;
                            }
                        }
                    }
                    for (i, square) in squares.iter().enumerate() {
                        let channel = tile * T + i;
                        if channel < self.channels {
                            with(channel, [row, column], square);
                        }
                    }
                }
            }
        }
    }

    /// The rows or columns of the kernel that lie on the maps for both rows or columns of a square.
    fn taps(&self, square: usize, size: usize) -> Range<usize> {
        let first = (POOL * square) as isize + self.origin;
        let end = (size as isize - 1 - first).clamp(0, KERNEL as isize);
        let start = (-first).clamp(0, end);
        start as usize..end as usize
    }

    /// One register of lanes of each pixel.
    #[inline(always)]
    fn square<S: Simd>(
        &self,
        simd: S,
        weights: &[f32],
        [row, column]: [usize; 2],
        [vertical, horizontal]: [Range<usize>; 2],
        part: usize,
    ) -> [[S::f32s; SQUARE]; T] {
        let [inputs, _, width] = self.maps.size;
        let mut sums = [[simd.splat_f32s(0.0); SQUARE]; T];
        if vertical.is_empty() || horizontal.is_empty() {
            return sums;
        }
        let place =
            |square: usize, tap: usize| (POOL * square + tap).wrapping_add_signed(self.origin);
        let x = place(column, horizontal.start);
        for input in 0..inputs {
            let map = self.maps.channel(input);
            for tap in vertical.clone() {
                let rows = &map[place(row, tap) * width..][..POOL * width];
                let [top, bottom] = [&rows[x..], &rows[width + x..]];
                let weights = &weights[(input * AREA + tap * KERNEL + horizontal.start) * T..];
                let weights = weights.as_chunks::<T>().0;
                // The usual number of taps as a constant, with which the loop is unrolled.
                match horizontal.len() {
                    KERNEL => add_taps(simd, top, bottom, &weights[..KERNEL], part, &mut sums),
                    taps => add_taps(simd, top, bottom, &weights[..taps], part, &mut sums),
                }
            }
        }
        sums
    }
}

/// Adds what a row of the kernel gives for each pixel of a square.
#[inline(always)]
fn add_taps<S: Simd, const T: usize>(
    simd: S,
    top: &[Pixel],
    bottom: &[Pixel],
    weights: &[[f32; T]],
    part: usize,
    sums: &mut [[S::f32s; SQUARE]; T],
) {
    let [top, bottom] = [&top[..weights.len() + 1], &bottom[..weights.len() + 1]];
    for (i, weights) in weights.iter().enumerate() {
        let pixels = [&top[i], &top[i + 1], &bottom[i], &bottom[i + 1]];
        let pixels = pixels.map(|pixel| S::as_simd_f32s(&pixel.0).0[part]);
        for (sums, &weight) in sums.iter_mut().zip(weights) {
            let weight = simd.splat_f32s(weight);
            for (sum, pixel) in sums.iter_mut().zip(pixels) {
                *sum = simd.mul_add_e_f32s(pixel, weight, *sum);
            }
        }
    }
}
