use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::train::Samples;

/// An image under attack.
#[derive(Debug, Clone)]
pub struct Subject {
    /// Its index in the test images.
    pub index: usize,
    /// Pixels in [0, 1].
    pub pixels: Vec<f32>,
    /// Its class.
    pub target: usize,
}

impl Subject {
    /// Random numbers of this image for an attack: they depend on neither its neighbours nor threads.
    pub fn generator(&self, seed: u64) -> ChaCha8Rng {
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        generator.set_stream(self.index as u64);
        generator
    }
}

/// So many images with the same number of each class, the first ones of each in the order of the set: always the same.
pub fn balanced(samples: &Samples, count: usize) -> Vec<Subject> {
    let targets = samples.targets();
    let classes = targets
        .iter()
        .max()
        .map_or(0, |&last| usize::from(last) + 1);
    let of_class = count.div_ceil(classes.max(1));
    let mut taken = vec![0; classes];
    let mut subjects = Vec::with_capacity(count);
    for (index, &target) in targets.iter().enumerate() {
        let target = usize::from(target);
        if taken[target] == of_class || subjects.len() == count {
            continue;
        }
        taken[target] += 1;
        let pixels = samples.split().image(index).iter();
        subjects.push(Subject {
            index,
            pixels: pixels.map(|&pixel| f32::from(pixel) / 255.0).collect(),
            target,
        });
    }
    subjects
}
