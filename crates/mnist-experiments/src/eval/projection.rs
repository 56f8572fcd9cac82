use std::f64::consts::{FRAC_PI_2, TAU};

use nalgebra::{Dyn, OMatrix, U2};

use super::Centroids;

/// An orthogonal projection of an embedding to the plane in which its classes come closest to a
/// regular polygon.
///
/// The vertices of a simplex are all equally far apart: the plane of the largest variance of the
/// classes' centroids (PCA) is arbitrary there, and may put two of them over each other. But there
/// is a plane in which they become the corners of a regular polygon, each apart from its
/// neighbours. With centroids `c_i` and corners `t_i`, counted clockwise from the top, the
/// projection `Q` maximises `sum_i <Q c_i, t_i>` over all `Q` with orthonormal rows: the orthogonal
/// Procrustes problem (Schönemann, 1966), solved by the singular value decomposition
/// `sum_i c_i t_i' = U S V'`, which gives `Q = V U'`.
///
/// Distances in the plane are at most those in the embedding, and its origin stays the origin.
#[derive(Debug, Clone, PartialEq)]
pub struct Projection {
    axes: [Vec<f64>; 2],
}

impl Projection {
    /// The projection for an embedding with these centroids; `None` with fewer than three of them,
    /// fewer than two dimensions, or a value that is not finite.
    pub fn of(centroids: &Centroids) -> Option<Self> {
        let centroids = centroids.present();
        let dim = centroids.first()?.len();
        let finite = centroids.iter().copied().flatten().all(|x| x.is_finite());
        if centroids.len() < 3 || dim < 2 || !finite {
            return None;
        }
        let corner = |i: usize| {
            let angle = FRAC_PI_2 - TAU * i as f64 / centroids.len() as f64;
            [angle.cos(), angle.sin()]
        };
        let products = OMatrix::<f64, Dyn, U2>::from_fn(dim, |row, column| {
            let terms = centroids.iter().enumerate();
            terms.map(|(i, c)| c[row] * corner(i)[column]).sum()
        });
        let decomposition = products.svd(true, true);
        let axes = decomposition.u? * decomposition.v_t?;
        Some(Self {
            axes: [0, 1].map(|axis| axes.column(axis).iter().copied().collect()),
        })
    }

    /// Where a point of the embedding comes to lie.
    pub fn project(&self, point: &[f32]) -> [f32; 2] {
        let along = |axis: &Vec<f64>| {
            let products = axis.iter().zip(point).map(|(a, &x)| a * f64::from(x));
            products.sum::<f64>() as f32
        };
        [along(&self.axes[0]), along(&self.axes[1])]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The unit vectors of a space are, about their mean, the vertices of a simplex.
    fn simplex(n: usize) -> Vec<f32> {
        (0..n * n).map(|i| f32::from(i % (n + 1) == 0)).collect()
    }

    fn projected(points: &[f32], dim: usize) -> Vec<[f32; 2]> {
        let classes: Vec<u8> = (0..points.len() / dim).map(|i| i as u8).collect();
        let projection = Projection::of(&Centroids::of(points, dim, &classes)).unwrap();
        points.chunks(dim).map(|p| projection.project(p)).collect()
    }

    #[test]
    fn a_simplex_becomes_a_regular_polygon() {
        let n = 10;
        // Of n orthonormal vectors each keeps the share 2/n of its squared length.
        let radius = (2.0 / n as f64).sqrt();
        for (i, [x, y]) in projected(&simplex(n), n).into_iter().enumerate() {
            let angle = FRAC_PI_2 - TAU * i as f64 / n as f64;
            let off =
                (f64::from(x) - radius * angle.cos()).hypot(f64::from(y) - radius * angle.sin());
            assert!(off < 1e-6, "corner {i} is off by {off}");
        }
    }

    #[test]
    fn a_polygon_in_a_plane_of_space_keeps_its_distances() {
        // A triangle in the plane that (1, 2, 2)/3 is perpendicular to.
        let (a, b) = ([2.0, -2.0, 1.0], [2.0, 1.0, -2.0]);
        let sum = |i: usize| -a[i] - b[i];
        let points: Vec<f32> = [a, b, [sum(0), sum(1), sum(2)]].concat();
        let flat = projected(&points, 3);
        for (i, j) in [(0, 1), (0, 2), (1, 2)] {
            let there = (0..3).map(|k| (points[3 * i + k] - points[3 * j + k]).powi(2));
            let here = (0..2).map(|k| (flat[i][k] - flat[j][k]).powi(2));
            let (there, here) = (there.sum::<f32>().sqrt(), here.sum::<f32>().sqrt());
            assert!((there - here).abs() < 1e-5, "{there} became {here}");
        }
    }

    #[test]
    fn what_has_no_plane() {
        let of = |points: &[f32], dim, classes: &[u8]| {
            Projection::of(&Centroids::of(points, dim, classes))
        };
        assert_eq!(of(&[], 2, &[]), None);
        assert_eq!(of(&[0.0, 1.0, 1.0, 0.0], 2, &[0, 1]), None);
        assert_eq!(of(&[0.0, 1.0, 2.0], 1, &[0, 1, 2]), None);
        assert_eq!(
            of(&[0.0, f32::NAN, 0.0, 1.0, 1.0, 1.0], 2, &[0, 1, 2]),
            None
        );
    }
}
