//! Which tensors have kernels.

use burn::backend::DispatchDevice;
#[cfg(feature = "_cube")]
use burn::tensor::DType;
use burn::tensor::Tensor;

/// Whether there is a kernel for `x` on its device.
pub(in crate::op) fn serve<const D: usize>(x: &Tensor<D>) -> bool {
    serve_elements(x, x.shape().num_elements())
}

/// Whether the device of `x` has kernels for its type and this number of elements.
#[cfg_attr(not(feature = "_cube"), allow(unused_variables))]
pub(in crate::op) fn serve_elements<const D: usize>(x: &Tensor<D>, elements: usize) -> bool {
    match x.device().without_autodiff().as_dispatch() {
        // The kernels compute in f32, and count elements in 32 bits.
        #[cfg(feature = "_cube")]
        DispatchDevice::Cube(_) => x.dtype() != DType::F64 && u32::try_from(elements).is_ok(),
        #[cfg(feature = "flex")]
        DispatchDevice::Flex(_) => true,
        #[cfg(feature = "ndarray")]
        DispatchDevice::NdArray(_) => true,
        #[allow(unreachable_patterns)] // with no other backend compiled in
        _ => false,
    }
}
