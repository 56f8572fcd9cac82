//! What kernels on the CPU stand on: tensors in memory, types of numbers, exponentials and logarithms that
//! compile to vectors, and threads.

pub(in crate::op) mod block;
pub(in crate::op) mod buffer;
pub(in crate::op) mod exponential;
#[cfg(feature = "flex")]
mod flex;
pub(in crate::op) mod float;
pub(in crate::op) mod logarithm;
#[cfg(feature = "ndarray")]
mod ndarray;
pub(in crate::op) mod precision;
pub(in crate::op) mod real;
pub(in crate::op) mod sigma;
pub(in crate::op) mod simd;
pub(in crate::op) mod tasks;
pub(in crate::op) mod tensor;
pub(in crate::op) mod values;
