use serde::Serialize;

use super::blobs::{Blob, Blobs};

/// Points of an embedding in 16 bits a coordinate, epoch by epoch: at most 1/131,068 of an epoch's extent off, which is
/// less than a pixel of any screen.
#[derive(Debug, Serialize)]
pub(super) struct Positions {
    /// Of each epoch the smallest coordinate, and what one step of the numbers is.
    pub scales: Vec<Scale>,
    /// `[epochs, dim, points]`; [`MISSING`] of a coordinate that is not finite.
    pub values: Blob,
}

/// `coordinate = low + number * step`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Scale {
    low: f32,
    step: f32,
}

/// The number of a coordinate that is infinite or no number.
const MISSING: u16 = u16::MAX;

impl Positions {
    /// Of the points of each epoch, one after the other with `dim` coordinates each.
    pub fn new(epochs: &[Vec<f32>], dim: usize, blobs: &mut Blobs) -> Self {
        let mut values = Vec::new();
        let scales = epochs.iter().map(|points| pack(points, dim, &mut values));
        let scales = scales.collect();
        Self {
            scales,
            values: blobs.shorts(&values),
        }
    }
}

fn pack(points: &[f32], dim: usize, into: &mut Vec<u16>) -> Scale {
    let finite = || points.iter().copied().filter(|x| x.is_finite());
    let low = finite().fold(f32::INFINITY, f32::min);
    let high = finite().fold(f32::NEG_INFINITY, f32::max);
    let low = if low.is_finite() { low } else { 0.0 };
    // Halves, since the difference of the largest and the smallest number is infinite.
    let step = (high / 2.0 - low / 2.0) / f32::from(MISSING - 1) * 2.0;
    let step = if step > 0.0 { step } else { 1.0 };
    for axis in 0..dim {
        into.extend(points.iter().skip(axis).step_by(dim).map(|&x| {
            match x.is_finite() {
                true => ((x - low) / step)
                    .round()
                    .clamp(0.0, f32::from(MISSING - 1)) as u16,
                false => MISSING,
            }
        }));
    }
    Scale { low, step }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coordinates_are_close_and_missing_ones_are_known() {
        let points = [-3.0f32, 10.0, 0.5, f32::NAN, 7.0, f32::INFINITY];
        let mut values = Vec::new();
        let scale = pack(&points, 2, &mut values);
        // The first coordinates, then the second ones.
        for (number, right) in values.iter().zip([-3.0, 0.5, 7.0, 10.0]) {
            let read = scale.low + f32::from(*number) * scale.step;
            assert!((read - right).abs() <= 13.0 / 131_068.0 * 1.01, "{read}");
        }
        assert_eq!(values[4..], [MISSING, MISSING]);
    }

    #[test]
    fn one_point_and_none() {
        for points in [&[2.5f32, 2.5][..], &[]] {
            let mut values = Vec::new();
            let scale = pack(points, 2, &mut values);
            assert_eq!(values.len(), points.len());
            assert!(values.iter().all(|&number| number == 0));
            assert!(points.is_empty() || scale.low == 2.5);
        }
    }
}
