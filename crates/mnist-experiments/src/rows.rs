//! Rows of numbers, as models give them.

use burn::tensor::{Tensor, TensorReadError};

/// The rows of a matrix.
///
/// # Errors
///
/// If the device cannot be read.
pub(crate) fn rows_of(matrix: Tensor<2>) -> Result<Vec<Vec<f32>>, TensorReadError> {
    let [_, columns] = matrix.dims();
    let values = matrix.try_to_vec_as::<f32>()?;
    Ok(values.chunks(columns).map(<[f32]>::to_vec).collect())
}

/// The index of the largest value, the first of equal ones.
pub(crate) fn argmax(values: &[f32]) -> usize {
    (1..values.len()).fold(0, |best, i| if values[i] > values[best] { i } else { best })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_the_largest() {
        assert_eq!(argmax(&[1.0, 3.0, 3.0, 2.0]), 1);
        assert_eq!(argmax(&[f32::NEG_INFINITY, f32::NEG_INFINITY]), 0);
        assert_eq!(argmax(&[-2.0, -1.0]), 1);
    }
}
