use burn::tensor::TensorReadError;
use nalgebra::DMatrix;

use super::{Centroids, EvalError, Evaluation, Measured, Subject};
use crate::data::Part;
use crate::head::ClassifierHead;

/// How far the embeddings of a part of the images have come to neural collapse (Papyan, Han and Donoho, *Prevalence of
/// neural collapse during the terminal phase of deep learning training*, PNAS 2020, arXiv 2008.08186). All are 0 where it
/// is complete.
///
/// With the classes' means `m_c` minus the mean of these as the columns of M, for C classes:
///
/// - `nc1`, variability: `tr(S_W S_B^+)/C` with `S_W` the covariance of the embeddings about their class's mean and `S_B =
///   M M'/C`.
/// - `nc2`, a simplex: `|| M'M/||M'M|| - (I - 11'/C)/sqrt(C - 1) ||`, Frobenius norms, as in the code of Zhu et al., *A
///   Geometric Analysis of Neural Collapse with Unconstrained Features*, NeurIPS 2021, arXiv 2105.02375. Its two parts in the
///   paper: `nc2_norms`, the standard deviation of the columns' lengths over their mean; `nc2_angles`, the mean over pairs of
///   `|cos(m_c, m_c') + 1/(C - 1)|`. With two classes all three are 0 but for rounding.
/// - `nc3`, duality: `|| WM/||WM|| - (I - 11'/C)/sqrt(C - 1) ||` with the head's
///   [class vectors](crate::head::ClassifierHead::class_vectors) as rows of W, in the same code; NaN where a head has none.
/// - `nc4`, the nearest class: the share of images whose predicted class is not the one with the nearest mean.
///
/// In the paper the images are those of the training; of test images it says whether the collapse generalises.
#[derive(Debug, Clone, Copy)]
pub struct NeuralCollapse {
    /// Of which images.
    pub part: Part,
}

impl Evaluation for NeuralCollapse {
    fn name(&self) -> &'static str {
        match self.part {
            Part::Test => "neural-collapse",
            Part::Train => "neural-collapse-training",
        }
    }

    fn about(&self) -> &'static str {
        match self.part {
            Part::Test => "NC1 to NC4 of the test images",
            Part::Train => "NC1 to NC4 of the training images",
        }
    }

    fn in_training(&self) -> bool {
        self.part == Part::Test
    }

    fn evaluate(&self, subject: &Subject) -> Result<Measured, EvalError> {
        let of = subject.predictions(self.part)?;
        let vectors = class_vectors(subject)?;
        Ok(neural_collapse(
            &of.embeddings,
            of.embedding_dim,
            &of.targets,
            &of.predicted,
            vectors.as_ref(),
        ))
    }
}

/// `[classes, embedding_dim]`.
fn class_vectors(subject: &Subject) -> Result<Option<DMatrix<f64>>, TensorReadError> {
    let Some(vectors) = subject.model().head.class_vectors() else {
        return Ok(None);
    };
    let [rows, columns] = vectors.dims();
    let values = vectors.try_to_vec_as::<f32>()?;
    let values = values.into_iter().map(f64::from);
    Ok(Some(DMatrix::from_row_iterator(rows, columns, values)))
}

/// NaN where numbers do not exist: all with fewer than two classes, or embeddings that are not finite.
fn neural_collapse(
    embeddings: &[f32],
    dim: usize,
    classes: &[u8],
    predicted: &[u8],
    class_vectors: Option<&DMatrix<f64>>,
) -> Measured {
    let centroids = Centroids::of(embeddings, dim, classes);
    let present = centroids.present();
    let finite = present.iter().copied().flatten().all(|x| x.is_finite());
    if present.len() < 2 || !finite {
        return measured([f64::NAN; 6]);
    }
    let raw = DMatrix::from_fn(dim, present.len(), |row, column| present[column][row]);
    let mean = raw.column_mean();
    let mut means = raw.clone();
    for mut column in means.column_iter_mut() {
        column -= &mean;
    }

    let rows = || embeddings.chunks(dim).zip(classes);
    let misses = rows()
        .zip(predicted)
        .filter(|((row, _), predicted)| centroids.nearest(row) != Some(**predicted));
    let nc4 = misses.count() as f64 / classes.len() as f64;
    let ids: Vec<usize> = centroids
        .of_classes()
        .map(|(class, _)| class.into())
        .collect();
    let nc3 = match class_vectors {
        Some(vectors) if ids.iter().all(|&class| class < vectors.nrows()) => {
            from_simplex(vectors.select_rows(&ids) * &means)
        }
        _ => f64::NAN,
    };
    let lengths: Vec<f64> = means.column_iter().map(|column| column.norm()).collect();
    let (mean_length, deviation) = mean_and_deviation(&lengths);
    let nc1 = variability(&centroids, &means, raw.amax(), rows());
    measured([
        nc1,
        from_simplex(means.tr_mul(&means)),
        deviation / mean_length,
        angles(&means),
        nc3,
        nc4,
    ])
}

fn measured([nc1, nc2, nc2_norms, nc2_angles, nc3, nc4]: [f64; 6]) -> Measured {
    [
        ("nc1", nc1),
        ("nc2", nc2),
        ("nc2_norms", nc2_norms),
        ("nc2_angles", nc2_angles),
        ("nc3", nc3),
        ("nc4", nc4),
    ]
    .into()
}

/// `tr(S_W S_B^+)/C`. With the singular values s and left vectors u of M it is the mean over the points of
/// `sum_k (u_k . (x - m_c))^2 / s_k^2`, without a matrix of the size of the embedding.
fn variability<'a>(
    centroids: &Centroids,
    means: &DMatrix<f64>,
    largest: f64,
    rows: impl Iterator<Item = (&'a [f32], &'a u8)>,
) -> f64 {
    // Of values that differ from 0 by rounding alone, as the last one of C columns of sum 0, there is no inverse.
    const RELATIVE: f64 = 1e-10;
    let decomposition = means.clone().svd(true, false);
    let Some(vectors) = decomposition.u else {
        return f64::NAN;
    };
    let values = decomposition.singular_values;
    let least = RELATIVE * values.max().max(largest);
    let axes: Vec<usize> = (0..values.len()).filter(|&k| values[k] > least).collect();
    if axes.is_empty() {
        return f64::NAN;
    }
    let (mut sum, mut count) = (0.0, 0.0);
    for (row, &class) in rows {
        let own = centroids.get(class).unwrap_or_default();
        for &k in &axes {
            let axis = vectors.column(k);
            let terms = row.iter().zip(own).zip(axis.iter());
            let along: f64 = terms.map(|((&x, m), u)| (f64::from(x) - m) * u).sum();
            sum += (along / values[k]).powi(2);
        }
        count += 1.0;
    }
    sum / count
}

/// The distance of a matrix of C rows and columns, at length 1, to that of a simplex.
fn from_simplex(matrix: DMatrix<f64>) -> f64 {
    let c = matrix.nrows() as f64;
    let norm = matrix.norm();
    let simplex = |i, j| (f64::from(u8::from(i == j)) - 1.0 / c) / (c - 1.0).sqrt();
    let simplex = DMatrix::from_fn(matrix.nrows(), matrix.ncols(), simplex);
    (matrix / norm - simplex).norm()
}

/// The mean over pairs of columns of `|cos + 1/(C - 1)|`.
fn angles(means: &DMatrix<f64>) -> f64 {
    let c = means.ncols();
    let mut sum = 0.0;
    for i in 0..c {
        for j in 0..i {
            let (a, b) = (means.column(i), means.column(j));
            let cosine = a.dot(&b) / (a.norm() * b.norm());
            sum += (cosine + 1.0 / (c - 1) as f64).abs();
        }
    }
    sum / (c * (c - 1) / 2) as f64
}

fn mean_and_deviation(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares = values.iter().map(|value| (value - mean).powi(2));
    (mean, (squares.sum::<f64>() / n).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: [&str; 6] = ["nc1", "nc2", "nc2_norms", "nc2_angles", "nc3", "nc4"];

    fn numbers(
        points: &[[f32; 2]],
        classes: &[u8],
        predicted: &[u8],
        vectors: Option<&[f64]>,
    ) -> [f64; 6] {
        let vectors = vectors.map(|v| DMatrix::from_row_slice(v.len() / 2, 2, v));
        let points = points.as_flattened();
        let of = neural_collapse(points, 2, classes, predicted, vectors.as_ref());
        KEYS.map(|key| of.numbers.0[key])
    }

    /// Three points at the corners of an equilateral triangle, not about the origin.
    #[test]
    fn a_complete_collapse_is_0() {
        let h = 3f32.sqrt() / 2.0;
        let corners = [[6.0, 5.0], [4.5, 5.0 + h], [4.5, 5.0 - h]];
        let points: Vec<[f32; 2]> = corners.iter().flat_map(|&corner| [corner; 4]).collect();
        let classes: Vec<u8> = (0..12).map(|i| i / 4).collect();
        let h = f64::from(h);
        let vectors = [7.0, 0.0, -3.5, 7.0 * h, -3.5, -7.0 * h];
        let all = numbers(&points, &classes, &classes, Some(&vectors));
        assert!(all.iter().all(|value| value.abs() < 1e-6), "{all:?}");
    }

    /// Means (0, 0), (4, 0), (0, 2) of two points each, at +-1 in x, +-1 in y and without distance: `S_W = I/3`. Minus
    /// their mean the means are (-4, -2)/3, (8, -2)/3, (-4, 4)/3: `M M' = [[96, -24], [-24, 24]]/9`, and nc1 is a third of
    /// the trace of its inverse.
    #[test]
    fn by_hand() {
        let points = [
            [-1.0, 0.0],
            [1.0, 0.0],
            [4.0, 1.0],
            [4.0, -1.0],
            [0.0, 2.0],
            [0.0, 2.0],
        ];
        let [nc1, nc2, norms, angles, nc3, nc4] =
            numbers(&points, &[0, 0, 1, 1, 2, 2], &[0, 1, 1, 1, 2, 0], None);
        // det(M M') = (96 * 24 - 24^2)/81 = 64/3.
        let trace_of_inverse = (96.0 + 24.0) / 9.0 / (64.0 / 3.0);
        assert!((nc1 - trace_of_inverse / 3.0).abs() < 1e-12, "{nc1}");
        let columns = [[-4.0, -2.0], [8.0, -2.0], [-4.0, 4.0f64]];
        let dot = |a: [f64; 2], b: [f64; 2]| (a[0] * b[0] + a[1] * b[1]) / 9.0;
        let gram = columns.map(|a| columns.map(|b| dot(a, b)));
        let norm = gram
            .as_flattened()
            .iter()
            .map(|g| g * g)
            .sum::<f64>()
            .sqrt();
        let (mut off, mut cosines) = (0.0, 0.0);
        for i in 0..3 {
            for j in 0..3 {
                let simplex = if i == j { 2.0 } else { -1.0 } / 3.0 / 2f64.sqrt();
                off += (gram[i][j] / norm - simplex).powi(2);
                if j < i {
                    let cosine = gram[i][j] / (gram[i][i] * gram[j][j]).sqrt();
                    cosines += (cosine + 0.5).abs() / 3.0;
                }
            }
        }
        assert!((nc2 - off.sqrt()).abs() < 1e-12, "{nc2}");
        assert!((angles - cosines).abs() < 1e-12, "{angles}");
        let lengths = [20f64, 68.0, 32.0].map(|square| square.sqrt() / 3.0);
        let mean = lengths.iter().sum::<f64>() / 3.0;
        let variance = lengths.iter().map(|l| (l - mean).powi(2)).sum::<f64>() / 3.0;
        assert!((norms - variance.sqrt() / mean).abs() < 1e-12, "{norms}");
        assert!(nc3.is_nan());
        assert_eq!(nc4, 2.0 / 6.0);
    }

    /// Of class vectors only what they have along the means counts, and its sign.
    #[test]
    fn duality_sees_turned_vectors() {
        let points = [[1.0, 0.0], [-1.0, 0.0]];
        let nc3 = |vectors: [f64; 4]| numbers(&points, &[0, 1], &[0, 1], Some(&vectors))[4];
        assert!(nc3([2.0, 0.0, -2.0, 0.0]) < 1e-12);
        assert!(nc3([1.0, 5.0, -1.0, -5.0]) < 1e-12);
        assert!((nc3([-2.0, 0.0, 2.0, 0.0]) - 2.0).abs() < 1e-12);
    }

    #[test]
    fn what_does_not_exist_is_nan() {
        let one = numbers(&[[1.0, 2.0], [2.0, 1.0]], &[4, 4], &[4, 4], None);
        assert!(one.iter().all(|value| value.is_nan()), "{one:?}");
        let infinite = numbers(&[[f32::INFINITY, 2.0], [2.0, 1.0]], &[0, 1], &[0, 1], None);
        assert!(infinite.iter().all(|value| value.is_nan()), "{infinite:?}");
        let same = numbers(&[[1.0, 2.0]; 2], &[0, 1], &[0, 1], None);
        assert!(same[0].is_nan(), "{same:?}");
    }
}
