use serde::Serialize;

use super::blobs::{Blob, Blobs};
use crate::data::{DataError, Split};
use crate::ood::{OutlierSet, known_sets};

/// A few images of a set that the networks were not made for.
#[derive(Debug, Serialize)]
pub(super) struct OutlierImages {
    name: String,
    count: usize,
    pixels: Blob,
}

impl OutlierImages {
    pub fn new(set: &OutlierSet, blobs: &mut Blobs) -> Self {
        let split = set.samples.split();
        Self {
            name: set.name.clone(),
            count: split.len(),
            pixels: blobs.bytes(&split.images),
        }
    }
}

/// The first so many images of each known set of outliers.
///
/// # Errors
///
/// If a bundled set cannot be read.
pub(super) fn first_outliers(test: &Split, count: usize) -> Result<Vec<OutlierSet>, DataError> {
    if count == 0 {
        return Ok(Vec::new());
    }
    let first = |set: OutlierSet| {
        let mut split = set.samples.split().clone();
        let count = count.min(split.len());
        split.images.truncate(count * split.image_size());
        split.labels.truncate(count);
        OutlierSet::new(set.name, split)
    };
    Ok(known_sets(test)?.into_iter().map(first).collect())
}
