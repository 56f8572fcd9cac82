//! The units that share a row: each sums up neighbouring places, the last one, the leader, joins
//! their sums in order, and tells each what lies behind its places.

use burn_cubecl::cubecl::{self, cube, prelude::*};

use super::loss::Slopes;
use super::sums::{BLOCK, Part, Simplex, join, no_part};
use crate::op::MultiDomeLossKind;

/// How rows are spread over units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::op) struct Plan {
    /// Units of a row; a unit alone needs no shared memory.
    pub units: usize,
    /// Rows of a cube.
    pub rows: usize,
}

#[cube]
pub(in crate::op) fn is_leader(#[comptime] plan: Plan) -> bool {
    UNIT_POS_X == comptime!(plan.units as u32 - 1)
}

/// What the sums are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::op) enum Purpose {
    Scores,
    /// Slopes are given.
    ScoresBackward,
    Loss(MultiDomeLossKind),
}

// What a unit shares of its sums. Once read, the first two hold what lies behind, and the next two
// the sums for the parameters.
const PRODUCTS: usize = 0;
const TARGET: usize = 1;
const AS_BEHIND: usize = 2;
const AS_FRONT: usize = 3;
const DISTANCE: usize = 4;
const BEST: usize = 5;
const LEAST: usize = 6;
const REST: usize = 7;
const SQUARES: usize = 8;
const ALONG_FRONT: usize = 9;
const ALONG: usize = 10;
const FIELDS: usize = 11;

// And of classes.
const BEST_AT: usize = 0;
const LEAST_AT: usize = 1;

/// Numbers of a [`Summary`].
const SUMMARY: usize = 8;

/// Shared memory of a cube.
#[derive(CubeType)]
pub(in crate::op) struct Team {
    sums: Shared<[f32]>,
    classes: Shared<[u32]>,
    summaries: Shared<[f32]>,
    summary_classes: Shared<[u32]>,
}

#[cube]
pub(in crate::op) fn team(#[comptime] plan: Plan) -> Team {
    let units = comptime!(plan.units * plan.rows);
    Team {
        sums: Shared::new_slice(comptime!(FIELDS * units)),
        classes: Shared::new_slice(comptime!(2 * units)),
        summaries: Shared::new_slice(comptime!(SUMMARY * plan.rows)),
        summary_classes: Shared::new_slice(comptime!(2 * plan.rows)),
    }
}

/// Where a number of a unit of this row lies.
#[cube]
fn slot(unit: usize, #[comptime] field: usize, #[comptime] plan: Plan) -> usize {
    comptime!(field * plan.units * plan.rows) + UNIT_POS_Y as usize * plan.units + unit
}

#[cube]
pub(in crate::op) fn share(
    part: &Part,
    team: &mut Team,
    #[comptime] purpose: Purpose,
    #[comptime] plan: Plan,
) {
    let unit = UNIT_POS_X as usize;
    team.sums[slot(unit, PRODUCTS, plan)] = part.products;
    team.sums[slot(unit, TARGET, plan)] = part.target;
    team.sums[slot(unit, AS_BEHIND, plan)] = part.as_behind;
    team.sums[slot(unit, AS_FRONT, plan)] = part.as_front;
    team.sums[slot(unit, DISTANCE, plan)] = part.distance;
    team.sums[slot(unit, BEST, plan)] = part.best;
    team.sums[slot(unit, LEAST, plan)] = part.least;
    team.sums[slot(unit, ALONG_FRONT, plan)] = part.along_front;
    team.sums[slot(unit, ALONG, plan)] = part.along;
    match purpose {
        Purpose::Scores => {}
        Purpose::ScoresBackward => {
            team.sums[slot(unit, REST, plan)] = part.slopes;
            team.sums[slot(unit, SQUARES, plan)] = part.slope;
        }
        Purpose::Loss(_) => {
            team.sums[slot(unit, REST, plan)] = part.rest;
            team.sums[slot(unit, SQUARES, plan)] = part.squares;
        }
    }
    team.classes[slot(unit, BEST_AT, plan)] = part.best_at;
    team.classes[slot(unit, LEAST_AT, plan)] = part.least_at;
}

/// The sums of another unit.
#[cube]
fn shared(
    team: &mut Team,
    unit: usize,
    #[comptime] purpose: Purpose,
    #[comptime] plan: Plan,
) -> Part {
    let zero = f32::new(0.0);
    let first = match purpose {
        Purpose::Scores => zero,
        _ => team.sums[slot(unit, REST, plan)],
    };
    let second = match purpose {
        Purpose::Scores => zero,
        _ => team.sums[slot(unit, SQUARES, plan)],
    };
    let given = comptime!(purpose == Purpose::ScoresBackward);
    Part {
        products: team.sums[slot(unit, PRODUCTS, plan)],
        best: team.sums[slot(unit, BEST, plan)],
        best_at: team.classes[slot(unit, BEST_AT, plan)],
        least: team.sums[slot(unit, LEAST, plan)],
        least_at: team.classes[slot(unit, LEAST_AT, plan)],
        target: team.sums[slot(unit, TARGET, plan)],
        rest: if comptime!(given) { zero } else { first },
        squares: if comptime!(given) { zero } else { second },
        slopes: if comptime!(given) { first } else { zero },
        slope: if comptime!(given) { second } else { zero },
        as_behind: team.sums[slot(unit, AS_BEHIND, plan)],
        as_front: team.sums[slot(unit, AS_FRONT, plan)],
        distance: team.sums[slot(unit, DISTANCE, plan)],
        along_front: team.sums[slot(unit, ALONG_FRONT, plan)],
        along: team.sums[slot(unit, ALONG, plan)],
    }
}

/// Joins the sums of all units to the leader's; leaves each unit the products behind it.
#[cube]
pub(in crate::op) fn join_all(
    all: &mut Part,
    team: &mut Team,
    target: u32,
    places: u32,
    simplex: &Simplex,
    #[comptime] purpose: Purpose,
    #[comptime] plan: Plan,
) {
    team.sums[slot(comptime!(plan.units - 1), PRODUCTS, plan)] = 0.0f32;
    let mut left = comptime!(plan.units as u32 - 1).runtime();
    while left > 0 {
        let first = select(left > BLOCK, left - BLOCK, 0u32);
        let of_target = target / places;
        let has_target = of_target >= first && of_target < left;
        let mut block = no_part();
        while left > first {
            left -= 1;
            let unit = left as usize;
            let part = shared(team, unit, purpose, plan);
            team.sums[slot(unit, PRODUCTS, plan)] = simplex.turn * (all.products + block.products);
            join(&part, &mut block, of_target == left, simplex);
        }
        join(&block, all, has_target, simplex);
    }
}

/// What all units of a row need to know of it.
#[derive(CubeType)]
pub(in crate::op) struct Summary {
    pub best: f32,
    pub best_at: u32,
    pub least_at: u32,
    pub distance: f32,
    pub slopes: Slopes,
}

/// Leaves each unit the slopes behind it, where the largest's counts as minus the sum of the others:
/// of the same terms, so that they add up to 0.
#[cube]
pub(in crate::op) fn share_slopes(
    summary: &mut Summary,
    team: &mut Team,
    target: u32,
    places: u32,
    simplex: &Simplex,
    #[comptime] purpose: Purpose,
    #[comptime] plan: Plan,
) {
    let mut others = 0.0f32;
    for unit in 0..comptime!(plan.units) {
        let sum = slopes_of(summary, team, unit, target, places, simplex, purpose, plan);
        team.sums[slot(unit, REST, plan)] = sum;
        others += sum;
    }
    if comptime!(purpose == Purpose::Loss(MultiDomeLossKind::Brier)) {
        summary.slopes.all += others - summary.slopes.others;
    }
    summary.slopes.others = others;
    let mut behind = 0.0f32;
    let mut left = comptime!(plan.units).runtime();
    while left > 0 {
        left -= 1;
        team.sums[slot(left, TARGET, plan)] = behind;
        let has_best = summary.best_at / places == left as u32;
        behind += team.sums[slot(left, REST, plan)] - select(has_best, others, 0.0f32);
    }
}

/// The sum of a unit's slopes but for the largest's.
#[cube]
fn slopes_of(
    summary: &mut Summary,
    team: &mut Team,
    unit: usize,
    target: u32,
    places: u32,
    simplex: &Simplex,
    #[comptime] purpose: Purpose,
    #[comptime] plan: Plan,
) -> f32 {
    let slopes = &summary.slopes;
    let index = unit as u32;
    let has_best = summary.best_at / places == index;
    let rest = team.sums[slot(unit, REST, plan)];
    let squares = team.sums[slot(unit, SQUARES, plan)];
    match purpose {
        Purpose::Loss(_) => {
            let best = team.sums[slot(unit, BEST, plan)] + team.sums[slot(unit, PRODUCTS, plan)];
            let e = f32::exp(simplex.steepness * (best - summary.best));
            let e = select(has_best, 1.0f32, e);
            let own = select(has_best, 0.0f32, 1.0f32);
            let at_target = target / places == index && target != summary.best_at;
            let at_least =
                summary.least_at / places == index && summary.least_at != summary.best_at;
            slopes.quadratic * (squares + own) * e * e
                + slopes.linear * (rest + own) * e
                + select(at_target, slopes.at_target, 0.0f32)
                + select(at_least, slopes.at_least, 0.0f32)
        }
        _ => rest + select(has_best, 0.0f32, squares),
    }
}

#[cube]
pub(in crate::op) fn share_summary(summary: &Summary, team: &mut Team) {
    let row = UNIT_POS_Y as usize;
    let first = row * SUMMARY;
    team.summaries[first] = summary.best;
    team.summaries[first + 1] = summary.distance;
    team.summaries[first + 2] = summary.slopes.quadratic;
    team.summaries[first + 3] = summary.slopes.linear;
    team.summaries[first + 4] = summary.slopes.at_target;
    team.summaries[first + 5] = summary.slopes.at_least;
    team.summaries[first + 6] = summary.slopes.all;
    team.summaries[first + 7] = summary.slopes.others;
    team.summary_classes[2 * row] = summary.best_at;
    team.summary_classes[2 * row + 1] = summary.least_at;
}

#[cube]
pub(in crate::op) fn shared_summary(team: &mut Team) -> Summary {
    let row = UNIT_POS_Y as usize;
    let first = row * SUMMARY;
    Summary {
        best: team.summaries[first],
        best_at: team.summary_classes[2 * row],
        least_at: team.summary_classes[2 * row + 1],
        distance: team.summaries[first + 1],
        slopes: Slopes {
            quadratic: team.summaries[first + 2],
            linear: team.summaries[first + 3],
            at_target: team.summaries[first + 4],
            at_least: team.summaries[first + 5],
            all: team.summaries[first + 6],
            others: team.summaries[first + 7],
        },
    }
}

/// What lies behind the places of a unit: what it adds to their products, and its slopes.
#[derive(CubeType)]
pub(in crate::op) struct Behind {
    pub products: f32,
    pub slopes: f32,
}

#[cube]
pub(in crate::op) fn shared_behind(team: &mut Team, #[comptime] plan: Plan) -> Behind {
    let unit = UNIT_POS_X as usize;
    Behind {
        products: team.sums[slot(unit, PRODUCTS, plan)],
        slopes: team.sums[slot(unit, TARGET, plan)],
    }
}

/// Sums for the gradients of mu and sigma.
#[derive(CubeType)]
pub(in crate::op) struct Toward {
    /// Of slopes times products, from the largest product on.
    pub products: f32,
    /// Of limited coordinates times what would be their derivatives.
    pub limited: f32,
}

#[cube]
pub(in crate::op) fn share_toward(toward: &Toward, team: &mut Team, #[comptime] plan: Plan) {
    let unit = UNIT_POS_X as usize;
    team.sums[slot(unit, AS_BEHIND, plan)] = toward.products;
    team.sums[slot(unit, AS_FRONT, plan)] = toward.limited;
}

/// Adds the sums of all units to the leader's.
#[cube]
pub(in crate::op) fn add_all(toward: &mut Toward, team: &mut Team, #[comptime] plan: Plan) {
    for unit in 0..comptime!(plan.units - 1) {
        toward.products += team.sums[slot(unit, AS_BEHIND, plan)];
        toward.limited += team.sums[slot(unit, AS_FRONT, plan)];
    }
}
