use super::block::Block;
use super::correlation::Correlation;
use super::instructions::Kernel;
use super::maps::Maps;
use super::pooling::{Winners, pool};

/// The results of a group of images.
pub(super) struct Forward<'a> {
    pub block: Block<'a>,
    pub images: &'a [f32],
    pub results: &'a mut [f32],
    pub winners: &'a mut [Winners],
}

impl Kernel for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<const FMA: bool, const W: usize, const T: usize>(self) {
        let Self { block, winners, .. } = self;
        let size = block.pooled_size();
        let [channels, height, width] = size;
        let maps = Maps::gather(self.images, block.size);
        let mut results = Maps::zeros(size);
        let weight = |channel, input, tap| block.weight_of(channel, input, tap);
        let correlation = Correlation::<T>::new(&maps, channels, 0, weight);
        for tile in correlation.tiles() {
            for row in 0..height {
                for column in 0..width {
                    let squares = correlation.squares::<FMA, W>(tile, [row, column]);
                    for (channel, square) in (T * tile..channels).zip(&squares) {
                        let place = (channel * height + row) * width + column;
                        let bias = block.bias[channel];
                        (results.pixels[place], winners[place]) = pool(square, bias);
                    }
                }
            }
        }
        results.scatter(self.results);
    }
}
