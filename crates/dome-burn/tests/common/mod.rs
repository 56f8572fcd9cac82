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

/// Values in a fixed irregular order in `low..high`.
pub fn spread(count: usize, low: f64, high: f64) -> Vec<f64> {
    let golden_ratio = 0.618_033_988_749_895;
    (1..=count)
        .map(|i| low + (high - low) * (i as f64 * golden_ratio).fract())
        .collect()
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
