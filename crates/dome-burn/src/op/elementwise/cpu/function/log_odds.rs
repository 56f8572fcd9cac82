use super::Function;
use super::binary_cross_entropy::{UNDERFLOW, far_away, twice};
use crate::op::elementwise::cpu::bump::Bump;
use crate::op::host::exponential::{Exp2, exp2_minus};
use crate::op::host::logarithm::ln_1p;
use crate::op::host::real::select;

/// `ln p - ln(1 - p)` for `p = Dome(x)`, as `sign(mu x) ln(1 + 2 d/D)`.
///
/// `d` is the difference of the bumps, from the larger one and the difference of their logarithms, and
/// `D = 1 - d` the smaller bump plus what the larger one lacks to 1: nothing cancels.
#[derive(Debug, Clone, Copy)]
pub(in crate::op) struct LogOdds;

impl Function for LogOdds {
    const FINITE: bool = true;
    const OF_DISTANCES: bool = true;
    const OF_PRODUCT: bool = true;

    #[inline(always)]
    fn value<S: Exp2, const FMA: bool>(near: &Bump, far: &Bump, gap: f64) -> f64 {
        let is_near = gap >= 0.0;
        let larger = select(is_near, near.value, far.value);
        let difference = larger * exp2_minus::<S, FMA>(gap.abs()).1;
        // Twice the probability of the less probable class.
        let rest = select(is_near, twice(far, near), twice(near, far));
        let log = ln_1p::<FMA>(2.0 * difference / rest);
        let at_mode = select(is_near, far_away(far), far_away(near));
        select(rest < UNDERFLOW, at_mode, log).copysign(gap)
    }

    /// `A = 2 a/((1 + d) D)`, and the same of b. Where D underflows, x lies exactly on the centre of the
    /// larger bump, which has no slope there, and the smaller bump is all of D.
    #[inline(always)]
    fn slopes(near: &Bump, far: &Bump, gap: f64) -> (f64, f64) {
        let is_near = gap >= 0.0;
        let rest = select(is_near, twice(far, near), twice(near, far));
        let scale = 2.0 / ((1.0 + (near.value - far.value).abs()) * rest);
        let underflows = rest < UNDERFLOW;
        (
            select(underflows, select(is_near, 0.0, 1.0), near.value * scale),
            select(underflows, select(is_near, 1.0, 0.0), far.value * scale),
        )
    }
}
