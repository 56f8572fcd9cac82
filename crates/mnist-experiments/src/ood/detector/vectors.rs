use super::{Detector, Fitted, Outputs};
use crate::eval::{EvalError, Subject};
use crate::head::ClassifierHead;
use crate::rows::{argmax, rows_of};

/// Detectors that look at the vectors `w_c` of the classes, too: rows of a last layer, or reference points.
#[derive(Debug, Clone, Copy)]
pub enum Vectors {
    /// The mean distance of the image from the boundaries of its class, over its distance from the mean of all.
    Fdbd,
    /// The angle between the embedding and the vector of its class.
    Nci,
}

/// The weight of the embedding's length, as in OpenOOD.
const LENGTH: f32 = 1e-4;

impl Detector for Vectors {
    fn name(&self) -> &'static str {
        match self {
            Self::Fdbd => "fdbd",
            Self::Nci => "nci",
        }
    }

    fn about(&self) -> &'static str {
        match self {
            Self::Fdbd => {
                "minus the mean over c of |z_max - z_c| / |w_max - w_c|, over |x - mean x| (Liu and Qin, arXiv 2312.11536)"
            }
            Self::Nci => {
                "minus w_max (x - mean x) / |x - mean x|, less 1e-4 |x|_1 (Liu and Qin, arXiv 2311.01479)"
            }
        }
    }

    fn fit<'a>(
        &self,
        subject: &'a Subject,
        training: &Outputs,
    ) -> Result<Option<Fitted<'a>>, EvalError> {
        let Some(vectors) = subject.model().head.class_vectors() else {
            return Ok(None);
        };
        let dim = vectors.dims()[1];
        if dim != training.predictions.embedding_dim {
            return Ok(None);
        }
        let vectors = rows_of(vectors)?;
        let mut mean = vec![0.0f64; dim];
        for row in training.embeddings() {
            mean.iter_mut()
                .zip(row)
                .for_each(|(mean, &x)| *mean += f64::from(x));
        }
        let count = training.predictions.targets.len().max(1) as f64;
        let mean: Vec<f32> = mean.into_iter().map(|sum| (sum / count) as f32).collect();
        let which = *self;
        Ok(Some(Box::new(move |outputs| {
            let rows = outputs.embeddings().zip(outputs.scores());
            Ok(rows.map(|(x, z)| which.of(x, z, &mean, &vectors)).collect())
        })))
    }
}

impl Vectors {
    fn of(self, x: &[f32], z: &[f32], mean: &[f32], w: &[Vec<f32>]) -> f32 {
        let centred: Vec<f32> = x.iter().zip(mean).map(|(x, mean)| x - mean).collect();
        let length = norm(&centred).max(f32::MIN_POSITIVE);
        let best = argmax(z);
        match self {
            Self::Fdbd => {
                let others = (0..z.len()).filter(|&c| c != best);
                let distance = |c: usize| {
                    let apart: Vec<f32> = w[best].iter().zip(&w[c]).map(|(a, b)| a - b).collect();
                    (z[best] - z[c]).abs() / norm(&apart).max(f32::MIN_POSITIVE)
                };
                let sum: f32 = others.map(distance).sum();
                -sum / (z.len() - 1) as f32 / length
            }
            Self::Nci => {
                let along: f32 = w[best].iter().zip(&centred).map(|(w, x)| w * x).sum();
                let size: f32 = x.iter().map(|x| x.abs()).sum();
                -along / length - LENGTH * size
            }
        }
    }
}

fn norm(x: &[f32]) -> f32 {
    x.iter().map(|x| x * x).sum::<f32>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let w = [vec![1.0, 0.0], vec![0.0, 1.0], vec![-3.0, 0.0]];
        let (x, z, mean) = ([4.0, 5.0], [4.0, 1.0, -12.0], [1.0, 1.0]);
        // x - mean = (3, 4), of length 5.
        let fdbd = Vectors::Fdbd.of(&x, &z, &mean, &w);
        assert!((fdbd + (3.0 / 2f32.sqrt() + 16.0 / 4.0) / 2.0 / 5.0).abs() < 1e-6);
        let nci = Vectors::Nci.of(&x, &z, &mean, &w);
        assert!((nci + 3.0 / 5.0 + 9e-4).abs() < 1e-6);
    }
}
