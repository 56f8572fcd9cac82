use alloc::format;
use alloc::vec::Vec;

use burn::tensor::{DType, FloatDType, Tensor};

/// Checks that a parameter of `count` values fits the input: one value, or one for each channel
/// along dimension 1, the convention of Burn's `PRelu`.
///
/// # Panics
///
/// If `count` is not 1 and dimension 1 of the input is missing or not of that size.
pub(crate) fn check_channels(name: &str, count: usize, input: &[usize]) {
    let channels = input.get(1).copied();
    assert!(
        count == 1 || channels == Some(count),
        "{name} has {count} values, one per channel, so the input needs {count} channels along \
         dimension 1, but its shape is {input:?}. Use num_parameters = 1 to share one value{}",
        channels
            .map(|c| format!(", or num_parameters = {c}"))
            .unwrap_or_default(),
    );
}

/// Lays a parameter `[1]` or `[C]` along dimension 1 of an input.
///
/// # Panics
///
/// If [`check_channels`] does.
pub(in crate::op) fn along_channels<const D: usize>(
    name: &str,
    parameter: Tensor<1>,
    input: &[usize; D],
) -> Tensor<D> {
    let [count] = parameter.dims();
    check_channels(name, count, input);
    let mut shape = [1; D];
    if count != 1 {
        shape[1] = count;
    }
    parameter.reshape(shape)
}

/// The type to compute in: half precision loses too many digits in `exp` and in `1 - exp`.
pub(crate) fn compute_dtype(dtype: DType) -> FloatDType {
    match dtype {
        DType::F64 => FloatDType::F64,
        _ => FloatDType::F32,
    }
}

/// Quantised numbers as floating-point ones, as Burn's own operations take them; others as they are.
pub(crate) fn dequantized<const D: usize>(tensor: Tensor<D>) -> Tensor<D> {
    match tensor.dtype() {
        DType::QFloat(_) => tensor.dequantize(),
        _ => tensor,
    }
}

/// Casts only where the type differs.
pub(crate) fn cast<const D: usize>(tensor: Tensor<D>, dtype: impl Into<DType>) -> Tensor<D> {
    let dtype = dtype.into();
    match tensor.dtype() == dtype {
        true => tensor,
        false => tensor.cast(FloatDType::from(dtype)),
    }
}

/// The numbers of a tensor in their order, for what is computed once and on the host; waits for the device.
pub(crate) fn host_values<const D: usize>(tensor: Tensor<D>) -> Vec<f64> {
    dequantized(tensor)
        .try_to_vec_as()
        .expect("a tensor that can be read")
}
