use serde::{Deserialize, Serialize};

use super::centroids::{Centroids, distance};
use super::{EvalError, Evaluation, Measured, Subject};
use crate::data::Part;
use crate::measured::or_nan;

/// [`Compactness`] of the test images' embeddings.
#[derive(Debug, Clone, Copy)]
pub struct ClassDistances;

impl Evaluation for ClassDistances {
    fn name(&self) -> &'static str {
        "compactness"
    }

    fn about(&self) -> &'static str {
        "distances in the classes and between their centroids"
    }

    fn evaluate(&self, subject: &Subject) -> Result<Measured, EvalError> {
        let test = subject.predictions(Part::Test)?;
        let mut measured = Measured::default();
        let mut compactness = Compactness::of(&test.embeddings, test.embedding_dim, &test.targets);
        for (key, number) in compactness.numbers_mut() {
            measured.numbers.0.insert(key.into(), *number);
        }
        Ok(measured)
    }
}

/// How compact and how well separated the classes are in an embedding; Euclidean distances.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Compactness {
    /// Mean distance to the own class's centroid.
    #[serde(deserialize_with = "or_nan")]
    pub intra_class_distance: f64,
    /// Smallest distance of two classes' centroids.
    #[serde(deserialize_with = "or_nan")]
    pub min_centroid_distance: f64,
    /// `min_centroid_distance / intra_class_distance`; larger is better.
    #[serde(deserialize_with = "or_nan")]
    pub compactness_ratio: f64,
    /// 99th percentile of the distance to the origin (nearest rank).
    #[serde(deserialize_with = "or_nan")]
    pub embedding_radius_p99: f64,
    /// Largest distance to the origin.
    #[serde(deserialize_with = "or_nan")]
    pub embedding_radius_max: f64,
}

impl Compactness {
    /// Measures embeddings, one after the other with `dim` values each, by their classes.
    ///
    /// Figures that need two classes are NaN where there is one.
    pub fn of(embeddings: &[f32], dim: usize, classes: &[u8]) -> Self {
        let centroids = Centroids::of(embeddings, dim, classes);
        let rows = || embeddings.chunks(dim);
        let to_own = rows()
            .zip(classes)
            .map(|(row, &class)| centroids.distance_to_own(row, class));
        let intra_class_distance = to_own.sum::<f64>() / classes.len() as f64;
        let min_centroid_distance = centroids.smallest_distance();

        let origin = vec![0.0; dim];
        let mut radii: Vec<f64> = rows()
            .map(|row| distance(row.iter().map(|&x| x as f64), &origin))
            .collect();
        radii.sort_by(f64::total_cmp);
        let rank = (0.99 * radii.len() as f64).ceil() as usize;

        Self {
            intra_class_distance,
            min_centroid_distance,
            compactness_ratio: min_centroid_distance / intra_class_distance,
            embedding_radius_p99: radii[rank.max(1) - 1],
            embedding_radius_max: radii[radii.len() - 1],
        }
    }

    /// Nothing measured.
    pub(crate) const UNKNOWN: Self = Self {
        intra_class_distance: f64::NAN,
        min_centroid_distance: f64::NAN,
        compactness_ratio: f64::NAN,
        embedding_radius_p99: f64::NAN,
        embedding_radius_max: f64::NAN,
    };

    /// The numbers with their keys.
    pub(crate) fn numbers_mut(&mut self) -> [(&'static str, &mut f64); 5] {
        [
            ("intra_class_distance", &mut self.intra_class_distance),
            ("min_centroid_distance", &mut self.min_centroid_distance),
            ("compactness_ratio", &mut self.compactness_ratio),
            ("embedding_radius_p99", &mut self.embedding_radius_p99),
            ("embedding_radius_max", &mut self.embedding_radius_max),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_pairs() {
        // Centroids (0, 0) and (4, 0); every point 1 away from its own.
        let points = [0.0, 1.0, 0.0, -1.0, 4.0, 1.0, 4.0, -1.0];
        let c = Compactness::of(&points, 2, &[0, 0, 1, 1]);
        assert_eq!(c.intra_class_distance, 1.0);
        assert_eq!(c.min_centroid_distance, 4.0);
        assert_eq!(c.compactness_ratio, 4.0);
        assert_eq!(c.embedding_radius_max, 17f64.sqrt());
        assert_eq!(c.embedding_radius_p99, 17f64.sqrt());
    }

    #[test]
    fn percentile_is_the_nearest_rank() {
        let points: Vec<f32> = (1..=200).map(|i| i as f32).collect();
        let classes: Vec<u8> = (0..200).map(|i| i % 2).collect();
        assert_eq!(
            Compactness::of(&points, 1, &classes).embedding_radius_p99,
            198.0
        );
    }

    #[test]
    fn a_class_without_points_is_no_centroid() {
        let c = Compactness::of(&[0.0, 2.0, 10.0, 12.0], 1, &[0, 0, 2, 2]);
        assert_eq!(c.min_centroid_distance, 10.0);
    }
}
