use burn_cubecl::cubecl::{self, cube, prelude::*};

use crate::op::SIGMA_FLOOR;
use crate::op::gpu::arithmetic::magnitude_from;

/// How the channels lie in a tensor that is read in vectors of `N` elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::op) enum Order {
    /// One channel for all.
    Shared,
    /// Vector i belongs to channel `(i / stride) % channels`.
    Runs,
    /// The elements of a vector belong to neighbouring channels; vector i starts at channel
    /// `N i % channels`.
    Interleaved,
}

/// mu, sigma and pi of the channels of a vector's elements.
#[derive(CubeType)]
pub(in crate::op) struct Channels<N: Size> {
    pub mu: Vector<f32, N>,
    /// The floored magnitude of sigma.
    pub sigma: Vector<f32, N>,
    /// The gradient passes the floor as if there were none, with this sign.
    pub sign: Vector<f32, N>,
    pub pi: Vector<f32, N>,
}

/// `group` counts channels, or where they are interleaved vectors of them.
#[cube]
pub(in crate::op) fn channels<N: Size>(
    mu: &Tensor<f32>,
    sigma: &Tensor<f32>,
    pi: &Tensor<f32>,
    group: usize,
    #[comptime] order: Order,
) -> Channels<N> {
    let mus = values::<N>(mu, group, order);
    let signed = values::<N>(sigma, group, order);
    let pis = values::<N>(pi, group, order);
    let floor = comptime!(SIGMA_FLOOR as f32).runtime();
    let mut sigmas = Vector::<f32, N>::empty();
    let mut signs = Vector::<f32, N>::empty();
    #[unroll]
    for i in 0..N::value() {
        let signed = signed.extract(i);
        sigmas.insert(i, magnitude_from(signed, floor));
        signs.insert(i, select(signed < 0.0f32, -1.0f32, 1.0f32));
    }
    Channels::<N> {
        mu: mus,
        sigma: sigmas,
        sign: signs,
        pi: pis,
    }
}

/// The values of a parameter, which is `[1]` or `[channels]`.
#[cube]
fn values<N: Size>(
    parameter: &Tensor<f32>,
    group: usize,
    #[comptime] order: Order,
) -> Vector<f32, N> {
    match order {
        Order::Shared => Vector::new(parameter[0]),
        Order::Runs => Vector::new(parameter[select(parameter.len() == 1, 0, group)]),
        Order::Interleaved => {
            let is_shared = parameter.len() == 1;
            let mut values = Vector::<f32, N>::empty();
            #[unroll]
            for i in 0..N::value() {
                values.insert(i, parameter[select(is_shared, 0, group * N::value() + i)]);
            }
            values
        }
    }
}
