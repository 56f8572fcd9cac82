//! MultiDome on the simplex on GPUs, as CubeCL kernels, in f32.

mod kernel;
mod launch;
mod loss;
mod ops;
mod row;
mod sums;
mod team;
