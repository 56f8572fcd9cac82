//! The kernels. `N` elements that lie next to each other are loaded and stored at once; places are
//! counted in such vectors.

use burn_cubecl::cubecl::std::tensor::layout::linear::{LinearView, LinearViewMut};
use burn_cubecl::cubecl::{self, cube, prelude::*};

use super::channels::{Channels, Order, channels};
use super::function::{self, bump};
use crate::op::elementwise::formula::Formula;
use crate::op::gpu::arithmetic::limited;
use crate::op::gpu::fold::column_sum;

/// `formula` of every element.
#[cube(launch)]
pub(in crate::op) fn forward<F: Float, N: Size>(
    x: LinearView<'_, Vector<F, N>>,
    mu: &Tensor<f32>,
    sigma: &Tensor<f32>,
    pi: &Tensor<f32>,
    mut results: LinearViewMut<'_, Vector<F, N>>,
    groups: u32,
    stride: u32,
    #[comptime] formula: Formula,
    #[comptime] order: Order,
    #[define(F)] _dtype: ElemType,
) {
    if !results.is_in_bounds(ABSOLUTE_POS) {
        terminate!();
    }
    let group = group_at(ABSOLUTE_POS, groups, stride, order);
    let of = channels::<N>(mu, sigma, pi, group, order);
    let xs = Vector::<f32, N>::cast_from(x.read(ABSOLUTE_POS));
    let largest = f32::cast_from(F::max_value());
    let ys = results_of(&xs, &of.pi, &of, largest, formula);
    results.write(ABSOLUTE_POS, Vector::cast_from(ys));
}

/// The binary cross-entropy of every element.
#[cube(launch)]
pub(in crate::op) fn loss<F: Float, N: Size>(
    x: LinearView<'_, Vector<F, N>>,
    targets: LinearView<'_, Vector<F, N>>,
    mu: &Tensor<f32>,
    sigma: &Tensor<f32>,
    mut results: LinearViewMut<'_, Vector<F, N>>,
    groups: u32,
    stride: u32,
    #[comptime] order: Order,
    #[define(F)] _dtype: ElemType,
) {
    if !results.is_in_bounds(ABSOLUTE_POS) {
        terminate!();
    }
    let group = group_at(ABSOLUTE_POS, groups, stride, order);
    let of = channels::<N>(mu, sigma, mu, group, order);
    let xs = Vector::<f32, N>::cast_from(x.read(ABSOLUTE_POS));
    let targets = Vector::<f32, N>::cast_from(targets.read(ABSOLUTE_POS));
    let largest = f32::cast_from(F::max_value());
    let formula = Formula::BinaryCrossEntropy;
    let ys = results_of(&xs, &targets, &of, largest, formula);
    results.write(ABSOLUTE_POS, Vector::cast_from(ys));
}

/// `formula` of a vector of elements; `extras` are their values of pi or their targets.
#[cube]
fn results_of<N: Size>(
    xs: &Vector<f32, N>,
    extras: &Vector<f32, N>,
    of: &Channels<N>,
    largest: f32,
    #[comptime] formula: Formula,
) -> Vector<f32, N> {
    let mut ys = Vector::<f32, N>::empty();
    #[unroll]
    for i in 0..N::value() {
        let (x, mu, sigma) = (xs.extract(i), of.mu.extract(i), of.sigma.extract(i));
        let value = function::value(x, mu, sigma, extras.extract(i), formula);
        ys.insert(i, finite(value, largest, formula));
    }
    ys
}

/// The group of channels that a vector belongs to.
#[cube]
fn group_at(place: usize, groups: u32, stride: u32, #[comptime] order: Order) -> usize {
    match order {
        Order::Shared => 0usize.runtime(),
        Order::Runs => place / stride as usize % groups as usize,
        Order::Interleaved => place % groups as usize,
    }
}

/// The gradient of every element of x, if `of_x`; and if `summed`, `lanes` partial sums of the
/// gradients of mu, sigma and pi for each channel, `[lanes, 3, channels]`.
///
/// With the distances v and u and the slopes A and B of the formula, times the gradient of the
/// result:
///
/// ```text
/// dx = 2/sigma (u B - v A)    dmu = 2/sigma sum(v A + u B)
/// dsigma = 2/sigma sum(v^2 A - u^2 B)    dpi = -sum(b)
/// ```
///
/// Unit (lane, group) walks the vectors lane, lane + lanes, ... of its group of channels. Units are
/// numbered such that neighbours touch neighbouring memory.
#[cube(launch)]
pub(in crate::op) fn backward<F: Float, N: Size>(
    x: LinearView<'_, Vector<F, N>>,
    extra: LinearView<'_, Vector<F, N>>,
    grad: LinearView<'_, Vector<F, N>>,
    mu: &Tensor<f32>,
    sigma: &Tensor<f32>,
    pi: &Tensor<f32>,
    mut dx: LinearViewMut<'_, Vector<F, N>>,
    sums: &mut Tensor<f32>,
    groups: u32,
    stride: u32,
    lanes: u32,
    per_group: u32,
    #[comptime] formula: Formula,
    #[comptime] order: Order,
    #[comptime] of_x: bool,
    #[comptime] summed: bool,
    #[define(F)] _dtype: ElemType,
) {
    let (groups, stride, lanes) = (groups as usize, stride as usize, lanes as usize);
    if ABSOLUTE_POS >= lanes * groups {
        terminate!();
    }
    let lane = match order {
        Order::Shared => ABSOLUTE_POS,
        Order::Runs => ABSOLUTE_POS % lanes,
        Order::Interleaved => ABSOLUTE_POS / groups,
    };
    let group = match order {
        Order::Shared => 0usize.runtime(),
        Order::Runs => ABSOLUTE_POS / lanes,
        Order::Interleaved => ABSOLUTE_POS % groups,
    };
    let of = channels::<N>(mu, sigma, pi, group, order);
    let mut total = Sums::<N> {
        mu: Vector::zeroed(),
        sigma: Vector::zeroed(),
        pi: Vector::zeroed(),
    };
    let mut j = lane;
    while j < per_group as usize {
        let place = match order {
            Order::Shared => j,
            Order::Runs => j + (j / stride * (groups - 1) + group) * stride,
            Order::Interleaved => j * groups + group,
        };
        let xs = Vector::<f32, N>::cast_from(x.read(place));
        let grads = Vector::<f32, N>::cast_from(grad.read(place));
        let extras = match formula {
            Formula::BinaryCrossEntropy => Vector::<f32, N>::cast_from(extra.read(place)),
            _ => of.pi,
        };
        let mut dxs = Vector::<f32, N>::empty();
        #[unroll]
        for i in 0..N::value() {
            let (x, mu, sigma) = (xs.extract(i), of.mu.extract(i), of.sigma.extract(i));
            let near = bump((x - mu) / sigma);
            let far = bump((x + mu) / sigma);
            let slopes = function::slopes(&near, &far, extras.extract(i), formula);
            let grad = grads.extract(i);
            let near_part = grad * slopes.near * near.distance;
            let far_part = grad * slopes.far * far.distance;
            let dx = 2.0f32 / sigma * (far_part - near_part);
            dxs.insert(i, finite(dx, f32::cast_from(F::max_value()), formula));
            if summed {
                let sigma_part = near_part * near.distance - far_part * far.distance;
                total
                    .mu
                    .insert(i, total.mu.extract(i) + near_part + far_part);
                total.sigma.insert(i, total.sigma.extract(i) + sigma_part);
                total.pi.insert(i, total.pi.extract(i) + grad * far.value);
            }
        }
        if of_x {
            dx.write(place, Vector::cast_from(dxs));
        }
        j += lanes;
    }
    if summed {
        store(&total, &of, sums, lane, group, groups, formula, order);
    }
}

/// What a unit of the backward pass has summed up: the gradients of mu, sigma and pi, but for
/// constant factors.
#[derive(CubeType)]
struct Sums<N: Size> {
    mu: Vector<f32, N>,
    sigma: Vector<f32, N>,
    pi: Vector<f32, N>,
}

/// Writes the sums of a unit into its row.
#[cube]
fn store<N: Size>(
    total: &Sums<N>,
    of: &Channels<N>,
    sums: &mut Tensor<f32>,
    lane: usize,
    group: usize,
    groups: usize,
    #[comptime] formula: Formula,
    #[comptime] order: Order,
) {
    let largest = comptime!(f32::MAX).runtime();
    let scale = Vector::new(2.0f32) / of.sigma;
    let mus = scale * total.mu;
    let sigmas = scale * of.sign * total.sigma;
    if comptime!(order == Order::Interleaved) {
        let columns = groups * N::value();
        let first = lane * 3 * columns + group * N::value();
        #[unroll]
        for i in 0..N::value() {
            sums[first + i] = finite(mus.extract(i), largest, formula);
            sums[first + columns + i] = finite(sigmas.extract(i), largest, formula);
            sums[first + 2 * columns + i] = -total.pi.extract(i);
        }
    } else {
        let first = lane * 3 * groups + group;
        sums[first] = finite(mus.vector_sum(), largest, formula);
        sums[first + groups] = finite(sigmas.vector_sum(), largest, formula);
        sums[first + 2 * groups] = -total.pi.vector_sum();
    }
}

/// The loss and its gradients stay finite; those of the others overflow where pi is infinite alone.
#[cube]
fn finite(value: f32, largest: f32, #[comptime] formula: Formula) -> f32 {
    match formula {
        Formula::BinaryCrossEntropy => limited(value, largest),
        Formula::LogOdds => limited(value, largest),
        _ => value,
    }
}

/// The last stage of the sums, at most `FOLD` rows of `[rows, 3, channels]`, into a tensor for each
/// parameter.
#[cube(launch)]
pub(in crate::op) fn finish(
    parts: &Tensor<f32>,
    dmu: &mut Tensor<f32>,
    dsigma: &mut Tensor<f32>,
    dpi: &mut Tensor<f32>,
    rows: u32,
) {
    let (at, channels, rows) = (ABSOLUTE_POS, dmu.len(), rows as usize);
    if at >= channels {
        terminate!();
    }
    let columns = 3 * channels;
    dmu[at] = column_sum(parts, at, 0, rows, columns);
    dsigma[at] = column_sum(parts, at + channels, 0, rows, columns);
    dpi[at] = column_sum(parts, at + 2 * channels, 0, rows, columns);
}
