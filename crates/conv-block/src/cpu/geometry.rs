/// The side of a kernel.
pub(crate) const KERNEL: usize = 5;

/// The weights of a kernel.
pub(super) const AREA: usize = KERNEL * KERNEL;

/// The side of the squares of pixels; of each square the largest pixel is kept.
pub(crate) const POOL: usize = 2;

/// The pixels of a square.
pub(super) const SQUARE: usize = POOL * POOL;

/// Zeros around the gradients of a convolution's results, so that both sides of a square lie there if one
/// does.
pub(super) const BORDER: usize = POOL - 1;
