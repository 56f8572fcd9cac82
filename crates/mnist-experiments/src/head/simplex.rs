use burn::tensor::{Device, Tensor};

/// The vertices of a regular simplex with 0 as its center, at this distance from it; `[classes, embedding_dim]`.
///
/// # Panics
///
/// If the embedding has less than `classes - 1` dimensions.
pub(super) fn simplex(
    [embedding_dim, classes]: [usize; 2],
    length: f64,
    device: &Device,
) -> Tensor<2> {
    let vertices = dome_burn::simplex::vertices(classes, embedding_dim, device);
    vertices.unwrap_or_else(|error| panic!("{error}")) * length
}

#[cfg(test)]
mod tests {
    use super::super::naive::{dot, rows_of};
    use super::*;

    #[test]
    fn equal_lengths_and_equal_angles() {
        for [dim, classes] in [[1, 2], [3, 4], [12, 10]] {
            let points = rows_of(&simplex([dim, classes], 3.0, &Device::flex()));
            for (i, a) in points.iter().enumerate() {
                for (j, b) in points.iter().enumerate() {
                    let expected = if i == j {
                        9.0
                    } else {
                        -9.0 / (classes as f64 - 1.0)
                    };
                    assert!((dot(a, b) - expected).abs() < 1e-5, "{i}, {j} of {classes}");
                }
            }
        }
    }
}
