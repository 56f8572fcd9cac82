//! Sums on a GPU, in stages whose order depends on the shape alone, without atomics: a repeated run gives the same
//! bits.

use burn::backend::TensorMetadata;
use burn::tensor::{DType, Shape};
use burn_cubecl::cubecl::{
    self, CubeCount, CubeDim, calculate_cube_count_elemwise, cube, prelude::*,
};
use burn_cubecl::ops::numeric::empty_device_contiguous_dtype;
use burn_cubecl::tensor::CubeTensor;

/// Adds up `FOLD` neighbouring rows of `[rows, columns]` at a time.
#[cube(launch)]
fn fold_kernel(parts: &Tensor<f32>, sums: &mut Tensor<f32>, rows: u32, columns: u32) {
    if ABSOLUTE_POS >= sums.len() {
        terminate!();
    }
    let columns = columns as usize;
    let column = ABSOLUTE_POS % columns;
    let first = ABSOLUTE_POS / columns * FOLD;
    sums[ABSOLUTE_POS] = column_sum(parts, column, first, rows as usize, columns);
}

/// Of one column, at most `FOLD` rows from `first` on.
#[cube]
pub(in crate::op) fn column_sum(
    parts: &Tensor<f32>,
    column: usize,
    first: usize,
    rows: usize,
    columns: usize,
) -> f32 {
    let end = select(first + FOLD < rows, first + FOLD, rows);
    let mut sum = 0.0f32;
    for row in first..end {
        sum += parts[row * columns + column];
    }
    sum
}

/// Rows that one unit of a stage adds up.
pub(in crate::op) const FOLD: usize = 64;

/// Cubes for a number of units.
pub(in crate::op) fn cubes(like: &CubeTensor, units: usize) -> (CubeCount, CubeDim) {
    let dim = CubeDim::new(&like.client, units);
    (calculate_cube_count_elemwise(&like.client, units, dim), dim)
}

pub(in crate::op) fn empty(like: &CubeTensor, shape: impl Into<Shape>, dtype: DType) -> CubeTensor {
    let (client, device) = (like.client.clone(), like.device.clone());
    empty_device_contiguous_dtype(client, device, shape.into(), dtype)
}

pub(in crate::op) fn values(tensor: &CubeTensor) -> usize {
    tensor.shape().num_elements()
}

/// `[rows, columns]`, flat, added up to at most `most` rows, in stages whose order depends on the
/// shape alone.
pub(in crate::op) fn fold(
    mut parts: CubeTensor,
    mut rows: usize,
    columns: usize,
    most: usize,
) -> CubeTensor {
    while rows > most {
        let left = rows.div_ceil(FOLD);
        let sums = empty(&parts, [left * columns], DType::F32);
        let client = parts.client.clone();
        let (count, dim) = cubes(&parts, left * columns);
        fold_kernel::launch(
            &client,
            count,
            dim,
            parts.into_tensor_arg(),
            sums.clone().into_tensor_arg(),
            rows as u32,
            columns as u32,
        );
        (parts, rows) = (sums, left);
    }
    parts
}
