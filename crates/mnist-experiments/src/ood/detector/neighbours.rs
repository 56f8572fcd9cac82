use burn::tensor::{Device, Tensor, TensorData};
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

    fn fit<'a>(
        &self,
        subject: &'a Subject,
        training: &Outputs,
    ) -> Result<Option<Fitted<'a>>, EvalError> {
        let which = *self;
        let all = which.rows(training);
        let mut generator = ChaCha8Rng::seed_from_u64(0);
        let drawn = sample(&mut generator, all.len(), BANK.min(all.len()));
        let drawn: Vec<&[f32]> = drawn.into_iter().map(|index| &all[index][..]).collect();
        let bank = Bank::new(&drawn, subject.device());
        Ok(Some(Box::new(move |outputs| {
            let rows = which.rows(outputs);
            let blocks: Result<Vec<Vec<f32>>, EvalError> = rows
                .par_chunks(ROWS)
                .map(|rows| bank.kth_distances(rows, K))
                .collect();
            Ok(blocks?.concat())
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

/// Vectors from which distances are made by one matrix product, `|a|^2 + |b|^2 - 2 a b`; all are counted from the mean of
/// the bank, so that little is lost by the difference.
struct Bank {
    mean: Vec<f32>,
    /// `[dim, vectors]`
    vectors: Tensor<2>,
    squares: Vec<f32>,
}

/// Rows whose distances are computed together.
const ROWS: usize = 32;

impl Bank {
    fn new(vectors: &[&[f32]], device: &Device) -> Self {
        let dim = vectors.first().map_or(0, |vector| vector.len());
        let mean = |i: usize| {
            let sum: f64 = vectors.iter().map(|vector| f64::from(vector[i])).sum();
            (sum / vectors.len() as f64) as f32
        };
        let mean: Vec<f32> = (0..dim).map(mean).collect();
        let centred: Vec<f32> = vectors.iter().flat_map(|v| from(v, &mean)).collect();
        Self {
            squares: centred.chunks(dim.max(1)).map(square).collect(),
            vectors: matrix(centred, [vectors.len(), dim], device).transpose(),
            mean,
        }
    }

    /// For each row the distance from the k-th nearest, or from the farthest if there are fewer.
    fn kth_distances(&self, rows: &[Vec<f32>], k: usize) -> Result<Vec<f32>, EvalError> {
        let [dim, count] = self.vectors.dims();
        let centred: Vec<f32> = rows.iter().flat_map(|row| from(row, &self.mean)).collect();
        let squares: Vec<f32> = centred.chunks(dim).map(square).collect();
        let rows = matrix(centred, [rows.len(), dim], &self.vectors.device());
        let products = rows.matmul(self.vectors.clone()).try_to_vec_as::<f32>()?;
        let of_rows = products.chunks(count).zip(squares);
        let kth = |(products, square): (&[f32], f32)| {
            let pairs = products.iter().zip(&self.squares);
            let squared = pairs.map(|(product, of_bank)| square + of_bank - 2.0 * product);
            kth_smallest(squared.collect(), k).max(0.0).sqrt()
        };
        Ok(of_rows.map(kth).collect())
    }
}

fn from<'a>(vector: &'a [f32], mean: &'a [f32]) -> impl Iterator<Item = f32> + 'a {
    vector.iter().zip(mean).map(|(x, mean)| x - mean)
}

fn square(vector: &[f32]) -> f32 {
    vector.iter().map(|x| x * x).sum()
}

fn matrix(values: Vec<f32>, shape: [usize; 2], device: &Device) -> Tensor<2> {
    Tensor::from_data(TensorData::new(values, shape), device)
}

/// The k-th smallest, or the largest if there are fewer.
fn kth_smallest(mut values: Vec<f32>, k: usize) -> f32 {
    // No more than the k-th smallest of some is the k-th smallest of all: what lies above need not be sorted.
    if let Some(some) = values.get(..8 * k) {
        let mut some = some.to_vec();
        let (_, &mut bound, _) = some.select_nth_unstable_by(k - 1, f32::total_cmp);
        let mut kept = 0;
        for index in 0..values.len() {
            let value = values[index];
            // Without a branch that nobody can predict.
            values[kept] = value;
            kept += usize::from(value.total_cmp(&bound).is_le());
        }
        values.truncate(kept);
    }
    let place = k.min(values.len()) - 1;
    *values.select_nth_unstable_by(place, f32::total_cmp).1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bank(vectors: &[Vec<f32>]) -> Bank {
        let vectors: Vec<&[f32]> = vectors.iter().map(Vec::as_slice).collect();
        Bank::new(&vectors, &Device::flex())
    }

    #[test]
    fn by_hand() {
        let bank = bank(&(0..10).map(|i| vec![i as f32; 9]).collect::<Vec<_>>());
        let kth = |x: f32, k| bank.kth_distances(&[vec![x; 9]], k).unwrap()[0];
        // 9 equal coordinates: distances are 3 times theirs.
        assert!(kth(2.0, 1) < 1e-3);
        assert!((kth(2.25, 2) - 2.25).abs() < 1e-5);
        assert!((kth(0.0, 50) - 27.0).abs() < 1e-5);
        assert_eq!(direction(&[3.0, -4.0]), [0.6, -0.8]);
    }

    /// Beside distances one by one, of vectors far from the origin.
    #[test]
    fn as_one_by_one() {
        let row = |i: usize| -> Vec<f32> {
            let coordinate = |j: usize| 50.0 + ((i * 37 + j * 101) as f32).sin();
            (0..7).map(coordinate).collect()
        };
        let vectors: Vec<Vec<f32>> = (0..1300).map(row).collect();
        let bank = bank(&vectors);
        let rows: Vec<Vec<f32>> = (2000..2005).map(row).collect();
        for (row, kth) in rows.iter().zip(bank.kth_distances(&rows, 50).unwrap()) {
            let distance = |other: &Vec<f32>| {
                let pairs = row.iter().zip(other);
                pairs.map(|(a, b)| f64::from(a - b).powi(2)).sum::<f64>()
            };
            let mut all: Vec<f64> = vectors.iter().map(distance).collect();
            all.sort_by(f64::total_cmp);
            assert!((f64::from(kth) - all[49].sqrt()).abs() < 1e-5);
        }
    }
}
