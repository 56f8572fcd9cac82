use burn::backend::TensorMetadata;

use super::float::Float;

/// A tensor in this process's memory.
pub(in crate::op) trait HostTensor: TensorMetadata + Clone {
    /// Without gaps, its dimensions in any order in memory; copies only if it has gaps.
    fn dense(self) -> Self;

    /// Without gaps, its dimensions in their order.
    fn contiguous(self) -> Self;

    /// Whether two dense tensors of one shape have their dimensions in the same order in memory.
    fn same_order(&self, other: &Self) -> bool;

    /// Distance in memory of neighbours along dimension 1, which a dense tensor is asked for.
    fn channel_stride(&self) -> usize;

    /// The elements of a dense tensor of this type in the order of the memory.
    fn elements<E: Float>(&self) -> &[E];

    /// The same, to be overwritten, unless another tensor shares them.
    fn unique_elements<E: Float>(&mut self) -> Option<&mut [E]>;

    /// A tensor of the shape and order of this dense one.
    fn with_elements<E: Float>(&self, elements: Vec<E>) -> Self;
}
