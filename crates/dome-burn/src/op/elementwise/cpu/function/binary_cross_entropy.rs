use core::f64::consts::LN_2;

use super::Function;
use crate::op::elementwise::cpu::bump::{Bump, SQUARE_SCALE};
use crate::op::host::exponential::Exp2;
use crate::op::host::logarithm::{ln, ln_1p};
use crate::op::host::real::select;

/// `-t ln p - (1 - t) ln(1 - p)` for `p = Dome(x)`, from `2p = a + (1 - b)` and
/// `2(1 - p) = b + (1 - a)`.
#[derive(Debug, Clone, Copy)]
pub(in crate::op) struct BinaryCrossEntropy;

/// Below it a class's `own + (1 - other)` is its own bump alone, since the sample lies exactly on
/// the other's centre: a complement that is not 0 is at least 1e-33.
pub(in crate::op) const UNDERFLOW: f64 = 1e-290;

/// The target, NaN unless it is a probability: a loss beyond them has no least value.
#[inline(always)]
fn probability(target: f64) -> f64 {
    select((0.0..=1.0).contains(&target), target, f64::NAN)
}

/// `2p` of the class whose own bump is the first.
#[inline(always)]
pub(in crate::op) fn twice(own: &Bump, other: &Bump) -> f64 {
    own.value + other.complement
}

/// `-ln p` where `2p` underflows.
#[inline(always)]
pub(in crate::op) fn far_away(own: &Bump) -> f64 {
    SQUARE_SCALE * (own.distance * own.distance) + LN_2
}

impl Function for BinaryCrossEntropy {
    const FINITE: bool = true;
    const OF_DISTANCES: bool = true;
    const OF_PRODUCT: bool = false;

    /// Of the more probable class by target, `-ln p = ln(1 + (1 - p)/p)`, which keeps the digits of
    /// a tiny loss; the other class's is this minus `ln((1 - p)/p)`.
    #[inline(always)]
    fn value<S: Exp2, const FMA: bool>(near: &Bump, far: &Bump, target: f64) -> f64 {
        let target = probability(target);
        let (positive, negative) = (twice(near, far), twice(far, near));
        let (positive_far, negative_far) = (far_away(near), far_away(far));
        let is_positive = target >= 0.5;
        let weight = select(is_positive, target, 1.0 - target);
        let major = select(is_positive, positive, negative);
        let minor = select(is_positive, negative, positive);
        let major_far = select(is_positive, positive_far, negative_far);
        let minor_far = select(is_positive, negative_far, positive_far);

        let odds = minor / major;
        let near_loss = ln_1p::<FMA>(odds);
        let major_loss = select(major < UNDERFLOW, major_far, near_loss);
        let minor_loss = near_loss - ln::<FMA>(odds);
        let minor_loss = select(major < UNDERFLOW, 0.0, minor_loss);
        let minor_loss = select(minor < UNDERFLOW, minor_far, minor_loss);
        weight * major_loss + (1.0 - weight) * minor_loss
    }

    /// With `W = t/(2p) - (1 - t)/(2(1 - p))`, the derivatives are `-W` by a and `W` by b; a class
    /// that underflows adds its `t a/(2p) = t` instead, as the bump of the other class is 1 and has
    /// no slope there.
    #[inline(always)]
    fn slopes(near: &Bump, far: &Bump, target: f64) -> (f64, f64) {
        let target = probability(target);
        let (positive, negative) = (twice(near, far), twice(far, near));
        let complement = 1.0 - target;
        let positive_weight = select(positive < UNDERFLOW, 0.0, target / positive);
        let negative_weight = select(negative < UNDERFLOW, 0.0, complement / negative);
        let weight = positive_weight - negative_weight;
        let positive_rest = select(positive < UNDERFLOW, target, 0.0);
        let negative_rest = select(negative < UNDERFLOW, complement, 0.0);
        (
            -(near.value * weight + positive_rest),
            negative_rest - far.value * weight,
        )
    }
}
