//! The vertices of a regular simplex: `n` unit vectors whose pairwise products are `-1/(n-1)`, the
//! reference points of section 5 of [the paper](https://arxiv.org/abs/2109.14798).
//!
//! In Helmert coordinates, with `c = sqrt(n/(n-1))` and `w_k = c/sqrt(k(k+1))`, vertex `i` (from 0)
//! has coordinate `k` (from 1)
//!
//! ```text
//! w_k for i < k,    -k w_k for i = k,    0 for i > k
//! ```
//!
//! so that products with, and distances to, all `n` vertices need one running sum: O(n) time and
//! memory instead of the O(n^2) of the vertices as a matrix. In more than `n - 1` dimensions the
//! vertices are padded with zeros.

use alloc::format;
use alloc::vec;
use alloc::vec::Vec;

use burn::tensor::{Device, Int, Tensor, TensorData};

use super::running_sum::sums_after;
use crate::InvalidConfig;

#[cfg(not(feature = "std"))]
#[allow(unused_imports)] // where another crate links std, its methods are there
use num_traits::Float as _;

/// The vertices as a tensor `[classes, dim]`, to plot them or to compute with few of them.
///
/// # Errors
///
/// If `classes` is below 2 or `dim` below `classes - 1`.
pub fn vertices(classes: usize, dim: usize, device: &Device) -> Result<Tensor<2>, InvalidConfig> {
    validate(classes, dim)?;
    let weights = weights(classes);
    let mut values = vec![0.0; classes * dim];
    for (i, row) in values.chunks_mut(dim).enumerate() {
        for (k, (coordinate, weight)) in (1..).zip(row.iter_mut().zip(&weights)) {
            *coordinate = match k {
                k if k > i => *weight,
                k if k == i => -(k as f64) * weight,
                _ => 0.0,
            };
        }
    }
    Ok(Tensor::from_data(
        TensorData::new(values, [classes, dim]),
        device,
    ))
}

/// `<x, e_i>` for all vertices `e_i`, in O(n).
///
/// # Shapes
///
/// - x: `[batch, dim]`, `dim >= classes - 1`
/// - output: `[batch, classes]`
///
/// # Panics
///
/// If `classes` is below 2 or `dim` below `classes - 1`.
pub fn products(x: Tensor<2>, classes: usize) -> Tensor<2> {
    let [_, dim] = x.dims();
    validate(classes, dim).unwrap_or_else(|error| panic!("simplex::products: {error}"));
    let weighted = x.clone().narrow(1, 0, classes - 1) * row(&weights(classes), &x);
    let own = weighted.clone() * row(&indices(classes), &x);
    let zero = zero_column(&x);
    sums_after(weighted) - Tensor::cat(vec![zero, own], 1)
}

/// `-||x - mu e_i||^2` for all vertices `e_i`, in O(n).
///
/// That of the nearest vertex as the sum of squares that it is, and the others from it by
/// `2 mu <x, e_i - e_nearest>`: nothing cancels near a vertex, and at the origin all are the same number.
///
/// - x: `[batch, dim]`
/// - mu: `[1, 1]`
/// - output: `[batch, classes]`
pub(crate) fn negative_squared_distances(x: Tensor<2>, mu: Tensor<2>, classes: usize) -> Tensor<2> {
    let products = products(x.clone(), classes);
    let nearest = {
        let [products, mu] = [&products, &mu].map(|t| t.clone().without_autodiff());
        (products * mu).argmax(1)
    };
    let device = x.device().without_autodiff();
    let places = Tensor::<1, Int>::arange(0..classes as i64, &device).reshape([1, classes]);
    // The nearest class's own difference is 0 whatever x is: so a large derivative by its kappa does not take
    // the others' digits on its way to x and back.
    let at_nearest = places.clone().equal(nearest.clone());
    let below = products.clone() - products.gather(1, nearest.clone());
    let below = below.mask_fill(at_nearest, 0.0);

    let apart = places.narrow(1, 1, classes - 1).sub(nearest);
    let others = row(&weights(classes), &x);
    let own = others.clone() * row(&indices(classes), &x) * -1.0;
    let shape = apart.dims();
    let vertex = others
        .expand(shape)
        .mask_where(apart.clone().equal_elem(0), own.expand(shape))
        .mask_fill(apart.lower_elem(0), 0.0);
    let inside = x.clone().narrow(1, 0, classes - 1);
    let within = (inside - mu.clone() * vertex).square().sum_dim(1);
    let [_, dim] = x.dims();
    let square = match dim - (classes - 1) {
        0 => within,
        padding => within + x.narrow(1, classes - 1, padding).square().sum_dim(1),
    };
    below * mu * 2.0 - square
}

pub(crate) fn validate_classes(classes: usize) -> Result<(), InvalidConfig> {
    InvalidConfig::check(
        classes >= 2,
        "classes",
        classes,
        "at least 2: a single class leaves nothing to classify",
    )
}

pub(crate) fn validate(classes: usize, dim: usize) -> Result<(), InvalidConfig> {
    validate_classes(classes)?;
    InvalidConfig::check(
        dim + 1 >= classes,
        "embedding_dim",
        dim,
        format!(
            "at least {}: the simplex of {classes} reference points does not fit into fewer \
             dimensions. Put a linear projection in front of it (MultiDomeHead does), or give \
             other reference points",
            classes - 1
        ),
    )
}

/// `w_1 .. w_(n-1)`.
pub(crate) fn weights(classes: usize) -> Vec<f64> {
    let c = scale(classes);
    (1..classes).map(|k| weight(c, k as f64)).collect()
}

/// `c`
pub(crate) fn scale(classes: usize) -> f64 {
    let n = classes as f64;
    (n / (n - 1.0)).sqrt()
}

/// `w_k`
#[inline(always)]
pub(crate) fn weight(c: f64, k: f64) -> f64 {
    c / (k * (k + 1.0)).sqrt()
}

fn indices(classes: usize) -> Vec<f64> {
    (1..classes).map(|k| k as f64).collect()
}

/// Values as a row, in `like`'s type and on its device.
fn row(values: &[f64], like: &Tensor<2>) -> Tensor<2> {
    let device = like.device().without_autodiff();
    Tensor::from_data(
        TensorData::new(values.to_vec(), [1, values.len()]),
        (&device, like.dtype()),
    )
}

fn zero_column(like: &Tensor<2>) -> Tensor<2> {
    like.clone().without_autodiff().narrow(1, 0, 1).zeros_like()
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Tolerance;

    #[test]
    fn unit_vectors_of_equal_products() {
        let device = Default::default();
        for (classes, dim) in [(2, 1), (3, 2), (4, 5), (10, 9), (33, 40)] {
            let points = vertices(classes, dim, &device).unwrap();
            assert_eq!(points.dims(), [classes, dim]);
            let gram = points.clone().matmul(points.transpose());
            let eye = Tensor::<2>::eye(classes, &device);
            let n = classes as f32;
            let expected = eye.clone() - (1.0f32 - eye) / (n - 1.0);
            gram.into_data()
                .assert_approx_eq::<f32>(&expected.into_data(), Tolerance::absolute(1e-5));
        }
    }

    #[test]
    fn two_classes_are_plus_and_minus_one() {
        let points = vertices(2, 1, &Default::default()).unwrap();
        points
            .into_data()
            .assert_approx_eq::<f32>(&[[1.0], [-1.0]].into(), Tolerance::absolute(1e-7));
    }

    #[test]
    fn products_and_distances_are_those_of_the_matrix() {
        let device: Device = Default::default();
        for (classes, dim) in [(2, 1), (2, 3), (3, 2), (10, 9), (70, 71), (300, 299)] {
            let values = (0..3 * dim).map(|i| (i as f32 * 0.7).sin());
            let values = TensorData::new(values.collect(), [3, dim]);
            let x = Tensor::<2>::from_data(values, &device);
            let points = vertices(classes, dim, &device).unwrap();
            let expected = x.clone().matmul(points.clone().transpose());
            let close = Tolerance::absolute(1e-4);
            products(x.clone(), classes)
                .into_data()
                .assert_approx_eq::<f32>(&expected.into_data(), close);

            let mu = Tensor::<2>::full([1, 1], 1.3, &device);
            let apart: Tensor<3> = x.clone().unsqueeze_dim(1) - (points * 1.3).unsqueeze_dim(0);
            let expected = apart.square().sum_dim(2).squeeze_dim::<2>(2);
            (negative_squared_distances(x, mu, classes) * -1.0)
                .into_data()
                .assert_approx_eq::<f32>(&expected.into_data(), Tolerance::rel_abs(1e-4, 1e-4));
        }
    }

    #[test]
    fn too_few_dimensions() {
        let error = vertices(10, 2, &Default::default())
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("embedding_dim is 2, but must be at least 9"),
            "{error}"
        );
        let error = vertices(1, 2, &Default::default()).unwrap_err().to_string();
        assert!(
            error.contains("classes is 1, but must be at least 2"),
            "{error}"
        );
    }
}
