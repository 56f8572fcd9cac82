use md5::{Digest, Md5};

use super::draw::drawn;
use super::hexadecimal::hexadecimal;

/// One part of a set in memory: images of equal size, each with a label.
///
/// The readers of this module give at least one image, and as many images as labels.
#[derive(Debug, Clone)]
pub struct Split {
    /// The pixels of all images one after the other: of each the planes of its channels, each row by
    /// row from the top, one byte a pixel (of grey images 0 background to 255 full ink).
    pub images: Vec<u8>,
    /// The class of each image, from 0.
    pub labels: Vec<u8>,
    /// Height of an image in pixels.
    pub rows: usize,
    /// Width of an image in pixels.
    pub columns: usize,
    /// Numbers of a pixel: 1 of grey images; 3 of colour ones, red, green and blue.
    pub channels: usize,
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

    /// Channels, height and width of an image.
    pub fn shape(&self) -> [usize; 3] {
        [self.channels, self.rows, self.columns]
    }

    /// The number of bytes of one image.
    pub fn image_size(&self) -> usize {
        self.channels * self.rows * self.columns
    }

    /// The bytes of image `i`, channel by channel and row by row.
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
        // Grey images have the checksum that they had when there were no others.
        if self.channels != 1 {
            digest.update((self.channels as u64).to_le_bytes());
        }
        digest.update(&self.labels);
        digest.update(&self.images);
        hexadecimal(&digest.finalize())
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
        match n >= self.len() {
            true => self,
            false => self.select(&drawn(&self.labels, n, seed)),
        }
    }

    /// The images at these indices, in their order.
    ///
    /// # Panics
    ///
    /// If an index is not below [`len`](Self::len).
    #[must_use]
    pub fn select(&self, indices: &[usize]) -> Self {
        let images = indices.iter().flat_map(|&index| self.image(index)).copied();
        Self {
            images: images.collect(),
            labels: indices.iter().map(|&index| self.labels[index]).collect(),
            ..*self
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
            channels: 1,
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
    fn draws_images_with_their_labels() {
        let split = three_images();
        let drawn = split.clone().draw(2, 0);
        assert_eq!(drawn.len(), 2);
        for i in 0..2 {
            let from = usize::from(drawn.image(i)[0]) / 6;
            assert_eq!(drawn.image(i), split.image(from));
            assert_eq!(drawn.labels[i], split.labels[from]);
        }
        assert_eq!(split.clone().draw(5, 0).images, split.images);
        let turned = split.select(&[2, 0]);
        assert_eq!(
            (turned.labels.as_slice(), turned.image(1)[5]),
            (&[0, 1][..], 5)
        );
    }

    #[test]
    fn the_checksum_depends_on_all() {
        let grey = three_images();
        let colour = Split {
            columns: 1,
            channels: 3,
            ..three_images()
        };
        assert_eq!(colour.image(1), grey.image(1));
        let turned = Split {
            rows: 3,
            columns: 2,
            ..three_images()
        };
        let checksums = [&grey, &colour, &turned, &grey.select(&[0, 1])].map(Split::checksum);
        for (i, checksum) in checksums.iter().enumerate() {
            assert!(!checksums[..i].contains(checksum), "{i}");
        }
        // Of runs that were before there were channels.
        assert_eq!(grey.checksum(), "0937090756dbe43571e9a3f747736dcf");
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
