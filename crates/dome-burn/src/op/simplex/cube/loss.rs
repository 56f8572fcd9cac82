//! The losses of one row and their slopes by kappa, as `op::simplex::cpu` has them, in f32: what underflows
//! there stays in the log domain here.

use burn_cubecl::cubecl::{self, cube, prelude::*};

use super::sums::{Part, Simplex};
use crate::op::MultiDomeLossKind;
use crate::op::gpu::arithmetic::{ln_1p, log_1p, one_minus_exp_neg};

/// Numbers of a loss that the host computes.
#[derive(CubeType)]
pub(in crate::op) struct Constants {
    /// `ln floor` and `ln(1 - floor)`.
    pub log_floor: f32,
    pub log_sure: f32,
    pub floor: f32,
    pub smoothing: f32,
    /// A factor of the loss.
    pub scale: f32,
}

/// The bumps of a row: `e_i = exp(kappa_i - kappa_max)`, `a_i = top e_i`.
#[derive(CubeType)]
pub(in crate::op) struct Bumps {
    n: f32,
    /// `kappa_max`, and `a_max` and `1 - a_max`.
    top_log: f32,
    top: f32,
    gap: f32,
    /// Sums over all classes but the largest, whose `e` is 1.
    rest: f32,
    squares: f32,
    least_log: f32,
    least: f32,
    /// `ln e` and e of the target.
    target_log: f32,
    e: f32,
    target_is_top: bool,
    target_is_least: bool,
    /// Where P differs from D, and `S - n a_min`.
    is_outside: bool,
    spread: f32,
}

#[cube]
pub(in crate::op) fn bumps(all: &Part, target: u32, simplex: &Simplex) -> Bumps {
    let n = f32::cast_from(simplex.classes);
    let square = all.distance;
    let top = f32::exp(-square);
    let gap = one_minus_exp_neg(square, top);
    let least_log = simplex.steepness * (all.least - all.best);
    let least = f32::exp(least_log);
    let target_is_top = target == all.best_at;
    let below = simplex.steepness * (all.target - all.best);
    let target_log = select(target_is_top, 0.0f32, below);
    Bumps {
        n,
        top_log: -square,
        top,
        gap,
        rest: all.rest,
        squares: all.squares,
        least_log,
        least,
        target_log,
        e: f32::exp(target_log),
        target_is_top,
        target_is_least: target == all.least_at,
        is_outside: top * (all.rest - n * least) > gap,
        spread: top * (1.0f32 + all.rest - n * least),
    }
}

/// The derivative by `kappa_i`, for all i:
///
/// ```text
/// e_i (quadratic e_i + linear) + [i = y] at_target + [i = min] at_least
/// ```
#[derive(CubeType)]
pub(in crate::op) struct Slopes {
    pub quadratic: f32,
    pub linear: f32,
    pub at_target: f32,
    pub at_least: f32,
    /// The sum over all i, and over all but the largest.
    pub all: f32,
    pub others: f32,
}

#[cube]
pub(in crate::op) fn loss(
    bumps: &Bumps,
    constants: &Constants,
    #[comptime] kind: MultiDomeLossKind,
) -> f32 {
    let loss = match kind {
        MultiDomeLossKind::Nll => nll(bumps, constants),
        MultiDomeLossKind::Brier => brier(bumps, constants.smoothing),
    };
    constants.scale * loss
}

#[cube]
pub(in crate::op) fn slopes(
    bumps: &Bumps,
    constants: &Constants,
    #[comptime] kind: MultiDomeLossKind,
) -> Slopes {
    let slopes = match kind {
        MultiDomeLossKind::Nll => nll_slopes(bumps, constants),
        MultiDomeLossKind::Brier => brier_slopes(bumps, constants.smoothing),
    };
    let scale = constants.scale;
    Slopes {
        quadratic: scale * slopes.quadratic,
        linear: scale * slopes.linear,
        at_target: scale * slopes.at_target,
        at_least: scale * slopes.at_least,
        all: scale * slopes.all,
        others: scale * slopes.others,
    }
}

/// `(1 - S)/n`, what D adds to each `a`.
#[cube]
fn lift(bumps: &Bumps) -> f32 {
    (bumps.gap - bumps.top * bumps.rest) / bumps.n
}

/// `ln P` of the target, and whether P is above 0.
#[derive(CubeType)]
struct LogP {
    log: f32,
    is_possible: bool,
}

#[cube]
fn log_p(bumps: &Bumps) -> LogP {
    let within = bumps.top * bumps.e + lift(bumps);
    // ln(e - e_min) of numbers that may both underflow.
    let above = bumps.target_log - bumps.least_log;
    let share = one_minus_exp_neg(above, f32::exp(-above));
    let outside = bumps.top_log + bumps.target_log + f32::ln(share) - f32::ln(bumps.spread);
    let is_possible = select(
        bumps.is_outside,
        !bumps.target_is_least && share > 0.0f32,
        within > 0.0f32,
    );
    let log = select(bumps.is_outside, outside, f32::ln(within));
    LogP {
        log: select(log > 0.0f32, 0.0f32, log),
        is_possible,
    }
}

/// `ln softmax(kappa)` of the target plus `ln floor`.
#[cube]
fn log_least_q(bumps: &Bumps, constants: &Constants) -> f32 {
    bumps.target_log - log_1p(bumps.rest) + constants.log_floor
}

/// `ln Q` of the target.
#[cube]
fn log_q(bumps: &Bumps, p: &LogP, constants: &Constants) -> f32 {
    let p_log = p.log + constants.log_sure;
    let floor = log_least_q(bumps, constants);
    let high = select(p_log > floor, p_log, floor);
    let sum = high + log_1p(f32::exp(-f32::abs(p_log - floor)));
    select(p.is_possible, sum, floor)
}

#[cube]
fn nll(bumps: &Bumps, constants: &Constants) -> f32 {
    let (n, top, rest) = (bumps.n, bumps.top, bumps.rest);
    // Of the largest from what the other classes have, so that small losses keep their digits.
    let within = (bumps.gap * (n - 1.0f32) + top * rest) / n;
    let outside = top * (rest - (n - 1.0f32) * bumps.least) / bumps.spread;
    let others = select(bumps.is_outside, outside, within);
    let others = select(others < 0.0f32, 0.0f32, others);
    let missing = others * (1.0f32 - constants.floor) + rest / (1.0f32 + rest) * constants.floor;
    let is_small = bumps.target_is_top && missing < 0.5f32;
    let log = log_q(bumps, &log_p(bumps), constants);
    select(is_small, ln_1p(missing / (1.0f32 - missing)), -log)
}

#[cube]
fn nll_slopes(bumps: &Bumps, constants: &Constants) -> Slopes {
    let (n, top, rest) = (bumps.n, bumps.top, bumps.rest);
    let p = log_p(bumps);
    let log_q = log_q(bumps, &p, constants);
    let sure = constants.log_sure - log_q;
    // The floor's share, a part of the softmax: its slopes add up to 0.
    let r = exp_limited(log_least_q(bumps, constants) - log_q);
    let softmax = r / (1.0f32 + rest);
    // P of the least is 0 outside, whatever kappa.
    let counts = !(bumps.is_outside && bumps.target_is_least);
    let own = select(
        counts,
        exp_limited(bumps.target_log + bumps.top_log + sure),
        0.0f32,
    );
    let each = top * exp_limited(sure) / n;
    let share = select(p.is_possible, exp_limited(p.log + sure), 0.0f32);
    let least = exp_limited(bumps.least_log + bumps.top_log + sure);
    let least = select(counts, least, 0.0f32);
    let at_least = (least - n * share * top * bumps.least) / bumps.spread;

    let linear = softmax + select(bumps.is_outside, top * share / bumps.spread, each);
    let at_target = -r - select(bumps.is_outside, own / bumps.spread, own);
    let at_least = select(bumps.is_outside, at_least, 0.0f32);
    // Outside P does not change with all bumps by the same factor.
    let all = select(
        bumps.target_is_top,
        each * (1.0f32 + rest - n),
        each * (1.0f32 + rest) - own,
    );
    Slopes {
        quadratic: f32::new(0.0),
        linear,
        at_target,
        at_least,
        all: select(bumps.is_outside, 0.0f32, all),
        others: linear * rest + select(bumps.target_is_top, 0.0f32, at_target) + at_least,
    }
}

/// Quotients by Q may be large: they end below the largest number.
#[cube]
fn exp_limited(log: f32) -> f32 {
    f32::exp(select(log > 80.0f32, 80.0f32, log))
}

#[cube]
fn brier(bumps: &Bumps, smoothing: f32) -> f32 {
    let (n, top, lift) = (bumps.n, bumps.top, lift(bumps));
    let is_top = bumps.target_is_top;
    let e = bumps.e;
    let own = select(is_top, bumps.gap - lift, 1.0f32 - top * e - lift);
    // All classes but the target's: `rest` leaves out the largest.
    let sum = select(is_top, bumps.rest, bumps.rest - e + 1.0f32);
    let squares = select(is_top, bumps.squares, bumps.squares - e * e + 1.0f32);
    let others = top * top * squares + 2.0f32 * lift * top * sum + (n - 1.0f32) * lift * lift;
    let soft = others + own * own - 2.0f32 * smoothing * own
        + smoothing * smoothing * (1.0f32 - 1.0f32 / n);
    select(soft < 0.0f32, 0.0f32, soft)
}

#[cube]
fn brier_slopes(bumps: &Bumps, smoothing: f32) -> Slopes {
    let (n, top, e) = (bumps.n, bumps.top, bumps.e);
    let (rest, squares) = (bumps.rest, bumps.squares);
    let is_top = bumps.target_is_top;
    let lift = lift(bumps) - smoothing / n;
    let at_target = -2.0f32 * top * e * (1.0f32 - smoothing);
    let (quadratic, linear) = (2.0f32 * top * top, 2.0f32 * top * lift);
    let others = quadratic * squares + linear * rest + select(is_top, 0.0f32, at_target);
    // `D - t` of the largest.
    let own = select(is_top, smoothing - bumps.gap, top) + lift;
    Slopes {
        quadratic,
        linear,
        at_target,
        at_least: f32::new(0.0),
        all: others + 2.0f32 * top * own,
        others,
    }
}
