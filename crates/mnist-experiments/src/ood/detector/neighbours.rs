use rand::SeedableRng;
use rand::seq::index::sample;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::{Detector, Fitted, Outputs};
use crate::eval::{EvalError, Subject};

/// The distance from the 50th nearest of the training images (Sun et al., arXiv 2204.06507), of which at most 10,000, drawn
/// by a fixed seed, are looked at.
#[derive(Debug, Clone, Copy)]
pub enum Neighbours {
    /// Of embeddings.
    Embedding,
    /// Of embeddings divided by their lengths, as in the paper.
    Direction,
    /// Of the layer in front of the embedding, divided by its length.
    Hidden,
}

/// Which neighbour.
const K: usize = 50;

/// Training images that are looked at.
const BANK: usize = 10_000;

impl Detector for Neighbours {
    fn name(&self) -> &'static str {
        match self {
            Self::Embedding => "knn",
            Self::Direction => "knn-normalised",
            Self::Hidden => "knn-hidden",
        }
    }

    fn about(&self) -> &'static str {
        match self {
            Self::Embedding => "the distance of the embedding from the 50th nearest training image",
            Self::Direction => {
                "the same of embeddings divided by their lengths (Sun et al., arXiv 2204.06507)"
            }
            Self::Hidden => {
                "the same of the layer in front of the embedding, divided by its length"
            }
        }
    }

    fn fit<'a>(&self, _: &'a Subject, training: &Outputs) -> Result<Option<Fitted<'a>>, EvalError> {
        let which = *self;
        let all = which.rows(training);
        let mut generator = ChaCha8Rng::seed_from_u64(0);
        let drawn = sample(&mut generator, all.len(), BANK.min(all.len()));
        let bank: Vec<Vec<f32>> = drawn.into_iter().map(|index| all[index].clone()).collect();
        Ok(Some(Box::new(move |outputs| {
            let rows = which.rows(outputs);
            Ok(rows
                .par_iter()
                .map(|row| kth_distance(&bank, row, K))
                .collect())
        })))
    }
}

impl Neighbours {
    fn rows(self, outputs: &Outputs) -> Vec<Vec<f32>> {
        match self {
            Self::Embedding => outputs.embeddings().map(<[f32]>::to_vec).collect(),
            Self::Direction => outputs.embeddings().map(direction).collect(),
            Self::Hidden => outputs.features.rows().map(direction).collect(),
        }
    }
}

fn direction(row: &[f32]) -> Vec<f32> {
    let length = row
        .iter()
        .map(|x| x * x)
        .sum::<f32>()
        .sqrt()
        .max(f32::MIN_POSITIVE);
    row.iter().map(|x| x / length).collect()
}

/// The distance from the k-th nearest, or the farthest if there are fewer.
fn kth_distance(bank: &[Vec<f32>], row: &[f32], k: usize) -> f32 {
    let squared = |other: &Vec<f32>| -> f32 {
        // Several sums, so that they can be made side by side.
        let mut sums = [0.0f32; 8];
        let (a, a_rest) = row.as_chunks::<8>();
        let (b, b_rest) = other.as_chunks::<8>();
        for (a, b) in a.iter().zip(b) {
            for lane in 0..8 {
                sums[lane] += (a[lane] - b[lane]) * (a[lane] - b[lane]);
            }
        }
        let rest = a_rest.iter().zip(b_rest).map(|(a, b)| (a - b) * (a - b));
        sums.iter().sum::<f32>() + rest.sum::<f32>()
    };
    let mut distances: Vec<f32> = bank.iter().map(squared).collect();
    if distances.is_empty() {
        return f32::NAN;
    }
    let place = k.min(distances.len()) - 1;
    let (_, kth, _) = distances.select_nth_unstable_by(place, f32::total_cmp);
    kth.sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let bank: Vec<Vec<f32>> = (0..10).map(|i| vec![i as f32; 9]).collect();
        // 9 equal coordinates: distances are 3 times theirs.
        assert_eq!(kth_distance(&bank, &[2.0; 9], 1), 0.0);
        assert_eq!(kth_distance(&bank, &[2.25; 9], 2), 2.25);
        assert_eq!(kth_distance(&bank, &[0.0; 9], 50), 27.0);
        assert_eq!(direction(&[3.0, -4.0]), [0.6, -0.8]);
    }
}
