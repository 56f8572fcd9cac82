use rayon::prelude::*;

use super::{Detector, Fitted, Outputs};
use crate::attack::{Surface, Victim};
use crate::eval::{EvalError, Subject};
use crate::rows::argmax;

/// ODIN (Liang et al., arXiv 1706.02690): the largest softmax probability of the scores over a temperature of 1000, after a
/// step of the image that raises it; `1 - max softmax(z(x') / T)`, `x' = x + eps sign(grad max log softmax(z / T))`.
///
/// The step is 0.0014 on normalised pixels, as in OpenOOD. Unlike perturbations of an attack, x' is not limited to [0, 1].
#[derive(Debug, Clone, Copy)]
pub struct Odin;

const TEMPERATURE: f32 = 1000.0;
const STEP: f64 = 0.0014;

/// Images at a time.
const SHARD: usize = 32;

impl Detector for Odin {
    fn name(&self) -> &'static str {
        "odin"
    }

    fn about(&self) -> &'static str {
        "MSP at temperature 1000, after a step of the image that raises it (Liang et al., arXiv 1706.02690)"
    }

    fn fit<'a>(
        &self,
        subject: &'a Subject,
        training: &Outputs,
    ) -> Result<Option<Fitted<'a>>, EvalError> {
        let split = training.samples.split();
        let shape = split.shape();
        let victim = Victim::new(subject.model(), shape, Surface::Scores, subject.device());
        // The step is on normalised pixels; of colour ones by the mean of the channels' deviations.
        let normalization = subject.data().normalization();
        let channels = normalization.channels();
        let deviation = channels.iter().map(|c| c.deviation).sum::<f64>() / channels.len() as f64;
        let step = (STEP * deviation) as f32;
        Ok(Some(Box::new(move |outputs| {
            let split = outputs.samples.split();
            let indices: Vec<usize> = (0..split.len()).collect();
            let of_shard = |indices: &[usize]| -> Result<Vec<f32>, EvalError> {
                let pixels = |&index: &usize| -> Vec<f32> {
                    split
                        .image(index)
                        .iter()
                        .map(|&pixel| f32::from(pixel) / 255.0)
                        .collect()
                };
                let mut images: Vec<Vec<f32>> = indices.iter().map(pixels).collect();
                let rows: Vec<&[f32]> = images.iter().map(Vec::as_slice).collect();
                let response = victim.gradients(&rows, |_, z| log_confidence(z))?;
                for (image, gradient) in images.iter_mut().zip(&response.gradients) {
                    for (pixel, g) in image.iter_mut().zip(gradient) {
                        *pixel += step * (f32::from(*g > 0.0) - f32::from(*g < 0.0));
                    }
                }
                let rows: Vec<&[f32]> = images.iter().map(Vec::as_slice).collect();
                let scores = victim.scores(&rows)?;
                Ok(scores
                    .iter()
                    .map(|z| 1.0 - log_confidence(z).0.exp())
                    .collect())
            };
            let shards: Result<Vec<_>, EvalError> =
                indices.par_chunks(SHARD).map(of_shard).collect();
            Ok(shards?.concat())
        })))
    }
}

/// The logarithm of the largest softmax probability at the temperature, and its derivatives by the scores.
fn log_confidence(z: &[f32]) -> (f32, Vec<f32>) {
    let best = argmax(z);
    let exponentials: Vec<f32> = z
        .iter()
        .map(|&other| ((other - z[best]) / TEMPERATURE).exp())
        .collect();
    let sum: f32 = exponentials.iter().sum();
    let slope = exponentials
        .iter()
        .enumerate()
        .map(|(class, e)| (f32::from(u8::from(class == best)) - e / sum) / TEMPERATURE);
    (-sum.ln(), slope.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slope_is_a_difference() {
        let z = [300.0, 900.0, -200.0];
        let (value, slope) = log_confidence(&z);
        let sum: f32 = z.iter().map(|z| (z / 1000.0).exp()).sum();
        assert!((value - (0.9 - sum.ln())).abs() < 1e-5);
        for class in 0..3 {
            let at = |step: f32| {
                let mut z = z;
                z[class] += step;
                log_confidence(&z).0
            };
            let difference = (at(20.0) - at(-20.0)) / 40.0;
            assert!((slope[class] - difference).abs() < 1e-6, "{class}");
        }
    }
}
