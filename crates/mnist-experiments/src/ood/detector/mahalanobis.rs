use nalgebra::{DMatrix, DVector};

use super::moments::{Moments, vector};
use super::{Detector, Fitted, Outputs};
use crate::eval::{EvalError, Subject};

/// The squared Mahalanobis distance of the embedding from the nearest class, with one covariance for all classes
/// (Lee et al., arXiv 1807.03888); relative: less that from all training images as one class (Ren et al., arXiv
/// 2106.09022).
///
/// ```text
/// min_c (x - m_c)' S^-1 (x - m_c) [ - (x - m)' S_0^-1 (x - m) ]
/// ```
///
/// Directions without variance are left out (a pseudo-inverse).
#[derive(Debug, Clone, Copy)]
pub struct Mahalanobis {
    /// Whether the distance from the whole is taken away.
    pub relative: bool,
}

impl Detector for Mahalanobis {
    fn name(&self) -> &'static str {
        match self.relative {
            false => "mahalanobis",
            true => "relative-mahalanobis",
        }
    }

    fn about(&self) -> &'static str {
        match self.relative {
            false => {
                "squared Mahalanobis distance from the nearest class (Lee et al., arXiv 1807.03888)"
            }
            true => "the same, less that from all classes as one (Ren et al., arXiv 2106.09022)",
        }
    }

    fn fit<'a>(&self, _: &'a Subject, training: &Outputs) -> Result<Option<Fitted<'a>>, EvalError> {
        let rows: Vec<&[f32]> = training.embeddings().collect();
        let targets = &training.predictions.targets;
        let classes = Gaussians::new(Moments::of(&rows, targets));
        let whole = self
            .relative
            .then(|| Gaussians::new(Moments::of_one_class(&rows)));
        Ok(Some(Box::new(move |outputs| {
            let of = |row: &[f32]| {
                let near = classes.nearest(row);
                let far = whole.as_ref().map_or(0.0, |whole| whole.nearest(row));
                (near - far) as f32
            };
            Ok(outputs.embeddings().map(of).collect())
        })))
    }
}

/// Classes with means of their own and one covariance.
struct Gaussians {
    means: Vec<DVector<f64>>,
    /// Of the covariance.
    inverse: DMatrix<f64>,
}

impl Gaussians {
    fn new(Moments { means, covariance }: Moments) -> Self {
        Self {
            means: means.into_iter().flatten().collect(),
            inverse: pseudo_inverse(covariance),
        }
    }

    fn nearest(&self, row: &[f32]) -> f64 {
        let row = vector(row);
        let distance = |mean: &DVector<f64>| {
            let difference = &row - mean;
            difference.dot(&(&self.inverse * &difference))
        };
        self.means
            .iter()
            .map(distance)
            .fold(f64::INFINITY, f64::min)
    }
}

/// Of a symmetric matrix, without the directions whose eigenvalue is nothing beside the largest.
fn pseudo_inverse(symmetric: DMatrix<f64>) -> DMatrix<f64> {
    let eigen = symmetric.symmetric_eigen();
    let least = eigen.eigenvalues.amax() * 1e-10;
    let inverse = eigen
        .eigenvalues
        .map(|value| if value > least { 1.0 / value } else { 0.0 });
    &eigen.eigenvectors * DMatrix::from_diagonal(&inverse) * eigen.eigenvectors.transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        // Two classes around (0, 0) and (10, 0), with variance 1 in x and 4 in y, and nothing between them.
        let points = [[-1.0, 2.0], [1.0, -2.0], [1.0, 2.0], [-1.0, -2.0]];
        let moved = points.map(|[x, y]| [x + 10.0, y]);
        let rows: Vec<&[f32]> = points.iter().chain(&moved).map(|p| p.as_slice()).collect();
        let of = Gaussians::new(Moments::of(&rows, &[0, 0, 0, 0, 1, 1, 1, 1]));
        assert!((of.nearest(&[3.0, 4.0]) - (9.0 + 4.0)).abs() < 1e-9);
        assert!((of.nearest(&[9.0, 0.0]) - 1.0).abs() < 1e-9);
        // As one class: mean (5, 0), variance 26 in x.
        let whole = Gaussians::new(Moments::of_one_class(&rows));
        assert!((whole.nearest(&[18.0, 0.0]) - 169.0 / 26.0).abs() < 1e-9);
    }

    #[test]
    fn a_direction_without_variance_is_left_out() {
        let rows = [[1.0, 5.0], [-1.0, 5.0]];
        let rows: Vec<&[f32]> = rows.iter().map(|row| row.as_slice()).collect();
        let of = Gaussians::new(Moments::of_one_class(&rows));
        assert!((of.nearest(&[2.0, 99.0]) - 4.0).abs() < 1e-9);
    }
}
