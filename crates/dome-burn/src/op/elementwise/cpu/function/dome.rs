use super::Function;
use crate::op::elementwise::cpu::bump::Bump;
use crate::op::host::exponential::Exp2;

/// Equation (2): `(1 + a - b)/2`.
#[derive(Debug, Clone, Copy)]
pub(in crate::op) struct Dome;

impl Function for Dome {
    const FINITE: bool = false;
    const OF_DISTANCES: bool = false;
    const OF_PRODUCT: bool = false;

    /// As `(a + (1 - b))/2`, without cancellation where b is near 1.
    #[inline(always)]
    fn value<S: Exp2, const FMA: bool>(near: &Bump, far: &Bump, _: f64) -> f64 {
        0.5 * (near.value + far.complement)
    }

    #[inline(always)]
    fn slopes(near: &Bump, far: &Bump, _: f64) -> (f64, f64) {
        (0.5 * near.value, 0.5 * far.value)
    }
}
