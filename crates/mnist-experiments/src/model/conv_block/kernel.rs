use std::iter::repeat_with;

use pulp::Arch;
use rayon::prelude::*;

use super::backward::Backward;
use super::block::Block;
use super::forward::Forward;
use super::maps::LANES;
use super::pooling::Winners;

pub(super) struct Gradients {
    /// Empty, if they are not tracked.
    pub images: Vec<f32>,
    pub weight: Vec<f32>,
    pub bias: Vec<f32>,
}

impl Block<'_> {
    /// The results, and which pixels they are, group of images by group of images.
    pub fn forward(&self, arch: Arch) -> (Vec<f32>, Vec<Winners>) {
        let [image, result] = self.lengths();
        let count = self.images.len() / image;
        let mut results = vec![0.0; count * result];
        let mut winners = vec![[0; LANES]; count.div_ceil(LANES) * result];
        (self.images.par_chunks(LANES * image))
            .zip(results.par_chunks_mut(LANES * result))
            .zip(winners.par_chunks_mut(result))
            .for_each(|((images, results), winners)| {
                arch.dispatch(Forward {
                    block: *self,
                    images,
                    results,
                    winners,
                });
            });
        (results, winners)
    }

    /// Gradients of the weights, the biases and, if they are tracked, the images, for those of the results.
    ///
    /// The groups' are summed up in their order, whatever the number of threads.
    pub fn backward(
        &self,
        arch: Arch,
        winners: &[Winners],
        gradients: &[f32],
        tracked: bool,
    ) -> Gradients {
        let [image, result] = self.lengths();
        let mut of_images = vec![0.0; if tracked { self.images.len() } else { 0 }];
        let groups: Vec<_> = (self.images.chunks(LANES * image))
            .zip(
                of_images
                    .chunks_mut(LANES * image)
                    .map(Some)
                    .chain(repeat_with(|| None)),
            )
            .collect();
        let groups: Vec<_> = (groups.into_par_iter())
            .zip(winners.par_chunks(result))
            .zip(gradients.par_chunks(LANES * result))
            .map(|(((images, of_images), winners), gradients)| {
                arch.dispatch(Backward {
                    block: *self,
                    images,
                    winners,
                    gradients,
                    of_images,
                })
            })
            .collect();
        let (of_weight, of_bias): (Vec<_>, Vec<_>) = groups.into_iter().unzip();
        Gradients {
            images: of_images,
            weight: sum(of_weight, self.weight.len()),
            bias: sum(of_bias, self.bias.len()),
        }
    }
}

fn sum(groups: Vec<Vec<f32>>, length: usize) -> Vec<f32> {
    let mut totals = vec![0.0; length];
    for group in groups {
        for (total, term) in totals.iter_mut().zip(group) {
            *total += f64::from(term);
        }
    }
    totals.into_iter().map(|total| total as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::conv_block::AREA;
    use rayon::ThreadPoolBuilder;

    const COUNT: usize = 70;
    const SIZE: [usize; 3] = [3, 14, 13];
    const CHANNELS: usize = 5;

    /// Numbers that no sum of is exact.
    fn numbers(count: usize) -> Vec<f32> {
        (0..count).map(|i| (i as f32).sin()).collect()
    }

    /// Results, winners and gradients.
    fn run(arch: Arch) -> (Vec<f32>, Vec<Winners>, [Vec<f32>; 3]) {
        let block = Block {
            images: &numbers(COUNT * SIZE.iter().product::<usize>()),
            size: SIZE,
            weight: &numbers(CHANNELS * SIZE[0] * AREA),
            bias: &numbers(CHANNELS),
        };
        let (results, winners) = block.forward(arch);
        let gradients = numbers(results.len());
        let gradients = block.backward(arch, &winners, &gradients, true);
        let Gradients {
            images,
            weight,
            bias,
        } = gradients;
        (results, winners, [images, weight, bias])
    }

    #[test]
    fn threads_do_not_change_a_bit() {
        let on = |threads| {
            let pool = ThreadPoolBuilder::new().num_threads(threads).build();
            pool.unwrap().install(|| run(Arch::new()))
        };
        let single = on(1);
        for threads in [2, 3] {
            assert!(on(threads) == single, "{threads} threads");
        }
    }

    #[test]
    #[cfg(target_arch = "x86_64")]
    fn instructions_do_not_change_a_bit() {
        use pulp::x86::{V3, V4};
        let available = [V3::try_new().map(Arch::V3), V4::try_new().map(Arch::V4)];
        for arch in available.into_iter().flatten() {
            assert!(run(arch) == run(Arch::new()), "{arch:?}");
        }
    }

    #[test]
    fn without_instructions_for_it_it_differs_by_rounding() {
        let (results, _, gradients) = run(Arch::Scalar);
        let (expected, _, expected_gradients) = run(Arch::new());
        let all = results.iter().chain(gradients.iter().flatten());
        let expected = expected.iter().chain(expected_gradients.iter().flatten());
        for (value, expected) in all.zip(expected) {
            assert!((value - expected).abs() < 1e-3, "{value} {expected}");
        }
    }
}
