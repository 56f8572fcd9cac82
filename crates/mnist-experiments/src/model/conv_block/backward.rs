use pulp::{Simd, WithSimd};

use super::correlation::Correlation;
use super::kernel::Block;
use super::maps::{Maps, Pixel};
use super::pooling::{Winners, add_open, distribute};
use super::weight_gradient::WeightGradient;
use super::{AREA, BORDER, KERNEL, POOL, SQUARE};

/// The gradients of weights and biases over a group of images, and those of the images.
pub(super) struct Backward<'a> {
    pub block: Block<'a>,
    pub images: &'a [f32],
    pub winners: &'a [Winners],
    /// Of the results.
    pub gradients: &'a [f32],
    pub of_images: Option<&'a mut [f32]>,
}

impl WithSimd for Backward<'_> {
    type Output = (Vec<f32>, Vec<f32>);

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Self::Output {
        // See the forward step.
        match S::REGISTER_COUNT {
            32.. => self.run::<S, 4>(simd),
            _ => self.run::<S, 2>(simd),
        }
    }
}

impl Backward<'_> {
    #[inline(always)]
    fn run<S: Simd, const T: usize>(self, simd: S) -> (Vec<f32>, Vec<f32>) {
        let block = self.block;
        let (gradients, of_bias) = self.unpool();
        let maps = Maps::gather(self.images, block.size);
        let of_weight = WeightGradient {
            maps: &maps,
            gradients: &gradients,
        };
        let of_weight = of_weight.compute::<S, T>(simd);
        if let Some(of_images) = self.of_images {
            let mut results = maps;
            let [channels, height, width] = block.size;
            let origin = (BORDER + 1) as isize - KERNEL as isize;
            // The kernel turned round, from the results to the images.
            let weight = |input, channel, tap| block.weight_of(channel, input, AREA - 1 - tap);
            let correlation = Correlation::<T>::new(&gradients, channels, origin, weight);
            let squares = [height, width].map(|side| side.div_ceil(POOL));
            correlation.for_each(simd, squares, |channel, [row, column], square| {
                for (i, pixel) in square.iter().enumerate() {
                    let [row, column] = [POOL * row + i / POOL, POOL * column + i % POOL];
                    if row < height && column < width {
                        results.pixels[(channel * height + row) * width + column] = *pixel;
                    }
                }
            });
            results.scatter(of_images);
        }
        (of_weight, of_bias)
    }

    /// Gradients of the pixels before bias, ReLU and pooling, with a border, and of the biases.
    #[inline(always)]
    fn unpool(&self) -> (Maps, Vec<f32>) {
        let pooled = self.block.pooled_size();
        let [channels, rows, columns] = pooled;
        let [_, height, width] = self.block.convolved_size();
        let [height, width] = [height, width].map(|side| side + 2 * BORDER);
        let pooled = Maps::gather(self.gradients, pooled);
        let mut results = Maps::zeros([channels, height, width]);
        let mut of_bias = Vec::with_capacity(channels);
        for channel in 0..channels {
            let mut open = Pixel::ZERO;
            for row in 0..rows {
                for column in 0..columns {
                    let place = (channel * rows + row) * columns + column;
                    let (gradient, winners) = (&pooled.pixels[place], &self.winners[place]);
                    add_open(gradient, winners, &mut open);
                    let square: [Pixel; SQUARE] = distribute(gradient, winners);
                    for (i, pixel) in square.into_iter().enumerate() {
                        let row = BORDER + POOL * row + i / POOL;
                        let column = BORDER + POOL * column + i % POOL;
                        results.pixels[(channel * height + row) * width + column] = pixel;
                    }
                }
            }
            of_bias.push(open.sum());
        }
        (results, of_bias)
    }
}
