use serde::Serialize;

use super::blobs::{Blob, Blobs};
use crate::data::drawn;
use crate::train::Samples;

/// The test images of a page, or some of them, drawn such that labels keep their shares.
#[derive(Debug, Serialize)]
pub(super) struct Images {
    count: usize,
    /// How many the runs were measured on.
    total: usize,
    channels: usize,
    rows: usize,
    columns: usize,
    /// Where each is in the test set.
    indices: Vec<usize>,
    pixels: Blob,
    labels: Blob,
    /// The class of each.
    targets: Blob,
}

/// The seed of which images are in a page: the same for all runs.
const SEED: u64 = 0;

impl Images {
    /// At most so many of the images.
    pub fn new(samples: &Samples, most: usize, blobs: &mut Blobs) -> Self {
        let split = samples.split();
        let indices = drawn(&split.labels, most, SEED);
        let pixels: Vec<u8> = indices
            .iter()
            .flat_map(|&i| split.image(i))
            .copied()
            .collect();
        Self {
            count: indices.len(),
            total: samples.len(),
            channels: split.channels,
            rows: split.rows,
            columns: split.columns,
            pixels: blobs.bytes(&pixels),
            labels: blobs.bytes(&pick(&split.labels, 1, &indices)),
            targets: blobs.bytes(&pick(samples.targets(), 1, &indices)),
            indices,
        }
    }

    /// Which images of the test set they are.
    pub fn indices(&self) -> &[usize] {
        &self.indices
    }
}

/// The rows at these indices, of `width` values each.
pub(super) fn pick<T: Copy>(values: &[T], width: usize, indices: &[usize]) -> Vec<T> {
    let rows = indices.iter().flat_map(|&i| &values[i * width..][..width]);
    rows.copied().collect()
}
