use super::block::Block;
use super::correlation::Correlation;
use super::geometry::{AREA, BORDER, KERNEL, POOL};
use super::instructions::Kernel;
use super::maps::{Maps, Pixel};
use super::pooling::{Winners, add_open, distribute};
use super::weight_gradient::WeightGradient;

/// The gradients of weights and biases over a group of images, and those of the images.
pub(super) struct Backward<'a> {
    pub block: Block<'a>,
    pub images: &'a [f32],
    pub winners: &'a [Winners],
    /// Of the results.
    pub gradients: &'a [f32],
    pub of_images: Option<&'a mut [f32]>,
}

impl Kernel for Backward<'_> {
    type Output = (Vec<f32>, Vec<f32>);

    #[inline(always)]
    fn run<const FMA: bool, const W: usize, const T: usize>(self) -> Self::Output {
        let (gradients, of_bias) = self.unpool();
        let maps = Maps::gather(self.images, self.block.size);
        let of_weight = WeightGradient {
            maps: &maps,
            gradients: &gradients,
        };
        let of_weight = of_weight.compute::<FMA, W, T>();
        if let Some(of_images) = self.of_images {
            of_maps::<FMA, W, T>(self.block, &gradients, maps).scatter(of_images);
        }
        (of_weight, of_bias)
    }
}

impl Backward<'_> {
    /// Gradients of the pixels before bias, ReLU and pooling, with a border, and of the biases.
    #[inline(always)]
    fn unpool(&self) -> (Maps, Vec<f32>) {
        let size = self.block.pooled_size();
        let [channels, rows, columns] = size;
        let pooled = Maps::gather(self.gradients, size);
        let [_, height, width] = self.block.convolved_size();
        let mut results = Maps::zeros([channels, height + 2 * BORDER, width + 2 * BORDER]);
        let mut of_bias = Vec::with_capacity(channels);
        for channel in 0..channels {
            let mut open = Pixel::ZERO;
            for row in 0..rows {
                for column in 0..columns {
                    let place = (channel * rows + row) * columns + column;
                    let (gradient, winners) = (&pooled.pixels[place], &self.winners[place]);
                    add_open(gradient, winners, &mut open);
                    let first = [BORDER + POOL * row, BORDER + POOL * column];
                    results.write(channel, first, &distribute(gradient, winners));
                }
            }
            of_bias.push(open.sum());
        }
        (results, of_bias)
    }
}

/// Gradients of the images, in the place of the images.
#[inline(always)]
fn of_maps<const FMA: bool, const W: usize, const T: usize>(
    block: Block,
    gradients: &Maps,
    mut results: Maps,
) -> Maps {
    let [channels, height, width] = block.size;
    // The kernel turned round, from the results to the images.
    let weight = |input, channel, tap| block.weight_of(channel, input, AREA - 1 - tap);
    let origin = (BORDER + 1) as isize - KERNEL as isize;
    let correlation = Correlation::<T>::new(gradients, channels, origin, weight);
    for tile in correlation.tiles() {
        for row in 0..height.div_ceil(POOL) {
            for column in 0..width.div_ceil(POOL) {
                let squares = correlation.squares::<FMA, W>(tile, [row, column]);
                for (channel, square) in (T * tile..channels).zip(&squares) {
                    results.write(channel, [POOL * row, POOL * column], square);
                }
            }
        }
    }
    results
}
