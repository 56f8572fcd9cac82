use super::geometry::{POOL, SQUARE};

/// Images side by side: what is done to a pixel is done to that of so many images at once.
///
/// A number of its own, not that of the processor's registers, so that no sum depends on it.
pub const LANES: usize = 32;

/// Pixels that are turned from one layout to the other at a time, so that they stay in the fastest cache.
const TILE: usize = 16;

/// One pixel of each image, on a cache line of its own, which loads into wide registers need.
#[derive(Clone, Copy)]
#[repr(align(64))]
pub(super) struct Pixel(pub [f32; LANES]);

impl Pixel {
    pub const ZERO: Self = Self([0.0; LANES]);

    /// One register of `W` lanes.
    #[inline(always)]
    pub fn load<const W: usize>(&self, part: usize) -> [f32; W] {
        self.0.as_chunks().0[part]
    }

    #[inline(always)]
    pub fn store<const W: usize>(&mut self, part: usize, lanes: [f32; W]) {
        self.0.as_chunks_mut().0[part] = lanes;
    }

    /// The sum over the images, always in the same order, half by half.
    #[inline(always)]
    pub fn sum(&self) -> f32 {
        let mut sums = self.0;
        let mut half = LANES / 2;
        while half > 0 {
            for i in 0..half {
                sums[i] += sums[i + half];
            }
            half /= 2;
        }
        sums[0]
    }
}

/// Adds products, rounded once with `FMA`, else twice.
#[inline(always)]
pub(super) fn add_products<const FMA: bool, const W: usize>(
    a: [f32; W],
    b: [f32; W],
    sums: &mut [f32; W],
) {
    for i in 0..W {
        sums[i] = match FMA {
            true => a[i].mul_add(b[i], sums[i]),
            false => a[i] * b[i] + sums[i],
        };
    }
}

/// The channels of up to [`LANES`] images, pixel by pixel.
pub(super) struct Maps {
    pub pixels: Vec<Pixel>,
    /// Channels, height, width.
    pub size: [usize; 3],
}

impl Maps {
    pub fn zeros(size: [usize; 3]) -> Self {
        Self {
            pixels: vec![Pixel::ZERO; size.iter().product()],
            size,
        }
    }

    /// Of images one behind the other; where there is none, of zeros.
    pub fn gather(images: &[f32], size: [usize; 3]) -> Self {
        let mut maps = Self::zeros(size);
        let length = maps.pixels.len();
        for (i, tile) in maps.pixels.chunks_mut(TILE).enumerate() {
            for (lane, image) in images.chunks_exact(length).enumerate() {
                for (pixel, &value) in tile.iter_mut().zip(&image[i * TILE..]) {
                    pixel.0[lane] = value;
                }
            }
        }
        maps
    }

    /// Writes images one behind the other.
    pub fn scatter(&self, images: &mut [f32]) {
        let length = self.pixels.len();
        for (i, tile) in self.pixels.chunks(TILE).enumerate() {
            for (lane, image) in images.chunks_exact_mut(length).enumerate() {
                for (pixel, value) in tile.iter().zip(&mut image[i * TILE..]) {
                    *value = pixel.0[lane];
                }
            }
        }
    }

    #[inline(always)]
    pub fn channel(&self, channel: usize) -> &[Pixel] {
        let [_, height, width] = self.size;
        &self.pixels[channel * height * width..][..height * width]
    }

    /// Writes the pixels of a square, of which the first one lies in that row and column, where there are
    /// such.
    #[inline(always)]
    pub fn write(&mut self, channel: usize, [row, column]: [usize; 2], square: &[Pixel; SQUARE]) {
        let [_, height, width] = self.size;
        for (i, pixel) in square.iter().enumerate() {
            let [row, column] = [row + i / POOL, column + i % POOL];
            if row < height && column < width {
                self.pixels[(channel * height + row) * width + column] = *pixel;
            }
        }
    }
}
