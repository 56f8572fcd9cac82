//! MultiDome on the simplex on slices in memory, for Flex and NdArray.
//!
//! There is a row of classes for each sample. Few classes are computed side by side for a group of
//! samples, in f64; many, in blocks of one sample at a time: its products with the vertices, its
//! exponentials and all sums are in f64, and the gradient of the row is in the type of x.

mod batch;
mod bumps;
mod embedding;
mod gradient;
mod group;
mod group_gradient;
mod group_loss;
mod group_scores;
mod loss;
mod measured;
mod ops;
mod planes;
mod prefetch;
mod prefix_sum;
mod row;
mod scratch;
#[allow(clippy::module_inception)] // the simplex itself
mod simplex;
mod slopes;
mod weights;
