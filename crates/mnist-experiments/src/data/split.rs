use md5::{Digest, Md5};

use crate::generator::stratified;

/// One part of a set in memory: grey images of equal size, each with a label.
///
/// The readers of this module give at least one image, and as many images as labels.
#[derive(Debug, Clone)]
pub struct Split {
    /// The pixels of all images one after the other, each image row by row from the top,
    /// one byte a pixel (0 background to 255 full ink).
    pub images: Vec<u8>,
    /// The class of each image, from 0.
    pub labels: Vec<u8>,
    /// Height of an image in pixels.
    pub rows: usize,
    /// Width of an image in pixels.
    pub columns: usize,
}

impl Split {
    /// The number of images.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are no images.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The number of pixels (and bytes) of one image.
    pub fn image_size(&self) -> usize {
        self.rows * self.columns
    }

    /// The pixels of image `i`, row by row.
    ///
    /// # Panics
    ///
    /// If `i` is not below [`len`](Self::len), as indexing does.
    pub fn image(&self, i: usize) -> &[u8] {
        let size = self.image_size();
        &self.images[i * size..][..size]
    }

    /// A checksum of size, labels and pixels, by which a set is known wherever its files are: MD5, in
    /// hexadecimal digits.
    pub fn checksum(&self) -> String {
        let mut digest = Md5::new();
        for size in [self.len(), self.rows, self.columns] {
            digest.update((size as u64).to_le_bytes());
        }
        digest.update(&self.labels);
        digest.update(&self.images);
        let digits = digest.finalize();
        digits.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The number of classes: the highest label + 1, or 0 without labels.
    ///
    /// A class that has no example here counts if a higher one has.
    pub fn class_count(&self) -> usize {
        self.labels
            .iter()
            .max()
            .map_or(0, |&label| usize::from(label) + 1)
    }

    /// The first `n` images, or all if there are no more than `n`: whether to allow that is
    /// the caller's check.
    #[must_use]
    pub fn take(mut self, n: usize) -> Self {
        // Clamped first, for the product would overflow with a huge `n`.
        let n = n.min(self.len());
        self.images.truncate(n * self.image_size());
        self.labels.truncate(n);
        self
    }
}

impl Split {
    /// `n` of the images, drawn with the seed such that labels keep their shares, in their order; all if there
    /// are no more.
    ///
    /// The first ones of a set that is sorted would be of one class.
    #[must_use]
    pub fn draw(self, n: usize, seed: u64) -> Self {
        if n >= self.len() {
            return self;
        }
        let drawn = stratified(&self.labels, n, seed);
        let images = drawn.iter().flat_map(|&index| self.image(index)).copied();
        Self {
            images: images.collect(),
            labels: drawn.iter().map(|&index| self.labels[index]).collect(),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn three_images() -> Split {
        Split {
            images: (0..18).collect(),
            labels: vec![1, 4, 0],
            rows: 2,
            columns: 3,
        }
    }

    #[test]
    fn gives_each_image_its_pixels() {
        let split = three_images();
        assert_eq!(split.len(), 3);
        assert!(!split.is_empty());
        assert_eq!(split.image_size(), 6);
        assert_eq!(split.image(0), [0, 1, 2, 3, 4, 5]);
        assert_eq!(split.image(2), [12, 13, 14, 15, 16, 17]);
    }

    #[test]
    #[should_panic]
    fn image_past_the_end_panics() {
        three_images().image(3);
    }

    #[test]
    fn counts_classes_by_the_highest_label() {
        assert_eq!(three_images().class_count(), 5);
        assert_eq!(three_images().take(1).class_count(), 2);
        assert_eq!(three_images().take(0).class_count(), 0);
    }

    #[test]
    fn draws_each_label_by_its_share() {
        // Sorted: 60 of label 0, 30 of 1, 10 of 7.
        let labels: Vec<u8> = [vec![0; 60], vec![1; 30], vec![7; 10]].concat();
        let sorted = Split {
            images: (0..100).collect(),
            labels,
            rows: 1,
            columns: 1,
        };
        let drawn = sorted.clone().draw(20, 3);
        let count = |label| drawn.labels.iter().filter(|&&l| l == label).count();
        assert_eq!([0, 1, 7].map(count), [12, 6, 2]);
        for (i, &pixel) in drawn.images.iter().enumerate() {
            assert_eq!(drawn.labels[i], sorted.labels[usize::from(pixel)]);
        }
        assert!(drawn.images.is_sorted());
        assert_eq!(drawn.images, sorted.clone().draw(20, 3).images);
        assert_ne!(drawn.images, sorted.clone().draw(20, 4).images);
        assert_eq!(sorted.clone().draw(1, 0).len(), 1);
        assert_eq!(sorted.clone().draw(500, 0).images, sorted.images);
    }

    #[test]
    fn takes_the_first_images() {
        let two = three_images().take(2);
        assert_eq!(two.labels, [1, 4]);
        assert_eq!(two.images, (0..12).collect::<Vec<u8>>());
        assert!(three_images().take(0).is_empty());
        assert_eq!(three_images().take(usize::MAX).len(), 3);
    }
}
