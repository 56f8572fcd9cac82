use nalgebra::{DMatrix, DVector};

use super::moments::{Moments, vector};
use super::score::Score;
use super::{Detector, Fitted, Outputs};
use crate::eval::{EvalError, Subject};

/// Virtual-logit matching (Wang et al., arXiv 2203.10807), on the layer in front of the embedding.
///
/// ```text
/// a |residual of (h - u) outside the main 64 axes| - ln sum e^z
/// ```
///
/// with `a` the mean largest score over the mean residual of the training images. The paper puts u where the linear layer
/// behind h gives equal logits; here more than one layer is behind it, so u is the mean of h.
#[derive(Debug, Clone, Copy)]
pub struct Vim;

/// Main axes that are left out of the residual; half of them, if there are fewer than twice as many.
const AXES: usize = 64;

impl Detector for Vim {
    fn name(&self) -> &'static str {
        "vim"
    }

    fn about(&self) -> &'static str {
        "virtual-logit matching on the layer in front of the embedding (Wang et al., arXiv 2203.10807)"
    }

    fn fit<'a>(
        &self,
        subject: &'a Subject,
        training: &Outputs,
    ) -> Result<Option<Fitted<'a>>, EvalError> {
        let rows: Vec<&[f32]> = training.features.rows().collect();
        let residual = Residual::fit(&rows, AXES);
        let most = training
            .scores()
            .map(|z| z.iter().copied().fold(f32::NEG_INFINITY, f32::max));
        let largest = most.map(f64::from).sum::<f64>() / rows.len() as f64;
        let lengths = rows.iter().map(|row| residual.length(row)).sum::<f64>() / rows.len() as f64;
        let Some(energy) = Score::Energy.fit(subject, training)? else {
            return Ok(None);
        };
        // Scores below 0, as kappa is, would turn the residual round.
        let factor = largest.abs() / lengths;
        Ok(Some(Box::new(move |outputs| {
            let energies = energy(outputs)?;
            let rows = outputs.features.rows().zip(energies);
            let of = |(row, energy): (&[f32], f32)| (factor * residual.length(row)) as f32 + energy;
            Ok(rows.map(of).collect())
        })))
    }
}

/// The part of a vector outside of the main axes of others.
struct Residual {
    mean: DVector<f64>,
    /// Rows are the other axes.
    axes: DMatrix<f64>,
}

impl Residual {
    fn fit(rows: &[&[f32]], axes: usize) -> Self {
        let dim = rows.first().map_or(0, |row| row.len());
        let Moments { means, covariance } = Moments::of_one_class(rows);
        let mean = means.into_iter().flatten().next();
        let mean = mean.unwrap_or_else(|| DVector::zeros(dim));
        let eigen = covariance.symmetric_eigen();
        let mut order: Vec<usize> = (0..dim).collect();
        order.sort_by(|&a, &b| eigen.eigenvalues[b].total_cmp(&eigen.eigenvalues[a]));
        let others = &order[axes.min(dim / 2)..];
        let axes = eigen.eigenvectors.select_columns(others).transpose();
        Self { mean, axes }
    }

    fn length(&self, row: &[f32]) -> f64 {
        (&self.axes * (vector(row) - &self.mean)).norm()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_residual_is_outside_of_the_main_axes() {
        // Large along x, small along y; the mean is (1, 0).
        let rows = [[11.0, 0.1], [-9.0, -0.1], [11.0, -0.1], [-9.0, 0.1]];
        let rows: Vec<&[f32]> = rows.iter().map(|row| row.as_slice()).collect();
        let residual = Residual::fit(&rows, 1);
        assert!((residual.length(&[500.0, 3.0]) - 3.0).abs() < 1e-6);
        assert!(residual.length(&[1.0, 0.0]) < 1e-6);
    }
}
