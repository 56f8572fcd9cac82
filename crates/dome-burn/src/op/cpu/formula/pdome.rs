use super::Function;
use crate::op::cpu::bell::{Bell, Exp2};

/// Equation (3): `a - pi b`.
#[derive(Debug, Clone, Copy)]
pub(in crate::op::cpu) struct PDome;

impl Function for PDome {
    const FINITE: bool = false;
    const OF_DISTANCES: bool = false;
    const OF_PRODUCT: bool = false;

    #[inline(always)]
    fn value<S: Exp2, const FMA: bool>(near: &Bell, far: &Bell, pi: f64) -> f64 {
        near.value - pi * far.value
    }

    #[inline(always)]
    fn slopes(near: &Bell, far: &Bell, pi: f64) -> (f64, f64) {
        (near.value, pi * far.value)
    }
}
