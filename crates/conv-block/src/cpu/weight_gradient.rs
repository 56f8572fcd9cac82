use std::array;

use super::geometry::{AREA, BORDER, KERNEL};
use super::maps::{LANES, Maps, Pixel, add_products};

/// Gradients of the kernels, `[channels, inputs, KERNEL, KERNEL]`: sums over pixels and images of an
/// input times a result's gradient, for `T` channels and a row of the kernel at a time, which is what
/// processors have registers for.
pub(super) struct WeightGradient<'a> {
    /// The convolution's input.
    pub maps: &'a Maps,
    /// Those of its results, with a border of [`BORDER`] pixels.
    pub gradients: &'a Maps,
}

impl WeightGradient<'_> {
    #[inline(always)]
    pub fn compute<const FMA: bool, const W: usize, const T: usize>(&self) -> Vec<f32> {
        let [inputs, ..] = self.maps.size;
        let [channels, ..] = self.gradients.size;
        let mut results = vec![0.0; channels * inputs * AREA];
        for first in (0..channels).step_by(T) {
            // Behind the last channel, that one again.
            let tile: [&[Pixel]; T] =
                array::from_fn(|i| self.gradients.channel((first + i).min(channels - 1)));
            for input in 0..inputs {
                for tap in 0..KERNEL {
                    let mut lanes = [[Pixel::ZERO; KERNEL]; T];
                    for part in 0..LANES / W {
                        let sums = self.kernel_row::<FMA, W, T>(tile, input, tap, part);
                        for (pixels, sums) in lanes.iter_mut().zip(sums) {
                            for (pixel, sum) in pixels.iter_mut().zip(sums) {
                                pixel.store(part, sum);
                            }
                        }
                    }
                    for (channel, lanes) in (first..channels).zip(&lanes) {
                        let place = (channel * inputs + input) * AREA + tap * KERNEL;
                        for (result, lanes) in results[place..].iter_mut().zip(lanes) {
                            *result = lanes.sum();
                        }
                    }
                }
            }
        }
        results
    }

    /// One register of lanes for each weight of a row of the kernel.
    #[inline(always)]
    fn kernel_row<const FMA: bool, const W: usize, const T: usize>(
        &self,
        gradients: [&[Pixel]; T],
        input: usize,
        tap: usize,
        part: usize,
    ) -> [[[f32; W]; KERNEL]; T] {
        let [_, height, stride] = self.gradients.size;
        let [height, width] = [height, stride].map(|side| side - 2 * BORDER);
        let input_stride = self.maps.size[2];
        let mut sums = [[[0.0; W]; KERNEL]; T];
        for row in 0..height {
            let inputs = &self.maps.channel(input)[(row + tap) * input_stride..];
            let inputs = &inputs[..width + KERNEL - 1];
            let place = (row + BORDER) * stride + BORDER;
            for column in 0..width {
                let mut factors = [[0.0; W]; T];
                for (factor, gradients) in factors.iter_mut().zip(gradients) {
                    *factor = gradients[place + column].load(part);
                }
                for i in 0..KERNEL {
                    let pixel = inputs[column + i].load(part);
                    for (sums, factor) in sums.iter_mut().zip(factors) {
                        add_products::<FMA, W>(pixel, factor, &mut sums[i]);
                    }
                }
            }
        }
        sums
    }
}
