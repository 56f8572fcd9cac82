//! The fused operations on GPUs, as CubeCL kernels: wgpu, CUDA, ROCm and Metal alike.
//!
//! They compute in f32, whatever the type of x; f64 stays with the reference. A gradient of a
//! parameter is summed in a fixed order without atomics, so a repeated run gives the same bits.

mod channels;
mod formula;
mod kernel;
mod launch;
mod ops;
mod simplex_kernel;
mod simplex_launch;
mod simplex_ops;
mod simplex_row;
mod simplex_score;
mod simplex_sums;
mod simplex_team;
