//! The kernels of MultiDome on the simplex.

use burn_cubecl::cubecl::{self, cube, prelude::*};

use super::loss::{self as loss_of, Constants, bumps};
use super::row::{behind, cut, gradients, no_constants, row, summary, unless_nan};
use super::sums::{place, simplex};
use super::team::{Plan, Purpose, is_leader, team};
use crate::op::MultiDomeLossKind;

/// `kappa`, `[batch, classes]`.
#[cube(launch)]
pub(in crate::op) fn scores(
    x: &Tensor<f32>,
    mu: &Tensor<f32>,
    sigma: &Tensor<f32>,
    results: &mut Tensor<f32>,
    batch: u32,
    dim: u32,
    classes: u32,
    #[comptime] plan: Plan,
) {
    let purpose = comptime!(Purpose::Scores);
    let simplex = simplex(mu, sigma, classes);
    let cut = cut(batch, dim, classes, plan);
    let mut team = team(plan);
    let all = row(x, x, classes, &cut, &simplex, &mut team, purpose, plan);
    let no = no_constants();
    let summary = summary(&all, classes, no, &cut, &simplex, &mut team, purpose, plan);
    let behind = behind(&mut team, plan);
    let mut products = 0.0f32;
    let mut left = cut.end;
    while left > cut.start {
        let at = left - 1;
        let place = place(x, cut.first, at, &simplex);
        let product = place.weight * place.v;
        let own = simplex.turn * (products - place.k * product) + behind.products;
        if place.is_class {
            let below = select(at == summary.best_at, 0.0f32, own - summary.best);
            let kappa = simplex.steepness * below - summary.distance;
            results[cut.first_class + at as usize] = unless_nan(kappa, summary.distance);
        }
        products += product;
        left = at;
    }
}

/// From the derivatives by kappa to that by x, if `of_x`, and to each row's share of those by mu and
/// sigma.
#[cube(launch)]
pub(in crate::op) fn scores_backward(
    x: &Tensor<f32>,
    mu: &Tensor<f32>,
    sigma: &Tensor<f32>,
    grad: &Tensor<f32>,
    dx: &mut Tensor<f32>,
    dmu: &mut Tensor<f32>,
    dsigma: &mut Tensor<f32>,
    batch: u32,
    dim: u32,
    classes: u32,
    #[comptime] of_x: bool,
    #[comptime] plan: Plan,
) {
    let purpose = comptime!(Purpose::ScoresBackward);
    let simplex = simplex(mu, sigma, classes);
    let cut = cut(batch, dim, classes, plan);
    let mut team = team(plan);
    let all = row(x, grad, classes, &cut, &simplex, &mut team, purpose, plan);
    let no = no_constants();
    gradients(
        x, grad, dx, dmu, dsigma, classes, &all, no, &cut, &simplex, &mut team, of_x, purpose, plan,
    );
}

/// The loss of each row; NaN where the target is no class.
#[cube(launch)]
pub(in crate::op) fn loss(
    x: &Tensor<f32>,
    mu: &Tensor<f32>,
    sigma: &Tensor<f32>,
    targets: &Tensor<i32>,
    losses: &mut Tensor<f32>,
    batch: u32,
    dim: u32,
    classes: u32,
    log_floor: f32,
    log_sure: f32,
    floor: f32,
    smoothing: f32,
    scale: f32,
    undefined: f32,
    #[comptime] kind: MultiDomeLossKind,
    #[comptime] plan: Plan,
) {
    let purpose = comptime!(Purpose::Loss(kind));
    let simplex = simplex(mu, sigma, classes);
    let cut = cut(batch, dim, classes, plan);
    let target = u32::cast_from(targets[cut.row]);
    let mut team = team(plan);
    let mut all = row(x, x, target, &cut, &simplex, &mut team, purpose, plan);
    let constants = Constants {
        log_floor,
        log_sure,
        floor,
        smoothing,
        scale,
    };
    if is_leader(plan) {
        all.distance = select(target < classes, all.distance, undefined);
        let loss = loss_of::loss(&bumps(&all, target, &simplex), &constants, kind);
        losses[cut.row] = unless_nan(loss, all.distance);
    }
}

/// The loss of each row, and its gradients by the row of x, if `of_x`, by mu and by sigma.
#[cube(launch)]
pub(in crate::op) fn loss_with_gradients(
    x: &Tensor<f32>,
    mu: &Tensor<f32>,
    sigma: &Tensor<f32>,
    targets: &Tensor<i32>,
    losses: &mut Tensor<f32>,
    dx: &mut Tensor<f32>,
    dmu: &mut Tensor<f32>,
    dsigma: &mut Tensor<f32>,
    batch: u32,
    dim: u32,
    classes: u32,
    log_floor: f32,
    log_sure: f32,
    floor: f32,
    smoothing: f32,
    scale: f32,
    undefined: f32,
    #[comptime] kind: MultiDomeLossKind,
    #[comptime] of_x: bool,
    #[comptime] plan: Plan,
) {
    let purpose = comptime!(Purpose::Loss(kind));
    let simplex = simplex(mu, sigma, classes);
    let cut = cut(batch, dim, classes, plan);
    let target = u32::cast_from(targets[cut.row]);
    let mut team = team(plan);
    let mut all = row(x, x, target, &cut, &simplex, &mut team, purpose, plan);
    let constants = Constants {
        log_floor,
        log_sure,
        floor,
        smoothing,
        scale,
    };
    if is_leader(plan) {
        all.distance = select(target < classes, all.distance, undefined);
        let loss = loss_of::loss(&bumps(&all, target, &simplex), &constants, kind);
        losses[cut.row] = unless_nan(loss, all.distance);
    }
    gradients(
        x, x, dx, dmu, dsigma, target, &all, constants, &cut, &simplex, &mut team, of_x, purpose,
        plan,
    );
}
