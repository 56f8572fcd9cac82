use super::geometry::{AREA, KERNEL, POOL};

/// The operation's inputs, contiguous. Only the batch may be empty. The images have at least 6 x 6 pixels.
///
/// A group of [`LANES`](super::LANES) images is what one core computes, side by side in its registers: each image's sums
/// have the order of a scalar program's, so neither threads nor the processor's instructions change a bit,
/// as long as it [multiplies and adds in one instruction](super::Instructions::fuse).
#[derive(Clone, Copy)]
pub struct Block<'a> {
    /// One behind the other.
    pub images: &'a [f32],
    /// Channels, height and width of an image.
    pub size: [usize; 3],
    /// `[channels of the results, channels of an image, 5, 5]`.
    pub weight: &'a [f32],
    /// One a channel of the results.
    pub bias: &'a [f32],
}

impl Block<'_> {
    /// Channels, height and width of a result.
    pub fn pooled_size(&self) -> [usize; 3] {
        let [channels, height, width] = self.convolved_size();
        [channels, height / POOL, width / POOL]
    }

    /// The same before pooling.
    pub(super) fn convolved_size(&self) -> [usize; 3] {
        let [_, height, width] = self.size;
        [self.bias.len(), height + 1 - KERNEL, width + 1 - KERNEL]
    }

    pub(super) fn weight_of(&self, channel: usize, input: usize, tap: usize) -> f32 {
        self.weight[(channel * self.size[0] + input) * AREA + tap]
    }

    /// Numbers of an image and of its result.
    pub(super) fn lengths(&self) -> [usize; 2] {
        [self.size, self.pooled_size()].map(|size| size.iter().product())
    }
}
