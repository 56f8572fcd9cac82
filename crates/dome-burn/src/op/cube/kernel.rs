//! The kernels. `N` elements that lie next to each other, all of one channel, are loaded and stored
//! at once.
//!
//! Element i, counted in such vectors, belongs to channel `(i / stride) % channels`.

use burn_cubecl::cubecl::std::tensor::layout::linear::{LinearView, LinearViewMut};
use burn_cubecl::cubecl::{self, cube, prelude::*};

use super::formula::{self, Formula, bump, channel, limited};

/// `formula` of every element.
#[cube(launch)]
pub(super) fn forward<F: Float, N: Size>(
    x: LinearView<'_, Vector<F, N>>,
    mu: &Tensor<f32>,
    sigma: &Tensor<f32>,
    pi: &Tensor<f32>,
    mut results: LinearViewMut<'_, Vector<F, N>>,
    channels: u32,
    stride: u32,
    #[comptime] formula: Formula,
    #[define(F)] _dtype: ElemType,
) {
    if !results.is_in_bounds(ABSOLUTE_POS) {
        terminate!();
    }
    let of = channel(
        mu,
        sigma,
        pi,
        ABSOLUTE_POS / stride as usize % channels as usize,
    );
    let x = Vector::<f32, N>::cast_from(x.read(ABSOLUTE_POS));
    let mut y = Vector::<f32, N>::empty();
    #[unroll]
    for i in 0..N::value() {
        let near = bump((x.extract(i) - of.mu) / of.sigma);
        let far = bump((x.extract(i) + of.mu) / of.sigma);
        y.insert(i, formula::value(&near, &far, of.pi, formula));
    }
    results.write(ABSOLUTE_POS, Vector::cast_from(y));
}

/// The binary cross-entropy of every element.
#[cube(launch)]
pub(super) fn loss<F: Float, N: Size>(
    x: LinearView<'_, Vector<F, N>>,
    targets: LinearView<'_, Vector<F, N>>,
    mu: &Tensor<f32>,
    sigma: &Tensor<f32>,
    mut results: LinearViewMut<'_, Vector<F, N>>,
    channels: u32,
    stride: u32,
    #[define(F)] _dtype: ElemType,
) {
    if !results.is_in_bounds(ABSOLUTE_POS) {
        terminate!();
    }
    let of = channel(
        mu,
        sigma,
        mu,
        ABSOLUTE_POS / stride as usize % channels as usize,
    );
    let x = Vector::<f32, N>::cast_from(x.read(ABSOLUTE_POS));
    let targets = Vector::<f32, N>::cast_from(targets.read(ABSOLUTE_POS));
    let mut y = Vector::<f32, N>::empty();
    #[unroll]
    for i in 0..N::value() {
        let near = bump((x.extract(i) - of.mu) / of.sigma);
        let far = bump((x.extract(i) + of.mu) / of.sigma);
        let value = formula::value(&near, &far, targets.extract(i), Formula::BinaryCrossEntropy);
        y.insert(i, value);
    }
    results.write(ABSOLUTE_POS, Vector::cast_from(y));
}

/// What a unit of the backward pass has summed up: the gradients of mu, sigma and pi, but for
/// constant factors.
#[derive(CubeType)]
struct Sums {
    mu: f32,
    sigma: f32,
    pi: f32,
}

/// One element's share of the sums; returns its gradient of x, but for a constant factor.
///
/// With the distances v and u and the slopes A and B of the formula, times the gradient of the
/// result:
///
/// ```text
/// dx = 2/sigma (u B - v A)    dmu = 2/sigma sum(v A + u B)
/// dsigma = 2/sigma sum(v^2 A - u^2 B)    dpi = -sum(b)
/// ```
#[cube]
fn accumulate(
    sums: &mut Sums,
    x: f32,
    grad: f32,
    extra: f32,
    mu: f32,
    sigma: f32,
    #[comptime] formula: Formula,
) -> f32 {
    let near = bump((x - mu) / sigma);
    let far = bump((x + mu) / sigma);
    let slopes = formula::slopes(&near, &far, extra, formula);
    let near_part = grad * slopes.near * near.distance;
    let far_part = grad * slopes.far * far.distance;
    sums.mu += near_part + far_part;
    sums.sigma += near_part * near.distance - far_part * far.distance;
    sums.pi += grad * far.value;
    far_part - near_part
}

/// The gradient of every element of x, and `lanes` partial sums of the gradients of mu, sigma and
/// pi for each channel, `[lanes, 3, channels]`.
///
/// Unit (lane, channel) walks the vectors lane, lane + lanes, ... of its channel, so that
/// neighbouring units touch neighbouring memory.
#[cube(launch)]
pub(super) fn backward<F: Float, N: Size>(
    x: LinearView<'_, Vector<F, N>>,
    extra: LinearView<'_, Vector<F, N>>,
    grad: LinearView<'_, Vector<F, N>>,
    mu: &Tensor<f32>,
    sigma: &Tensor<f32>,
    pi: &Tensor<f32>,
    mut dx: LinearViewMut<'_, Vector<F, N>>,
    sums: &mut Tensor<f32>,
    channels: u32,
    stride: u32,
    lanes: u32,
    per_channel: u32,
    #[comptime] formula: Formula,
    #[comptime] of_x: bool,
    #[define(F)] _dtype: ElemType,
) {
    let (channels, stride, lanes) = (channels as usize, stride as usize, lanes as usize);
    if ABSOLUTE_POS >= lanes * channels {
        terminate!();
    }
    let lane = ABSOLUTE_POS % lanes;
    let at = ABSOLUTE_POS / lanes;
    let of = channel(mu, sigma, pi, at);
    let scale = 2.0f32 / of.sigma;
    let largest = comptime!(f32::MAX).runtime();

    let mut total = Sums {
        mu: 0.0f32,
        sigma: 0.0f32,
        pi: 0.0f32,
    };
    let mut j = lane;
    while j < per_channel as usize {
        let place = ((j / stride) * channels + at) * stride + j % stride;
        let xs = Vector::<f32, N>::cast_from(x.read(place));
        let grads = Vector::<f32, N>::cast_from(grad.read(place));
        let mut dxs = Vector::<f32, N>::empty();
        if comptime!(formula == Formula::BinaryCrossEntropy) {
            let targets = Vector::<f32, N>::cast_from(extra.read(place));
            #[unroll]
            for i in 0..N::value() {
                let target = targets.extract(i);
                let (x, grad) = (xs.extract(i), grads.extract(i));
                let part = accumulate(&mut total, x, grad, target, of.mu, of.sigma, formula);
                dxs.insert(i, limited(scale * part, largest));
            }
        } else {
            #[unroll]
            for i in 0..N::value() {
                let (x, grad) = (xs.extract(i), grads.extract(i));
                let part = accumulate(&mut total, x, grad, of.pi, of.mu, of.sigma, formula);
                dxs.insert(i, scale * part);
            }
        }
        if of_x {
            dx.write(place, Vector::cast_from(dxs));
        }
        j += lanes;
    }
    let first = lane * 3 * channels + at;
    sums[first] = limited(scale * total.mu, largest);
    sums[first + channels] = limited(scale * of.sign * total.sigma, largest);
    sums[first + 2 * channels] = -total.pi;
}

/// Adds up `FOLD` neighbouring rows of `[rows, columns]` at a time.
#[cube(launch)]
pub(super) fn fold(parts: &Tensor<f32>, sums: &mut Tensor<f32>, rows: u32, columns: u32) {
    if ABSOLUTE_POS >= sums.len() {
        terminate!();
    }
    let (rows, columns) = (rows as usize, columns as usize);
    let column = ABSOLUTE_POS % columns;
    let first = ABSOLUTE_POS / columns * FOLD;
    let mut end = first + FOLD;
    if end > rows {
        end = rows;
    }
    let mut sum = 0.0f32;
    for row in first..end {
        sum += parts[row * columns + column];
    }
    sums[ABSOLUTE_POS] = sum;
}

/// Rows that one unit of [`fold`] adds up.
pub(super) const FOLD: usize = 64;
