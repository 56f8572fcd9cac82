//! What kernels on GPUs stand on.

pub(in crate::op) mod arithmetic;
pub(in crate::op) mod fold;
