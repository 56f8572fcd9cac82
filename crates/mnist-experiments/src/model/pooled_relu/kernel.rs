use rayon::prelude::*;

use super::POOL;

/// Pixels that are worth a task of their own.
const TASK: usize = 1 << 14;

/// The planes of a batch, one behind the other: the channels of each image.
pub(super) struct Planes<'a> {
    pub pixels: &'a [f32],
    /// One a channel.
    pub bias: &'a [f32],
    /// Height and width.
    pub size: [usize; 2],
}

impl Planes<'_> {
    /// The largest pixel of each square, with bias and ReLU.
    pub fn forward(&self) -> Vec<f32> {
        let [_, width] = self.size;
        let mut results = vec![0.0; self.count() * self.pooled_area()];
        results
            .par_chunks_exact_mut(self.pooled_area().max(1))
            .enumerate()
            .with_min_len(self.planes_a_task())
            .for_each(|(plane, results)| {
                let rows = results.chunks_exact_mut((width / POOL).max(1));
                for (pixels, results) in self.row_pairs(plane).zip(rows) {
                    rectify(pixels, self.bias_of(plane), results);
                }
            });
        results
    }

    /// Gradients of the pixels and of the biases, for those of the results.
    ///
    /// The largest pixels are found again: that is faster than to write and read where they were.
    /// The planes of a bias are summed up in their order, whatever the number of threads.
    pub fn backward(&self, gradients: &[f32]) -> (Vec<f32>, Vec<f32>) {
        let area = self.pooled_area();
        let mut of_pixels = vec![0.0; self.pixels.len()];
        let sums: Vec<f64> = of_pixels
            .par_chunks_exact_mut(self.area().max(1))
            .enumerate()
            .with_min_len(self.planes_a_task())
            .map(|(plane, of_pixels)| {
                let gradients = &gradients[plane * area..][..area];
                self.plane_backward(plane, gradients, of_pixels)
            })
            .collect();
        let mut of_bias = vec![0.0; self.bias.len()];
        for sums in sums.chunks_exact(of_bias.len().max(1)) {
            for (total, sum) in of_bias.iter_mut().zip(sums) {
                *total += sum;
            }
        }
        let of_bias = of_bias.into_iter().map(|sum| sum as f32).collect();
        (of_pixels, of_bias)
    }

    /// Writes the pixels' gradients and returns that of the bias.
    fn plane_backward(&self, plane: usize, gradients: &[f32], of_pixels: &mut [f32]) -> f64 {
        let [_, width] = self.size;
        let mut sums = vec![0.0; width / POOL];
        let of_rows = of_pixels.chunks_exact_mut((POOL * width).max(1));
        let gradients = gradients.chunks_exact((width / POOL).max(1));
        for ((pixels, of_pixels), gradients) in self.row_pairs(plane).zip(of_rows).zip(gradients) {
            let (top, bottom) = pixels;
            let (of_top, of_bottom) = of_pixels.split_at_mut(width);
            distribute(
                top,
                bottom,
                self.bias_of(plane),
                gradients,
                of_top,
                of_bottom,
                &mut sums,
            );
        }
        sums.into_iter().map(f64::from).sum()
    }

    fn count(&self) -> usize {
        self.pixels.len() / self.area().max(1)
    }

    fn area(&self) -> usize {
        self.size.iter().product()
    }

    fn pooled_area(&self) -> usize {
        let [height, width] = self.size;
        (height / POOL) * (width / POOL)
    }

    fn planes_a_task(&self) -> usize {
        (TASK / self.area().max(1)).max(1)
    }

    fn bias_of(&self, plane: usize) -> f32 {
        self.bias[plane % self.bias.len()]
    }

    /// Two rows of pixels at a time.
    fn row_pairs(&self, plane: usize) -> impl Iterator<Item = (&[f32], &[f32])> {
        let [_, width] = self.size;
        let area = self.area();
        self.pixels[plane * area..][..area]
            .chunks_exact((POOL * width).max(1))
            .map(move |rows| rows.split_at(width))
    }
}

/// Forward, two rows to one.
fn rectify((top, bottom): (&[f32], &[f32]), bias: f32, results: &mut [f32]) {
    let squares = top.as_chunks().0.iter().zip(bottom.as_chunks().0);
    for ((&[a, b], &[c, d]), result) in squares.zip(results) {
        let value = larger(d, larger(c, larger(b, a))) + bias;
        *result = if is_open(value) { value } else { 0.0 };
    }
}

/// Backward: hands each gradient of a row to the largest of its square's pixels, and adds it to the
/// sum of its column, for the bias; columns, since independent sums are vectors.
///
/// Conditions are masks here: compiled as branches, which no processor can predict, they take ten
/// times as long. And this is a call of its own, since the compiler knows only of a function's
/// arguments that they do not overlap, which vectors need.
#[inline(never)]
fn distribute(
    top: &[f32],
    bottom: &[f32],
    bias: f32,
    gradients: &[f32],
    of_top: &mut [f32],
    of_bottom: &mut [f32],
    sums: &mut [f32],
) {
    let columns = gradients.len();
    let [top, bottom] = [top, bottom].map(|row| &row.as_chunks().0[..columns]);
    let [of_top, of_bottom] = [of_top, of_bottom].map(|row| &mut row.as_chunks_mut().0[..columns]);
    let sums = &mut sums[..columns];
    for i in 0..columns {
        let ([a, b], [c, d]) = (top[i], bottom[i]);
        let b_wins = mask(wins(b, a));
        let largest = select(b_wins, b, a);
        let c_wins = mask(wins(c, largest));
        let largest = select(c_wins, c, largest);
        let d_wins = mask(wins(d, largest));
        let largest = select(d_wins, d, largest);

        let gradient = keep(mask(is_open(largest + bias)), gradients[i]);
        sums[i] += gradient;
        of_top[i] = [
            keep(!(b_wins | c_wins | d_wins), gradient),
            keep(b_wins & !c_wins & !d_wins, gradient),
        ];
        of_bottom[i] = [keep(c_wins & !d_wins, gradient), keep(d_wins, gradient)];
    }
}

/// Whether a pixel takes over from the largest so far. Of equal ones the first stays, of NaNs the
/// last, as in Burn's pooling.
fn wins(pixel: f32, largest: f32) -> bool {
    (pixel > largest) | pixel.is_nan()
}

fn larger(pixel: f32, largest: f32) -> f32 {
    if wins(pixel, largest) { pixel } else { largest }
}

/// Whether ReLU lets a value through; a NaN it does.
fn is_open(value: f32) -> bool {
    (value > 0.0) | value.is_nan()
}

/// All bits of it, or none.
fn mask(condition: bool) -> u32 {
    u32::from(condition).wrapping_neg()
}

/// The value or 0.
fn keep(mask: u32, value: f32) -> f32 {
    f32::from_bits(mask & value.to_bits())
}

fn select(mask: u32, yes: f32, no: f32) -> f32 {
    f32::from_bits((mask & yes.to_bits()) | (!mask & no.to_bits()))
}
