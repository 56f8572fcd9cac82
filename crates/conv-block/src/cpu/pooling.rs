use super::geometry::SQUARE;
use super::maps::{LANES, Pixel};

/// For each image of a group, which pixel of a square is its largest (0 to 3, row by row), or 4 where ReLU lets none
/// through.
pub type Winners = [u8; LANES];

/// No pixel: ReLU lets none through.
const CLOSED: u8 = SQUARE as u8;

/// The largest pixel with bias and ReLU, and which one it is.
///
/// Of equal pixels the first wins, of NaNs the last, as in Burn's pooling.
#[inline(always)]
pub(super) fn pool(square: &[Pixel; SQUARE], bias: f32) -> (Pixel, Winners) {
    let mut largest = square[0];
    let mut winners = [0; LANES];
    for (i, pixels) in square.iter().enumerate().skip(1) {
        let lanes = largest.0.iter_mut().zip(&mut winners);
        for ((largest, winner), &pixel) in lanes.zip(&pixels.0) {
            let wins = (pixel > *largest) | pixel.is_nan();
            *largest = if wins { pixel } else { *largest };
            *winner = if wins { i as u8 } else { *winner };
        }
    }
    for (largest, winner) in largest.0.iter_mut().zip(&mut winners) {
        let value = *largest + bias;
        let open = (value > 0.0) | value.is_nan();
        *largest = if open { value } else { 0.0 };
        *winner = if open { *winner } else { CLOSED };
    }
    (largest, winners)
}

/// Hands the gradient of each image to the pixel of the square that won.
#[inline(always)]
pub(super) fn distribute(gradient: &Pixel, winners: &Winners) -> [Pixel; SQUARE] {
    let mut square = [Pixel::ZERO; SQUARE];
    for (i, pixels) in square.iter_mut().enumerate() {
        for ((pixel, &gradient), &winner) in pixels.0.iter_mut().zip(&gradient.0).zip(winners) {
            *pixel = keep(winner == i as u8, gradient);
        }
    }
    square
}

/// Adds the gradients of the images that ReLU let through.
#[inline(always)]
pub(super) fn add_open(gradient: &Pixel, winners: &Winners, sums: &mut Pixel) {
    for ((sum, &gradient), &winner) in sums.0.iter_mut().zip(&gradient.0).zip(winners) {
        *sum += keep(winner != CLOSED, gradient);
    }
}

/// The value or 0. With a mask: compiled as a branch, which no processor can predict, it takes four
/// times as long.
#[inline(always)]
fn keep(condition: bool, value: f32) -> f32 {
    f32::from_bits(u32::from(condition).wrapping_neg() & value.to_bits())
}
