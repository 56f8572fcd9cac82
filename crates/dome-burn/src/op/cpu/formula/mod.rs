//! What the operations compute from the two bumps `a = exp(-v^2)` and `b = exp(-u^2)`.

mod binary_cross_entropy;
mod dome;
mod pdome;

pub(super) use binary_cross_entropy::BinaryCrossEntropy;
pub(super) use dome::Dome;
pub(super) use pdome::PDome;

use super::bell::Bell;

/// An operation on the bumps at `mu` (near) and at `-mu` (far), and on one more number for each
/// element: the penalty or the target, where the operation has one.
pub(super) trait Formula {
    /// Whether results that overflow the tensor's type are limited to its largest number.
    const FINITE: bool;

    /// Whether the value is made of the distances too, which have to be finite then.
    const OF_DISTANCES: bool;

    fn value<const FMA: bool>(near: &Bell, far: &Bell, extra: f64) -> f64;

    /// `(A, B)` such that the derivative of the value by `a` is `A/a`, and by `b` is `-B/b`. These
    /// products stay finite and exact where `a` or `b` underflow.
    fn slopes(near: &Bell, far: &Bell, extra: f64) -> (f64, f64);
}
