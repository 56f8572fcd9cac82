//! What the operations compute from the two bumps `a = exp(-v^2)` and `b = exp(-u^2)`.

mod binary_cross_entropy;
mod dome;
mod log_odds;
mod pdome;

pub(super) use binary_cross_entropy::BinaryCrossEntropy;
pub(super) use dome::Dome;
pub(super) use log_odds::LogOdds;
pub(super) use pdome::PDome;

use super::bell::{Bell, Exp2};

/// What is computed of the bumps at `mu` (near) and at `-mu` (far), and of one more number for each
/// element, its extra: the penalty or the target, where the formula has one.
pub(super) trait Function {
    /// Whether results that overflow the tensor's type are limited to its largest number.
    const FINITE: bool;

    /// Whether the value is made of the distances too, which have to be finite then.
    const OF_DISTANCES: bool;

    /// Whether the extra is [`Bell::gap`], how much farther the bump at `-mu` is than that at `mu`; the parameters
    /// have [`square_rate`](super::bell::square_rate) in the place of pi then.
    const OF_PRODUCT: bool;

    fn value<S: Exp2, const FMA: bool>(near: &Bell, far: &Bell, extra: f64) -> f64;

    /// `(A, B)` such that the derivative of the value by `a` is `A/a`, and by `b` is `-B/b`. These
    /// products stay finite and exact where `a` or `b` underflow.
    fn slopes(near: &Bell, far: &Bell, extra: f64) -> (f64, f64);
}
