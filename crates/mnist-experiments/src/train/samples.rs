use burn::tensor::{Device, Int, Tensor, TensorData};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::Batch;
use crate::data::{KnownClasses, Split};
use crate::task::{Task, UnknownClass};

/// Images with the classes that a task gives them.
#[derive(Debug, Clone)]
pub struct Samples {
    split: Split,
    targets: Vec<u8>,
}

impl Samples {
    /// Images sorted into the classes of `task`.
    ///
    /// # Errors
    ///
    /// If an image has a label that the task has no class for.
    pub fn new(task: Task, split: Split) -> Result<Self, UnknownClass> {
        let classes = split.labels.iter().map(|&label| task.class_of(label));
        let targets = classes.collect::<Result<_, _>>()?;
        Ok(Self { split, targets })
    }

    /// Images of known classes alone.
    ///
    /// # Panics
    ///
    /// If an image has another label.
    pub fn of_known(known: &KnownClasses, split: Split) -> Self {
        let class = |&label: &u8| known.class_of(label).expect("a known label");
        Self {
            targets: split.labels.iter().map(class).collect(),
            split,
        }
    }

    /// Images with their labels as classes.
    pub fn by_label(split: Split) -> Self {
        let targets = split.labels.clone();
        Self { split, targets }
    }

    /// Number of images.
    pub fn len(&self) -> usize {
        self.targets.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.targets.is_empty()
    }

    /// The images and their labels.
    pub fn split(&self) -> &Split {
        &self.split
    }

    /// The classes.
    pub fn targets(&self) -> &[u8] {
        &self.targets
    }

    /// Copies the images at `indices` to the device.
    pub fn batch(&self, indices: &[usize], device: &Device) -> Batch {
        let mut pixels = Vec::with_capacity(indices.len() * self.split.image_size());
        for &index in indices {
            pixels.extend(
                self.split
                    .image(index)
                    .iter()
                    .map(|&pixel| pixel as f32 / 255.0),
            );
        }
        let Split {
            channels,
            rows,
            columns,
            ..
        } = self.split;
        let shape = [indices.len(), channels, rows, columns];
        Batch {
            images: Tensor::from_data(TensorData::new(pixels, shape), device),
            targets: self.batch_targets(indices, device),
        }
    }

    /// Copies the classes of the images at `indices` to the device.
    pub fn batch_targets(&self, indices: &[usize], device: &Device) -> Tensor<1, Int> {
        let targets = indices.iter().map(|&index| i32::from(self.targets[index]));
        let targets = TensorData::new(targets.collect(), [indices.len()]);
        Tensor::from_data(targets, device)
    }

    /// The order of the images in an epoch: it depends on seed and epoch only, so that every head,
    /// every device and a repeated run sees the same batches.
    pub fn shuffled(&self, seed: u64, epoch: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.len()).collect();
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        generator.set_stream(epoch as u64);
        order.shuffle(&mut generator);
        order
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples() -> Samples {
        let labels: Vec<u8> = (0..20).map(|i| i % 10).collect();
        let images = (0..20 * 4).collect();
        let split = Split {
            images,
            labels,
            rows: 2,
            columns: 2,
            channels: 1,
        };
        Samples::new(Task::EvenOdd, split).unwrap()
    }

    #[test]
    fn order_is_a_permutation_of_its_seed_and_epoch() {
        let samples = samples();
        let order = samples.shuffled(1, 1);
        assert_eq!(order, samples.shuffled(1, 1));
        assert_ne!(order, samples.shuffled(1, 2));
        assert_ne!(order, samples.shuffled(2, 1));
        let mut sorted = order;
        sorted.sort();
        assert_eq!(sorted, (0..20).collect::<Vec<_>>());
    }

    #[test]
    fn batches_hold_scaled_pixels_and_parities() {
        let batch = samples().batch(&[3, 0], &Device::flex());
        assert_eq!(batch.images.dims(), [2, 1, 2, 2]);
        let pixels: Vec<f32> = batch.images.try_to_vec_as().unwrap();
        assert_eq!(pixels[..4], [12.0, 13.0, 14.0, 15.0].map(|p| p / 255.0));
        assert_eq!(batch.targets.try_to_vec_as::<i32>().unwrap(), [1, 0]);
    }
}
