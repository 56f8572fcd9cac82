use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::objective::best_other;
use super::square_bumps::{add_bump, bumps};
use super::{Attack, AttackError, Norm, Subject, Victim};
use crate::rows::argmax;

/// Square attack (Andriushchenko et al., arXiv 1912.00049, algorithms 2 and 3): random search without gradients. Under
/// L-inf squares of the image are set to `+-eps` away from the original, under L2 bumps are added to the perturbation in
/// squares; what lowers the margin is kept.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Square {
    /// Forward passes of an image.
    pub queries: usize,
    /// Share of the pixels that a square covers at first.
    pub share: f64,
}

impl Square {
    /// As in AutoAttack's standard set.
    pub const STANDARD: Self = Self {
        queries: 5000,
        share: 0.8,
    };

    /// The share of the pixels in a square at a query; the schedule is that of 10,000 queries, whatever their number.
    fn share_at(&self, query: usize) -> f64 {
        const HALVED_AT: [usize; 9] = [10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000];
        let halvings = HALVED_AT.iter().filter(|&&at| query > at).count();
        self.share / f64::from(1 << halvings)
    }
}

/// The search of one image.
struct Search {
    subject: usize,
    best: Vec<f32>,
    margin: f32,
    candidate: Vec<f32>,
    generator: ChaCha8Rng,
}

impl Attack for Square {
    fn name(&self) -> String {
        "square".into()
    }

    fn perturb(
        &self,
        victim: &Victim,
        subjects: &[Subject],
        norm: Norm,
        eps: f32,
        seed: u64,
    ) -> Result<Vec<Vec<f32>>, AttackError> {
        let mut found: Vec<Vec<f32>> = subjects.iter().map(|s| s.pixels.clone()).collect();
        let shape = victim.shape();
        let mut searches: Vec<Search> = subjects
            .iter()
            .enumerate()
            .map(|(i, subject)| {
                let mut generator = subject.generator(seed);
                let start = match norm {
                    Norm::Linf => stripes,
                    Norm::L2 => bumps,
                };
                let candidate = start(&subject.pixels, shape, eps, &mut generator);
                Search {
                    subject: i,
                    best: subject.pixels.clone(),
                    margin: f32::INFINITY,
                    candidate,
                    generator,
                }
            })
            .collect();
        for query in 0..self.queries {
            let images: Vec<&[f32]> = searches.iter().map(|s| s.candidate.as_slice()).collect();
            let scores = victim.scores(&images)?;
            let mut going = Vec::with_capacity(searches.len());
            for (mut search, scores) in searches.into_iter().zip(scores) {
                let subject = &subjects[search.subject];
                if argmax(&scores) != subject.target {
                    found[search.subject] = search.candidate;
                    continue;
                }
                let margin = scores[subject.target] - scores[best_other(&scores, subject.target)];
                if margin < search.margin {
                    search.margin = margin;
                    search.best.clone_from(&search.candidate);
                }
                let share = self.share_at(query + 1);
                let step = match norm {
                    Norm::Linf => square,
                    Norm::L2 => add_bump,
                };
                search.candidate = step(
                    &search.best,
                    &subject.pixels,
                    shape,
                    share,
                    eps,
                    &mut search.generator,
                );
                going.push(search);
            }
            searches = going;
            if searches.is_empty() {
                break;
            }
        }
        Ok(found)
    }
}

/// Each column of each channel moved by `+-eps`.
fn stripes(
    image: &[f32],
    [channels, height, width]: [usize; 3],
    eps: f32,
    generator: &mut ChaCha8Rng,
) -> Vec<f32> {
    let moves: Vec<f32> = (0..channels * width)
        .map(|_| either(eps, generator))
        .collect();
    let of = |(place, &pixel): (usize, &f32)| {
        let (channel, column) = (place / (height * width), place % width);
        (pixel + moves[channel * width + column]).clamp(0.0, 1.0)
    };
    image.iter().enumerate().map(of).collect()
}

/// The image with a random square of each channel moved by `+-2 eps`, within the ball around the original.
fn square(
    image: &[f32],
    origin: &[f32],
    [channels, height, width]: [usize; 3],
    share: f64,
    eps: f32,
    generator: &mut ChaCha8Rng,
) -> Vec<f32> {
    let mut image = image.to_vec();
    let side = (share * (height * width) as f64).sqrt().round() as usize;
    let side = side.clamp(1, height.min(width) - 1);
    let top = generator.random_range(0..height - side);
    let left = generator.random_range(0..width - side);
    for channel in 0..channels {
        let change = either(2.0 * eps, generator);
        for row in top..top + side {
            for column in left..left + side {
                let place = (channel * height + row) * width + column;
                let from = origin[place];
                let moved = (image[place] + change).clamp(from - eps, from + eps);
                image[place] = moved.clamp(0.0, 1.0);
            }
        }
    }
    image
}

fn either(size: f32, generator: &mut ChaCha8Rng) -> f32 {
    if generator.random() { size } else { -size }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn the_schedule_of_the_paper() {
        let share = |query| Square::STANDARD.share_at(query);
        assert_eq!([0, 10, 11, 51, 201].map(share), [0.8, 0.8, 0.4, 0.2, 0.1]);
        assert_eq!(share(8001), 0.8 / 512.0);
    }

    #[test]
    fn candidates_stay_in_the_ball() {
        let mut generator = ChaCha8Rng::seed_from_u64(1);
        let origin = vec![0.5; 2 * 8 * 8];
        let mut image = stripes(&origin, [2, 8, 8], 0.1, &mut generator);
        for share in [0.8, 0.1, 0.001] {
            image = square(&image, &origin, [2, 8, 8], share, 0.1, &mut generator);
            assert!(image.iter().all(|p| (p - 0.5).abs() < 0.1 + 1e-6));
        }
        // A column has one value, but for the squares.
        let first = stripes(&origin, [1, 16, 8], 0.1, &mut generator);
        assert!((0..8).all(|c| (1..16).all(|row| first[row * 8 + c] == first[c])));
    }
}
