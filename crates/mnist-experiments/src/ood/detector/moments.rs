use nalgebra::{DMatrix, DVector};

/// Means of classes, and the covariance about them that all classes have in common.
pub(super) struct Moments {
    /// Of each class; none of one without rows.
    pub means: Vec<Option<DVector<f64>>>,
    /// Over the number of rows.
    pub covariance: DMatrix<f64>,
}

impl Moments {
    pub fn of(rows: &[&[f32]], classes: &[u8]) -> Self {
        let dim = rows.first().map_or(0, |row| row.len());
        let count = classes
            .iter()
            .max()
            .map_or(0, |&last| usize::from(last) + 1);
        let mut means = vec![DVector::zeros(dim); count];
        let mut counts = vec![0usize; count];
        for (row, &class) in rows.iter().zip(classes) {
            means[usize::from(class)] += vector(row);
            counts[usize::from(class)] += 1;
        }
        for (mean, &count) in means.iter_mut().zip(&counts) {
            *mean /= count.max(1) as f64;
        }
        let mut covariance = DMatrix::zeros(dim, dim);
        for (row, &class) in rows.iter().zip(classes) {
            let difference = vector(row) - &means[usize::from(class)];
            covariance.ger(1.0 / rows.len() as f64, &difference, &difference, 1.0);
        }
        let means = means.into_iter().zip(counts);
        Self {
            means: means
                .map(|(mean, count)| (count > 0).then_some(mean))
                .collect(),
            covariance,
        }
    }

    /// Of all rows as one class.
    pub fn of_one_class(rows: &[&[f32]]) -> Self {
        Self::of(rows, &vec![0; rows.len()])
    }
}

pub(super) fn vector(row: &[f32]) -> DVector<f64> {
    DVector::from_iterator(row.len(), row.iter().map(|&x| f64::from(x)))
}
