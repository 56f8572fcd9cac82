//! The fused operations on slices in memory, for Flex and NdArray.
//!
//! One pass: a [`Block`](block::Block) of numbers is converted to f64, computed in vector
//! registers, and converted back. Computing in f64 costs less than its half as many lanes suggest,
//! since memory and not arithmetic is the limit at large sizes, and saves what f32 would need for
//! an exact result: a compensated `v^2`, whose error `exp(-v^2)` amplifies by `2 v^2`, and some
//! answer to the cancellation of `a - pi b`. Sums of gradients are in f64 as well.
//!
//! MultiDome has a row of classes for each sample. Few classes are computed side by side for a group of
//! samples, in f64; many, in blocks of one sample at a time: its products with the vertices, its
//! exponentials and all sums are in f64, and the gradient of the row is in the type of x.

mod backward;
mod bell;
mod block;
mod buffer;
#[cfg(feature = "flex")]
mod flex;
mod float;
mod formula;
mod forward;
mod host;
mod logarithm;
#[cfg(feature = "ndarray")]
mod ndarray;
mod ops;
mod parameters;
mod planes;
mod prefetch;
mod prefix_sum;
mod real;
mod simd;
mod simplex;
mod simplex_batch;
mod simplex_bumps;
mod simplex_gradient;
mod simplex_group;
mod simplex_group_gradient;
mod simplex_group_loss;
mod simplex_measured;
mod simplex_ops;
mod simplex_row;
mod simplex_score;
mod simplex_scratch;
mod simplex_slopes;
mod simplex_weights;
mod slot;
mod tasks;
