//! The element-wise operations on slices in memory, for Flex and NdArray.
//!
//! One pass: a [`Block`](crate::op::host::block::Block) of numbers is converted to f64, computed in vector
//! registers, and converted back. Computing in f64 costs less than its half as many lanes suggest,
//! since memory and not arithmetic is the limit at large sizes, and saves what f32 would need for
//! an exact result: a compensated `v^2`, whose error `exp(-v^2)` amplifies by `2 v^2`, and some
//! answer to the cancellation of `a - pi b`. Sums of gradients are in f64 as well.

mod any_slice;
mod backward;
mod bump;
mod forward;
mod function;
mod ops;
mod parameters;
mod slot;
