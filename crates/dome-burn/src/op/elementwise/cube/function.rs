//! What the operations compute from the two bumps `a = exp(-v^2)` and `b = exp(-u^2)`, as
//! `op::elementwise::cpu` does, in f32.

use core::f32::consts::LN_2;

use burn_cubecl::cubecl::{self, cube, prelude::*};

use crate::op::elementwise::formula::Formula;
use crate::op::gpu::arithmetic::{limited, log_1p, one_minus_exp_neg};

/// Distances beyond this one, whose square is a finite number, are limited to it.
const FARTHEST: f32 = 1e18;

/// Below it a class's `own + (1 - other)` is its own bump alone.
const UNDERFLOW: f32 = 1e-35;

/// One of the two bumps at a distance from its centre, in units of sigma.
#[derive(CubeType)]
pub(in crate::op) struct Bump {
    pub distance: f32,
    pub value: f32,
    /// `1 - value`, without cancellation.
    pub complement: f32,
}

#[cube]
pub(in crate::op) fn bump(distance: f32) -> Bump {
    let distance = limited(distance, FARTHEST);
    let square = distance * distance;
    let value = f32::exp(-square);
    Bump {
        distance,
        value,
        complement: one_minus_exp_neg(square, value),
    }
}

/// `extra` is pi or the target, or any number where the formula has none.
#[cube]
pub(in crate::op) fn value(
    x: f32,
    mu: f32,
    sigma: f32,
    extra: f32,
    #[comptime] formula: Formula,
) -> f32 {
    match formula {
        Formula::LogOdds => log_odds(x, mu, sigma),
        _ => {
            let near = bump((x - mu) / sigma);
            let far = bump((x + mu) / sigma);
            of_bumps(&near, &far, extra, formula)
        }
    }
}

#[cube]
fn of_bumps(near: &Bump, far: &Bump, extra: f32, #[comptime] formula: Formula) -> f32 {
    match formula {
        Formula::Dome => 0.5f32 * (near.value + far.complement),
        Formula::PDome => near.value - extra * far.value,
        Formula::BinaryCrossEntropy => binary_cross_entropy(near, far, extra),
        Formula::LogOdds => unreachable!("computed from one bump"),
    }
}

/// The target, NaN unless it is a probability: the root of a negative number, as shaders have no literal NaN.
#[cube]
fn probability(target: f32) -> f32 {
    let product = target * (1.0f32 - target);
    select(product < 0.0f32, f32::sqrt(product), target)
}

/// Of the more probable class by target, `-ln p = ln(1 + (1 - p)/p)`, which keeps the digits of a
/// tiny loss; the other class's is this minus `ln((1 - p)/p)`.
#[cube]
fn binary_cross_entropy(near: &Bump, far: &Bump, target: f32) -> f32 {
    let target = probability(target);
    let positive = near.value + far.complement;
    let negative = far.value + near.complement;
    let is_positive = target >= 0.5f32;
    let weight = select(is_positive, target, 1.0f32 - target);
    let major = select(is_positive, positive, negative);
    let minor = select(is_positive, negative, positive);
    let major_far = far_away(select(is_positive, near.distance, far.distance));
    let minor_far = far_away(select(is_positive, far.distance, near.distance));

    let odds = minor / major;
    let near_loss = log_1p(odds);
    let major_loss = select(major < UNDERFLOW, major_far, near_loss);
    let minor_loss = select(
        minor < UNDERFLOW,
        minor_far,
        select(major < UNDERFLOW, 0.0f32, near_loss - f32::ln(odds)),
    );
    weight * major_loss + (1.0f32 - weight) * minor_loss
}

/// `-ln p` where `2p` underflows.
#[cube]
fn far_away(distance: f32) -> f32 {
    distance * distance + LN_2
}

/// With the bump of the nearer mode only, as the other one is `exp(-steps)` times as high, where `steps` is
/// the difference of the squares of the distances, as a product.
#[cube]
fn log_odds(x: f32, mu: f32, sigma: f32) -> f32 {
    let (ahead, along) = (limited(x / sigma, FARTHEST), limited(mu / sigma, FARTHEST));
    let steps = 4.0f32 * f32::abs(ahead) * f32::abs(along);
    let own = bump((f32::abs(x) - f32::abs(mu)) / sigma);
    let ratio = f32::exp(-steps);
    let difference = own.value * one_minus_exp_neg(steps, ratio);
    // Twice the probability of the less probable class.
    let rest = own.value * ratio + own.complement;
    // It underflows at the mode, where the other class has its bump alone.
    let log = select(
        rest < UNDERFLOW,
        steps + LN_2,
        log_1p(2.0f32 * difference / rest),
    );
    select((x < 0.0f32) == (mu < 0.0f32), log, -log)
}

/// What the derivative of a value by `a` is times `a`, and by `-b` times `b`.
#[derive(CubeType)]
pub(in crate::op) struct Slopes {
    pub near: f32,
    pub far: f32,
}

#[cube]
pub(in crate::op) fn slopes(
    near: &Bump,
    far: &Bump,
    extra: f32,
    #[comptime] formula: Formula,
) -> Slopes {
    match formula {
        Formula::Dome => Slopes {
            near: 0.5f32 * near.value,
            far: 0.5f32 * far.value,
        },
        Formula::PDome => Slopes {
            near: near.value,
            far: extra * far.value,
        },
        Formula::BinaryCrossEntropy => binary_cross_entropy_slopes(near, far, extra),
        Formula::LogOdds => log_odds_slopes(near, far),
    }
}

/// With `W = t/(2p) - (1 - t)/(2(1 - p))`, the derivatives are `-W` by a and `W` by b; a class that
/// underflows adds its `t a/(2p) = t` instead.
#[cube]
fn binary_cross_entropy_slopes(near: &Bump, far: &Bump, target: f32) -> Slopes {
    let target = probability(target);
    let positive = near.value + far.complement;
    let negative = far.value + near.complement;
    let complement = 1.0f32 - target;
    let weight = select(positive < UNDERFLOW, 0.0f32, target / positive)
        - select(negative < UNDERFLOW, 0.0f32, complement / negative);
    Slopes {
        near: -(near.value * weight + select(positive < UNDERFLOW, target, 0.0f32)),
        far: select(negative < UNDERFLOW, complement, 0.0f32) - far.value * weight,
    }
}

#[cube]
fn log_odds_slopes(near: &Bump, far: &Bump) -> Slopes {
    let is_near = f32::abs(near.distance) <= f32::abs(far.distance);
    let own = select(is_near, near.complement, far.complement);
    // Twice the probability of the less probable class.
    let rest = select(is_near, far.value, near.value) + own;
    let scale = 2.0f32 / ((1.0f32 + f32::abs(near.value - far.value)) * rest);
    let underflows = rest < UNDERFLOW;
    let (at_near, at_far) = (
        select(is_near, 0.0f32, 1.0f32),
        select(is_near, 1.0f32, 0.0f32),
    );
    Slopes {
        near: select(underflows, at_near, near.value * scale),
        far: select(underflows, at_far, far.value * scale),
    }
}
