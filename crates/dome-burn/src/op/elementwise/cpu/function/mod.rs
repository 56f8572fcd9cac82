//! What the operations compute from the two bumps `a = exp(-v^2)` and `b = exp(-u^2)`.

mod binary_cross_entropy;
mod dome;
mod log_odds;
mod pdome;

pub(in crate::op) use binary_cross_entropy::BinaryCrossEntropy;
pub(in crate::op) use dome::Dome;
pub(in crate::op) use log_odds::LogOdds;
pub(in crate::op) use pdome::PDome;

use crate::op::elementwise::cpu::bump::Bump;
use crate::op::host::exponential::Exp2;

/// What is computed of the bumps at `mu` (near) and at `-mu` (far), and of one more number for each
/// element, its extra: the penalty or the target, where the formula has one.
pub(in crate::op) trait Function {
    /// Whether results that overflow the tensor's type are limited to its largest number.
    const FINITE: bool;

    /// Whether the value is made of the distances too, which have to be finite then.
    const OF_DISTANCES: bool;

    /// Whether the extra is [`Bump::gap`], how much farther the bump at `-mu` is than that at `mu`; the parameters
    /// have [`square_rate`](crate::op::elementwise::cpu::bump::square_rate) in the place of pi then.
    const OF_PRODUCT: bool;

    fn value<S: Exp2, const FMA: bool>(near: &Bump, far: &Bump, extra: f64) -> f64;

    /// `(A, B)` such that the derivative of the value by `a` is `A/a`, and by `b` is `-B/b`. These
    /// products stay finite and exact where `a` or `b` underflow.
    fn slopes(near: &Bump, far: &Bump, extra: f64) -> (f64, f64);
}
