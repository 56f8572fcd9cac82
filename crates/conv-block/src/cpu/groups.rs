use std::iter::repeat_with;

use rayon::prelude::*;

use super::backward::Backward;
use super::block::Block;
use super::forward::Forward;
use super::gradients::Gradients;
use super::instructions::Instructions;
use super::maps::LANES;
use super::pooling::Winners;

impl Block<'_> {
    /// The results, and which pixels they are, group of images by group of images.
    pub fn forward(&self, instructions: Instructions) -> (Vec<f32>, Vec<Winners>) {
        let [image, result] = self.lengths();
        let count = self.images.len() / image;
        let mut results = vec![0.0; count * result];
        let mut winners = vec![[0; LANES]; count.div_ceil(LANES) * result];
        (self.images.par_chunks(LANES * image))
            .zip(results.par_chunks_mut(LANES * result))
            .zip(winners.par_chunks_mut(result))
            .for_each(|((images, results), winners)| {
                instructions.run(Forward {
                    block: *self,
                    images,
                    results,
                    winners,
                });
            });
        (results, winners)
    }

    /// Gradients of the weights, the biases and, if they are `tracked`, the images, for those of the results.
    ///
    /// The groups' are summed up in their order, whatever the number of threads.
    pub fn backward(
        &self,
        instructions: Instructions,
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
                instructions.run(Backward {
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
    use crate::cpu::geometry::{AREA, KERNEL, POOL, SQUARE};
    use rayon::ThreadPoolBuilder;

    const COUNT: usize = 70;
    const SIZE: [usize; 3] = [3, 14, 13];
    const CHANNELS: usize = 5;

    /// Numbers that no sum of is exact.
    fn numbers(count: usize) -> Vec<f32> {
        (0..count).map(|i| (i as f32).sin()).collect()
    }

    fn with_block<R>(function: impl FnOnce(Block) -> R) -> R {
        function(Block {
            images: &numbers(COUNT * SIZE.iter().product::<usize>()),
            size: SIZE,
            weight: &numbers(CHANNELS * SIZE[0] * AREA),
            bias: &numbers(CHANNELS),
        })
    }

    /// Results, winners and gradients.
    fn run(instructions: Instructions) -> (Vec<f32>, Vec<Winners>, [Vec<f32>; 3]) {
        with_block(|block| {
            let (results, winners) = block.forward(instructions);
            let gradients = numbers(results.len());
            let gradients = block.backward(instructions, &winners, &gradients, true);
            let Gradients {
                images,
                weight,
                bias,
            } = gradients;
            (results, winners, [images, weight, bias])
        })
    }

    /// The results of a plain program.
    fn plain(block: Block, fuse: bool) -> Vec<f32> {
        let [inputs, height, width] = block.size;
        let [channels, rows, columns] = block.pooled_size();
        let convolved = |image: &[f32], channel, row, column| {
            let mut sum = 0.0;
            for input in 0..inputs {
                for tap in 0..AREA {
                    let [y, x] = [row + tap / KERNEL, column + tap % KERNEL];
                    let pixel = image[(input * height + y) * width + x];
                    let weight = block.weight_of(channel, input, tap);
                    sum = match fuse {
                        true => f32::mul_add(pixel, weight, sum),
                        false => pixel * weight + sum,
                    };
                }
            }
            sum
        };
        let mut results = Vec::new();
        for image in block.images.chunks(inputs * height * width) {
            for (channel, place) in
                (0..channels).flat_map(|c| (0..rows * columns).map(move |p| (c, p)))
            {
                let [row, column] = [POOL * (place / columns), POOL * (place % columns)];
                let largest = (0..SQUARE)
                    .map(|i| convolved(image, channel, row + i / POOL, column + i % POOL))
                    .fold(f32::NEG_INFINITY, f32::max);
                results.push((largest + block.bias[channel]).max(0.0));
            }
        }
        results
    }

    #[test]
    fn the_order_of_sums_is_that_of_a_plain_program() {
        for instructions in Instructions::available() {
            let expected = with_block(|block| plain(block, instructions.fuse()));
            let (results, ..) = run(instructions);
            assert!(results == expected, "{instructions}");
        }
    }

    #[test]
    fn threads_do_not_change_a_bit() {
        let on = |threads| {
            let pool = ThreadPoolBuilder::new().num_threads(threads).build();
            pool.unwrap().install(|| run(Instructions::best()))
        };
        let single = on(1);
        for threads in [2, 3] {
            assert!(on(threads) == single, "{threads} threads");
        }
    }

    #[test]
    fn instructions_do_not_change_a_bit() {
        let best = run(Instructions::best());
        for instructions in Instructions::available() {
            if instructions.fuse() {
                assert!(run(instructions) == best, "{instructions}");
            }
        }
    }

    #[test]
    fn the_baseline_differs_by_rounding() {
        let (results, _, gradients) = run(Instructions::available()[0]);
        let (expected, _, expected_gradients) = run(Instructions::best());
        let all = results.iter().chain(gradients.iter().flatten());
        let expected = expected.iter().chain(expected_gradients.iter().flatten());
        for (value, expected) in all.zip(expected) {
            assert!((value - expected).abs() < 1e-3, "{value} {expected}");
        }
    }
}
