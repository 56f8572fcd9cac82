//! The element-wise operations on GPUs, as CubeCL kernels: wgpu, CUDA, ROCm and Metal alike.
//!
//! They compute in f32, whatever the type of x; f64 stays with the composed operations.

mod channels;
mod function;
mod kernel;
mod launch;
mod ops;
