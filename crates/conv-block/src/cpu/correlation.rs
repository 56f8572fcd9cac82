use std::ops::Range;

use super::geometry::{AREA, KERNEL, POOL, SQUARE};
use super::maps::{LANES, Maps, Pixel, add_products};

/// Sums of products of `maps` with kernels of weights, for `T` channels and the pixels of a square at a
/// time, which is what processors have registers for.
///
/// What computes on lanes in here is inlined, always: else it would be compiled without the processor's
/// instructions. Closures are not.
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

    /// The tiles of `T` channels; of the last one some may be too many.
    pub fn tiles(&self) -> Range<usize> {
        0..self.channels.div_ceil(T)
    }

    /// The pixels of a square, in row and column of squares, for each channel of a tile.
    ///
    /// A weight that lies outside of the maps for one of the two rows or columns of a square is left out
    /// for both.
    #[inline(always)]
    pub fn squares<const FMA: bool, const W: usize>(
        &self,
        tile: usize,
        [row, column]: [usize; 2],
    ) -> [[Pixel; SQUARE]; T] {
        let mut squares = [[Pixel::ZERO; SQUARE]; T];
        for part in 0..LANES / W {
            let sums = self.sums::<FMA, W>(tile, [row, column], part);
            for (square, sums) in squares.iter_mut().zip(sums) {
                for (pixel, sum) in square.iter_mut().zip(sums) {
                    pixel.store(part, sum);
                }
            }
        }
        squares
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
    fn sums<const FMA: bool, const W: usize>(
        &self,
        tile: usize,
        [row, column]: [usize; 2],
        part: usize,
    ) -> [[[f32; W]; SQUARE]; T] {
        let [inputs, height, width] = self.maps.size;
        let [vertical, horizontal] = [self.taps(row, height), self.taps(column, width)];
        let mut sums = [[[0.0; W]; SQUARE]; T];
        if vertical.is_empty() || horizontal.is_empty() {
            return sums;
        }
        let first_row = self.place(row, vertical.start);
        let first_column = self.place(column, horizontal.start);
        let (weights, _) = self.weights.as_chunks::<T>();
        for input in 0..inputs {
            let map = self.maps.channel(input);
            for (i, tap) in vertical.clone().enumerate() {
                let rows = &map[(first_row + i) * width..][..POOL * width];
                let [top, bottom] = [&rows[first_column..], &rows[width + first_column..]];
                let place = (tile * inputs + input) * AREA + tap * KERNEL + horizontal.start;
                // The usual number of taps as a constant, with which the loop is unrolled.
                match horizontal.len() {
                    KERNEL => {
                        let weights = &weights[place..][..KERNEL];
                        add_taps::<FMA, W, T>(top, bottom, weights, part, &mut sums);
                    }
                    taps => {
                        let weights = &weights[place..][..taps];
                        add_taps::<FMA, W, T>(top, bottom, weights, part, &mut sums);
                    }
                }
            }
        }
        sums
    }

    /// The row or column of the maps under a tap of the kernel, for the first side of a square.
    fn place(&self, square: usize, tap: usize) -> usize {
        (POOL * square + tap).wrapping_add_signed(self.origin)
    }
}

/// Adds what a row of the kernel gives for each pixel of a square.
#[inline(always)]
fn add_taps<const FMA: bool, const W: usize, const T: usize>(
    top: &[Pixel],
    bottom: &[Pixel],
    weights: &[[f32; T]],
    part: usize,
    sums: &mut [[[f32; W]; SQUARE]; T],
) {
    let [top, bottom] = [&top[..weights.len() + 1], &bottom[..weights.len() + 1]];
    for (i, weights) in weights.iter().enumerate() {
        let pixels = [
            top[i].load(part),
            top[i + 1].load(part),
            bottom[i].load(part),
            bottom[i + 1].load(part),
        ];
        for (sums, &weight) in sums.iter_mut().zip(weights) {
            let weight = [weight; W];
            for (sum, pixel) in sums.iter_mut().zip(pixels) {
                add_products::<FMA, W>(pixel, weight, sum);
            }
        }
    }
}
