use serde::{Deserialize, Serialize};

use crate::head::HeadConfig;

/// `distances.json`: how far a head puts images of each class from the class, by images that it did not learn from where
/// there are any.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Spread {
    /// The head.
    pub head: HeadConfig,
    /// What distances are measured to: `reference points` or `class centroids`.
    pub anchors: String,
    /// Where they are, class by class; none of a class without images.
    pub points: Vec<Option<Vec<f64>>>,
    /// Which images: `validation` or `training`.
    pub images: String,
    /// How many.
    pub count: usize,
    /// Of each class the distance within which 95 % of its images are.
    pub far: Vec<f64>,
    /// The quotient of the distances to the nearest and the second nearest class below which 95 % of the images are.
    pub between: f64,
}

/// The share of the images that are near their class; at this one outlier detectors are compared, too.
const NEAR: f64 = 0.95;

impl Spread {
    /// Of embeddings, one after the other with `dim` values each, and their classes.
    pub fn new(
        head: HeadConfig,
        (anchors, points): (&str, Vec<Option<Vec<f64>>>),
        images: &str,
        embeddings: &[f32],
        classes: &[u8],
    ) -> Self {
        let dim = points.iter().flatten().map(Vec::len).max().unwrap_or(1);
        let mut spread = Self {
            head,
            anchors: anchors.into(),
            images: images.into(),
            count: classes.len(),
            far: vec![0.0; points.len()],
            points,
            between: 1.0,
        };
        let mut own: Vec<Vec<f64>> = vec![Vec::new(); spread.points.len()];
        let mut quotients = Vec::new();
        for (embedding, &class) in embeddings.chunks(dim).zip(classes) {
            let distances = spread.distances(embedding);
            let class = usize::from(class);
            own[class].extend(distances[class]);
            let sorted = sorted(distances.into_iter().flatten().collect());
            if let [nearest, second, ..] = sorted[..] {
                quotients.push(nearest / second.max(f64::MIN_POSITIVE));
            }
        }
        spread.far = own.into_iter().map(|all| quantile(all, NEAR)).collect();
        spread.between = match quotients.is_empty() {
            true => 1.0,
            false => quantile(quotients, NEAR),
        };
        spread
    }

    /// The distance of an embedding to each class.
    pub fn distances(&self, embedding: &[f32]) -> Vec<Option<f64>> {
        let to = |point: &Vec<f64>| {
            let squares = point
                .iter()
                .zip(embedding)
                .map(|(a, &b)| (a - f64::from(b)).powi(2));
            squares.sum::<f64>().sqrt()
        };
        let points = self.points.iter();
        points.map(|point| point.as_ref().map(to)).collect()
    }
}

fn sorted(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_by(f64::total_cmp);
    values
}

/// The value that this share of the values does not exceed; 0 without values.
fn quantile(values: Vec<f64>, share: f64) -> f64 {
    let values = sorted(values);
    let at = (values.len() as f64 * share).ceil() as usize;
    values.get(at.saturating_sub(1)).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles() {
        let values: Vec<f64> = (1..=200).rev().map(f64::from).collect();
        assert_eq!(quantile(values.clone(), 0.99), 198.0);
        assert_eq!(quantile(values[..1].to_vec(), 0.99), 200.0);
        assert_eq!(quantile(Vec::new(), 0.99), 0.0);
    }

    #[test]
    fn nearly_all_images_are_within() {
        let points = vec![Some(vec![0.0, 0.0]), Some(vec![10.0, 0.0]), None];
        // Of class 0 at distances 0.01 to 1 to the right, of class 1 at one of 3.
        let mut embeddings: Vec<f32> = (1..=100).flat_map(|i| [i as f32 / 100.0, 0.0]).collect();
        embeddings.extend([10.0, 3.0]);
        let classes: Vec<u8> = (0..101).map(|i| u8::from(i == 100)).collect();
        let head = "dome".parse().unwrap();
        let spread = Spread::new(
            head,
            ("class centroids", points),
            "training",
            &embeddings,
            &classes,
        );
        assert!((spread.far[0] - 0.95).abs() < 1e-6, "{:?}", spread.far);
        assert_eq!(
            (spread.far[1], spread.far[2], spread.count),
            (3.0, 0.0, 101)
        );
        assert!(
            (spread.between - 0.96 / 9.04).abs() < 1e-6,
            "{}",
            spread.between
        );
        assert_eq!(spread.distances(&[3.0, 4.0])[0], Some(5.0));
        assert_eq!(spread.distances(&[3.0, 4.0])[2], None);
        let text = serde_json::to_string(&spread).unwrap();
        assert_eq!(serde_json::from_str::<Spread>(&text).unwrap(), spread);
    }
}
