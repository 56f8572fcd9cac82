use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{OutlierSet, letters};
use crate::data::{Bundled, DataError, Part, Split};
use crate::experiment_data::ExperimentData;

/// The seed of everything that is drawn: the same outliers for all runs on a set.
const SEED: u64 = 20_211_109;

/// Outliers made from test images, as many as there are: noise, and images that are no digits or garments any more.
///
/// | name | pixels in 0..=255 |
/// |---|---|
/// | `uniform` | each drawn from 0 to 255 |
/// | `gaussian` | each from a normal distribution with mean 127.5 and deviation 64, cut off |
/// | `inverted` | 255 - x |
/// | `shuffled` | one permutation of the pixels for all images |
/// | `flipped` | upside down |
/// | `darkened` | x / 2 |
/// | `means` | the mean of two images of different classes |
pub fn made_sets(test: &Split) -> Vec<OutlierSet> {
    let each = |name: &str, pixels: Vec<u8>| {
        let split = Split {
            images: pixels,
            ..test.clone()
        };
        OutlierSet::new(name, split)
    };
    let of_pixels = |name: &str, f: &dyn Fn(u8) -> u8| {
        each(name, test.images.iter().map(|&pixel| f(pixel)).collect())
    };
    let mut generator = ChaCha8Rng::seed_from_u64(SEED);
    let uniform = test.images.iter().map(|_| generator.random()).collect();
    let gaussian = test.images.iter().map(|_| {
        // The sum of twelve uniform numbers has deviation 1 and all but the tails of a normal distribution.
        let sum: f32 = (0..12).map(|_| generator.random::<f32>()).sum();
        (127.5 + 64.0 * (sum - 6.0)).round() as u8
    });
    let gaussian = gaussian.collect();
    vec![
        each("uniform", uniform),
        each("gaussian", gaussian),
        of_pixels("inverted", &|pixel| 255 - pixel),
        each("shuffled", shuffled(test, &mut generator)),
        each("flipped", flipped(test)),
        of_pixels("darkened", &|pixel| pixel / 2),
        each("means", means(test, &mut generator)),
    ]
}

/// The test images of the bundled sets that have the same size and are others, and the [made sets](made_sets).
///
/// # Errors
///
/// If a bundled set cannot be read.
pub fn known_sets(test: &Split) -> Result<Vec<OutlierSet>, DataError> {
    let mut sets = Vec::new();
    for set in [Bundled::Mnist, Bundled::FashionMnist] {
        let split = set.load(Part::Test)?;
        if split.shape() == test.shape() && split.checksum() != test.checksum() {
            sets.push(OutlierSet::new(set.name(), split));
        }
    }
    sets.extend(made_sets(test));
    Ok(sets)
}

/// The test images whose classes were not learned, if there are any.
pub fn unknown_classes(data: &ExperimentData) -> Option<OutlierSet> {
    let samples = data.unknown()?.clone();
    Some(OutlierSet {
        name: "unknown-classes".into(),
        samples,
    })
}

/// All sets that there are for an experiment: the [known ones](known_sets), [letters](letters()), and the
/// [classes that were not learned](unknown_classes).
///
/// # Errors
///
/// If a bundled set cannot be read.
pub fn sets_of(data: &ExperimentData) -> Result<Vec<OutlierSet>, DataError> {
    let test = data.test().split();
    let mut sets = known_sets(test)?;
    sets.push(letters(test.shape()));
    sets.extend(unknown_classes(data));
    Ok(sets)
}

fn shuffled(test: &Split, generator: &mut ChaCha8Rng) -> Vec<u8> {
    let mut order: Vec<usize> = (0..test.image_size()).collect();
    order.shuffle(generator);
    let images = test.images.chunks(test.image_size());
    images
        .flat_map(|image| order.iter().map(|&place| image[place]))
        .collect()
}

fn flipped(test: &Split) -> Vec<u8> {
    let planes = test.images.chunks(test.rows * test.columns);
    planes
        .flat_map(|plane| plane.chunks(test.columns).rev().flatten().copied())
        .collect()
}

fn means(test: &Split, generator: &mut ChaCha8Rng) -> Vec<u8> {
    let mut pixels = Vec::with_capacity(test.images.len());
    for i in 0..test.len() {
        // A set of one class has no other.
        let tries = (0..1000).map(|_| generator.random_range(0..test.len()));
        let mut tries = tries.skip_while(|&j| test.labels[i] == test.labels[j]);
        let other = tries.next().unwrap_or(i);
        let both = test.image(i).iter().zip(test.image(other));
        pixels.extend(both.map(|(&a, &b)| u8::midpoint(a, b)));
    }
    pixels
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_of_a_small_one() {
        let test = Split {
            images: (0..24).map(|i| i * 10).collect(),
            labels: vec![0, 1, 0, 1],
            rows: 2,
            columns: 3,
            channels: 1,
        };
        let sets = made_sets(&test);
        let images = |name: &str| -> Vec<u8> {
            let set = sets.iter().find(|set| set.name == name).unwrap();
            set.samples.split().images.clone()
        };
        assert_eq!(images("inverted")[..2], [255, 245]);
        assert_eq!(images("darkened")[..4], [0, 5, 10, 15]);
        assert_eq!(images("flipped")[..6], [30, 40, 50, 0, 10, 20]);
        let mut first: Vec<u8> = images("shuffled")[..6].to_vec();
        first.sort_unstable();
        assert_eq!(first, [0, 10, 20, 30, 40, 50]);
        // Of the second or the fourth image with the first.
        assert!([30, 90].contains(&images("means")[0]));
        assert_ne!(images("uniform"), images("gaussian"));
        // Drawn, but always the same.
        assert_eq!(
            made_sets(&test)[0].samples.split().images,
            images("uniform")
        );
    }
}
