//! What the integration tests share.
#![allow(dead_code)] // each test binary uses a part

use burn::tensor::{DType, Device, Gradients, Tensor, TensorData};

pub fn flex() -> Device {
    Device::flex().autodiff()
}

/// A leaf of any type, from f64 values.
pub fn leaf<const D: usize>(
    values: &[f64],
    shape: [usize; D],
    dtype: DType,
    device: &Device,
) -> Tensor<D> {
    Tensor::from_data(
        TensorData::new(values.to_vec(), shape).convert_dtype(dtype),
        (device, dtype),
    )
    .require_grad()
}

pub fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f64> {
    tensor.try_to_vec_as().expect("a readable tensor")
}

pub fn grad<const D: usize>(leaf: &Tensor<D>, gradients: &Gradients) -> Vec<f64> {
    values(leaf.grad(gradients).expect("a tracked leaf"))
}

/// Fails unless `actual` is within `relative * |expected| + absolute` of `expected`.
pub fn assert_close(what: &str, actual: f64, expected: f64, relative: f64, absolute: f64) {
    let tolerance = relative * expected.abs() + absolute;
    assert!(
        (actual - expected).abs() <= tolerance,
        "{what}: {actual:e}, expected {expected:e}, off by {:e} > {tolerance:e}",
        (actual - expected).abs()
    );
}
