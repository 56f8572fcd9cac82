use super::Function;
use crate::op::elementwise::cpu::bump::Bump;
use crate::op::host::exponential::Exp2;

/// Equation (3): `a - pi b`.
#[derive(Debug, Clone, Copy)]
pub(in crate::op) struct PDome;

impl Function for PDome {
    const FINITE: bool = false;
    const OF_DISTANCES: bool = false;
    const OF_PRODUCT: bool = false;

    #[inline(always)]
    fn value<S: Exp2, const FMA: bool>(near: &Bump, far: &Bump, pi: f64) -> f64 {
        near.value - pi * far.value
    }

    #[inline(always)]
    fn slopes(near: &Bump, far: &Bump, pi: f64) -> (f64, f64) {
        (near.value, pi * far.value)
    }
}
