/// The means of the classes in an embedding; Euclidean distances.
#[derive(Debug, Clone, PartialEq)]
pub struct Centroids {
    /// For each class its centroid, or nothing where it has no points.
    by_class: Vec<Option<Vec<f64>>>,
}

impl Centroids {
    /// The centroids of embeddings, one after the other with `dim` values each.
    pub fn of(embeddings: &[f32], dim: usize, classes: &[u8]) -> Self {
        let count = classes.iter().max().map_or(0, |&last| last as usize + 1);
        let mut sizes = vec![0usize; count];
        let mut sums = vec![vec![0.0f64; dim]; count];
        for (row, &class) in embeddings.chunks(dim).zip(classes) {
            sizes[class as usize] += 1;
            for (sum, &x) in sums[class as usize].iter_mut().zip(row) {
                *sum += x as f64;
            }
        }
        let mean = |(mut centroid, size): (Vec<f64>, usize)| {
            centroid.iter_mut().for_each(|sum| *sum /= size as f64);
            (size > 0).then_some(centroid)
        };
        Self {
            by_class: sums.into_iter().zip(sizes).map(mean).collect(),
        }
    }

    /// The centroid of a class, if the class has points.
    pub fn get(&self, class: u8) -> Option<&[f64]> {
        self.by_class.get(usize::from(class))?.as_deref()
    }

    /// The centroids of the classes that have points, in the order of the classes.
    pub fn present(&self) -> Vec<&[f64]> {
        self.by_class.iter().filter_map(Option::as_deref).collect()
    }

    /// The classes that have points, with their centroids.
    pub fn of_classes(&self) -> impl Iterator<Item = (u8, &[f64])> {
        let all = self.by_class.iter().enumerate();
        all.filter_map(|(class, centroid)| Some((class as u8, centroid.as_deref()?)))
    }

    /// The class whose centroid is nearest, the first of several; none without a centroid.
    pub fn nearest(&self, point: &[f32]) -> Option<u8> {
        let to = |centroid| distance(point.iter().map(|&x| x as f64), centroid);
        let all = self
            .of_classes()
            .map(|(class, centroid)| (class, to(centroid)));
        let nearest = all.reduce(|best, other| if other.1 < best.1 { other } else { best });
        nearest.map(|(class, _)| class)
    }

    /// Of the classes that have points, in their order, the mean distance of these points to the centroid.
    pub fn mean_distances(&self, embeddings: &[f32], dim: usize, classes: &[u8]) -> Vec<f64> {
        let mut sums = vec![(0.0, 0.0); self.by_class.len()];
        for (row, &class) in embeddings.chunks(dim).zip(classes) {
            let (sum, size) = &mut sums[usize::from(class)];
            *sum += self.distance_to_own(row, class);
            *size += 1.0;
        }
        let present = sums.into_iter().filter(|(_, size)| *size > 0.0);
        present.map(|(sum, size)| sum / size).collect()
    }

    /// The distance of a point of a class to the class's centroid; NaN where there is none.
    pub fn distance_to_own(&self, point: &[f32], class: u8) -> f64 {
        self.get(class).map_or(f64::NAN, |centroid| {
            distance(point.iter().map(|&x| x as f64), centroid)
        })
    }

    /// The smallest distance of two centroids; NaN with fewer than two.
    pub fn smallest_distance(&self) -> f64 {
        let present = self.present();
        let pairs = present.iter().enumerate();
        let between = pairs.flat_map(|(i, a)| present[..i].iter().map(|b| between(a, b)));
        between.reduce(f64::min).unwrap_or(f64::NAN)
    }

    /// The distance of the centroids of two classes; NaN where one has no points.
    pub fn distance(&self, a: u8, b: u8) -> f64 {
        match (self.get(a), self.get(b)) {
            (Some(a), Some(b)) => between(a, b),
            _ => f64::NAN,
        }
    }
}

fn between(a: &[f64], b: &[f64]) -> f64 {
    distance(a.iter().copied(), b)
}

/// The Euclidean distance.
pub(super) fn distance(a: impl Iterator<Item = f64>, b: &[f64]) -> f64 {
    a.zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_without_points_has_no_centroid() {
        let points = [0.0, 0.0, 2.0, 4.0, 1.0, 8.0];
        let centroids = Centroids::of(&points, 2, &[0, 0, 2]);
        assert_eq!(centroids.present(), [[1.0, 2.0], [1.0, 8.0]]);
        assert_eq!(centroids.get(1), None);
        assert_eq!(centroids.distance(0, 2), 6.0);
        assert_eq!(centroids.smallest_distance(), 6.0);
        assert_eq!(centroids.distance_to_own(&[1.0, 5.0], 2), 3.0);
        assert_eq!(
            centroids.mean_distances(&points, 2, &[0, 0, 2]),
            [5f64.sqrt(), 0.0]
        );
        assert_eq!(centroids.nearest(&[1.0, 5.1]), Some(2));
        assert_eq!(centroids.nearest(&[1.0, 5.0]), Some(0), "equally far");
        assert_eq!(Centroids::of(&[], 2, &[]).nearest(&[0.0, 0.0]), None);
        assert!(centroids.distance(0, 1).is_nan() && centroids.distance(0, 9).is_nan());
        assert!(Centroids::of(&[], 2, &[]).smallest_distance().is_nan());
    }
}
