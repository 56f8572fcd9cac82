use core::f64::consts::LN_2;

use super::Formula;
use crate::op::cpu::bell::{Bell, SQUARE_SCALE};
use crate::op::cpu::logarithm::{ln, ln_1p};

/// `-t ln p - (1 - t) ln(1 - p)` for `p = Dome(x)`, from `2p = a + (1 - b)` and
/// `2(1 - p) = b + (1 - a)`.
#[derive(Debug, Clone, Copy)]
pub(in crate::op::cpu) struct BinaryCrossEntropy;

/// Below it a class's `own + (1 - other)` is its own bump alone, exactly at the other's centre:
/// a complement that is not 0 is at least 1e-33.
const UNDERFLOW: f64 = 1e-290;

/// Twice the probability of a class and, where that underflows, its own bump.
struct Class<'a> {
    own: &'a Bell,
    twice: f64,
}

impl<'a> Class<'a> {
    #[inline(always)]
    fn new(own: &'a Bell, other: &Bell) -> Self {
        Self {
            own,
            twice: own.value + other.complement,
        }
    }

    #[inline(always)]
    fn underflows(&self) -> bool {
        self.twice < UNDERFLOW
    }

    /// `-ln(own/2)`
    #[inline(always)]
    fn far_away(&self) -> f64 {
        SQUARE_SCALE * (self.own.distance * self.own.distance) + LN_2
    }

    /// `weight / twice`, without what is left to the caller where that underflows.
    #[inline(always)]
    fn share(&self, weight: f64) -> f64 {
        if self.underflows() {
            0.0
        } else {
            weight / self.twice
        }
    }

    #[inline(always)]
    fn rest(&self, weight: f64) -> f64 {
        if self.underflows() { weight } else { 0.0 }
    }
}

impl Formula for BinaryCrossEntropy {
    const FINITE: bool = true;

    /// `-ln p = ln(1 + (1 - p)/p)` keeps the digits of a tiny loss; the minor class's
    /// `-ln(1 - p)` is this minus `ln((1 - p)/p)`.
    #[inline(always)]
    fn value<const FMA: bool>(near: &Bell, far: &Bell, target: f64) -> f64 {
        let (positive, negative) = (Class::new(near, far), Class::new(far, near));
        let is_positive = target >= 0.5;
        let weight = if is_positive { target } else { 1.0 - target };
        let (major, minor) = if is_positive {
            (positive, negative)
        } else {
            (negative, positive)
        };
        let odds = minor.twice / major.twice;
        let major_loss = if major.underflows() {
            major.far_away()
        } else {
            ln_1p::<FMA>(odds)
        };
        let minor_loss = if minor.underflows() {
            minor.far_away()
        } else if major.underflows() {
            0.0
        } else {
            major_loss - ln::<FMA>(odds)
        };
        weight * major_loss + (1.0 - weight) * minor_loss
    }

    /// With `W = t/(2p) - (1 - t)/(2(1 - p))`, the derivatives are `-W` by a and `W` by b.
    #[inline(always)]
    fn slopes(near: &Bell, far: &Bell, target: f64) -> (f64, f64) {
        let (positive, negative) = (Class::new(near, far), Class::new(far, near));
        let weight = positive.share(target) - negative.share(1.0 - target);
        (
            -(near.value * weight + positive.rest(target)),
            -(far.value * weight - negative.rest(1.0 - target)),
        )
    }
}
