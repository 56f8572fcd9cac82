//! What the kernels do with a row: sums, what all its units know, and gradients.

use burn_cubecl::cubecl::{self, cube, prelude::*};

use super::loss::{self as loss_of, Constants, Slopes, bumps};
use super::sums::{Part, Simplex, part, place};
use super::team::{
    Behind, Plan, Purpose, Summary, Team, Toward, add_all, is_leader, join_all, share,
    share_slopes, share_summary, share_toward, shared_behind, shared_summary,
};
use crate::op::gpu::arithmetic::{is_nan, limited};

/// A unit's share of the work.
#[derive(CubeType)]
pub(in crate::op) struct Cut {
    pub row: usize,
    /// Where the row starts in x, and in what has a number for each class.
    pub first: usize,
    pub first_class: usize,
    /// Its places, at most so many.
    pub start: u32,
    pub end: u32,
    pub places: u32,
}

/// Rows behind the last one are it once more, so that all units of a cube meet.
#[cube]
pub(in crate::op) fn cut(batch: u32, dim: u32, classes: u32, #[comptime] plan: Plan) -> Cut {
    let first_row = CUBE_POS * plan.rows;
    if first_row >= batch as usize {
        terminate!();
    }
    let row = first_row + UNIT_POS_Y as usize;
    let row = select(row < batch as usize, row, batch as usize - 1);
    let units = comptime!(plan.units as u32);
    let places = (dim + units) / units;
    let start = UNIT_POS_X * places;
    let end = select(start + places < dim + 1, start + places, dim + 1);
    Cut {
        row,
        first: row * dim as usize,
        first_class: row * classes as usize,
        start,
        end,
        places,
    }
}

/// The sums of a unit, those of the leader over the whole row.
#[cube]
pub(in crate::op) fn row(
    x: &Tensor<f32>,
    slopes: &Tensor<f32>,
    target: u32,
    cut: &Cut,
    simplex: &Simplex,
    team: &mut Team,
    #[comptime] purpose: Purpose,
    #[comptime] plan: Plan,
) -> Part {
    let given = comptime!(purpose == Purpose::ScoresBackward);
    let mut all = part(
        x,
        cut.first,
        slopes,
        cut.first_class,
        cut.start,
        cut.end,
        target,
        simplex,
        given,
    );
    if comptime!(plan.units > 1) {
        share(&all, team, purpose, plan);
        sync_cube();
        if is_leader(plan) {
            join_all(&mut all, team, target, cut.places, simplex, purpose, plan);
        }
    }
    all
}

/// What all units know of a row, from the leader's sums.
#[cube]
pub(in crate::op) fn summary(
    all: &Part,
    target: u32,
    constants: Constants,
    cut: &Cut,
    simplex: &Simplex,
    team: &mut Team,
    #[comptime] purpose: Purpose,
    #[comptime] plan: Plan,
) -> Summary {
    if comptime!(plan.units > 1) {
        if is_leader(plan) {
            let mut summary = own_summary(all, target, &constants, simplex, purpose);
            if comptime!(purpose != Purpose::Scores) {
                share_slopes(
                    &mut summary,
                    team,
                    target,
                    cut.places,
                    simplex,
                    purpose,
                    plan,
                );
            }
            share_summary(&summary, team);
        }
        sync_cube();
        shared_summary(team)
    } else {
        own_summary(all, target, &constants, simplex, purpose)
    }
}

#[cube]
fn own_summary(
    all: &Part,
    target: u32,
    constants: &Constants,
    simplex: &Simplex,
    #[comptime] purpose: Purpose,
) -> Summary {
    let zero = f32::new(0.0);
    let slopes = match purpose {
        Purpose::Scores => Slopes {
            quadratic: zero,
            linear: zero,
            at_target: zero,
            at_least: zero,
            all: zero,
            others: zero,
        },
        Purpose::ScoresBackward => Slopes {
            quadratic: zero,
            linear: zero,
            at_target: zero,
            at_least: zero,
            all: all.slopes + all.slope,
            others: all.slopes,
        },
        Purpose::Loss(kind) => loss_of::slopes(&bumps(all, target, simplex), constants, kind),
    };
    Summary {
        best: all.best,
        best_at: all.best_at,
        least_at: all.least_at,
        distance: all.distance,
        slopes,
    }
}

#[cube]
pub(in crate::op) fn behind(team: &mut Team, #[comptime] plan: Plan) -> Behind {
    if comptime!(plan.units > 1) {
        shared_behind(team, plan)
    } else {
        Behind {
            products: f32::new(0.0),
            slopes: f32::new(0.0),
        }
    }
}

/// With j the class of the largest kappa, `G = sum g_i` of all slopes, `g'` these slopes but
/// `g'_j = -sum_{i != j} g_i`, and `P_k = sum_{i < k} g'_i`:
///
/// ```text
/// dx_k = -2/sigma (G (v - m e_j)_k - m w_k (P_k - k g'_k))
/// dmu = 2/sigma (sum g_i (s_i - s_j) + G <v - m e_j, e_j>)
/// dsigma = 2/sigma (-G kappa_j - 2 m sum g_i (s_i - s_j))
/// ```
///
/// In these differences nothing cancels near the mode j. A limited coordinate is a constant.
#[cube]
pub(in crate::op) fn gradients(
    x: &Tensor<f32>,
    given: &Tensor<f32>,
    dx: &mut Tensor<f32>,
    dmu: &mut Tensor<f32>,
    dsigma: &mut Tensor<f32>,
    target: u32,
    all: &Part,
    constants: Constants,
    cut: &Cut,
    simplex: &Simplex,
    team: &mut Team,
    #[comptime] of_x: bool,
    #[comptime] purpose: Purpose,
    #[comptime] plan: Plan,
) {
    let largest = comptime!(f32::MAX).runtime();
    let summary = summary(all, target, constants, cut, simplex, team, purpose, plan);
    let of_all = unless_nan(summary.slopes.all, summary.distance);
    let behind = behind(team, plan);
    let mut slopes = 0.0f32;
    let mut products = 0.0f32;
    let mut toward = Toward {
        products: f32::new(0.0),
        limited: f32::new(0.0),
    };
    let mut left = cut.end;
    while left > cut.start {
        let at = left - 1;
        let place = place(x, cut.first, at, simplex);
        let product = place.weight * place.v;
        let own = simplex.turn * (products - place.k * product) + behind.products;
        let is_best = at == summary.best_at;
        let below = select(is_best, 0.0f32, own - summary.best);
        let mut slope = 0.0f32;
        if place.is_class {
            slope = match purpose {
                Purpose::Loss(_) => slope_at(at, target, below, &summary, simplex),
                _ => given[cut.first_class + at as usize],
            };
        }
        let slope = select(is_best, -summary.slopes.others, slope);
        slopes += slope;
        toward.products += slope * below;
        let other = select(at > summary.best_at, place.as_front, place.v);
        let apart = select(is_best, place.as_own, other);
        let along = simplex.m * place.weight * (slopes + behind.slopes + place.k * slope);
        let derivative = -2.0f32 * (of_all * apart + along);
        toward.limited += select(place.is_limited, place.v * derivative, 0.0f32);
        if of_x {
            let value = select(place.is_limited, 0.0f32, derivative * simplex.rate);
            write(dx, cut.first, at, limited(value, largest));
        }
        products += product;
        left = at;
    }
    if comptime!(plan.units > 1) {
        share_toward(&toward, team, plan);
        sync_cube();
        if is_leader(plan) {
            add_all(&mut toward, team, plan);
        }
    }
    if is_leader(plan) {
        let rate = 2.0f32 * simplex.rate;
        let of_mu = rate * (simplex.turn * toward.products + of_all * all.along);
        let of_sigma = rate
            * (of_all * summary.distance - simplex.steepness * toward.products
                + 0.5f32 * toward.limited);
        dmu[cut.row] = limited(of_mu, largest);
        dsigma[cut.row] = limited(simplex.sign * of_sigma, largest);
    }
}

/// To the coordinate of a place; the first one has none.
#[cube]
fn write(dx: &mut Tensor<f32>, first: usize, at: u32, value: f32) {
    if at > 0 {
        dx[first + at as usize - 1] = value;
    }
}

#[cube]
fn slope_at(at: u32, target: u32, below: f32, summary: &Summary, simplex: &Simplex) -> f32 {
    let slopes = &summary.slopes;
    let e = f32::exp(simplex.steepness * below);
    e * (slopes.quadratic * e + slopes.linear)
        + select(at == target, slopes.at_target, 0.0f32)
        + select(at == summary.least_at, slopes.at_least, 0.0f32)
}

#[cube]
pub(in crate::op) fn no_constants() -> Constants {
    Constants {
        log_floor: f32::new(0.0),
        log_sure: f32::new(0.0),
        floor: f32::new(0.0),
        smoothing: f32::new(0.0),
        scale: f32::new(1.0),
    }
}

#[cube]
pub(in crate::op) fn unless_nan(value: f32, cause: f32) -> f32 {
    select(is_nan(cause), cause, value)
}
