use super::planes::{BLOCK, Coordinate, Planes, place};
use super::weights;
use crate::op::host::block::Aligned;
use crate::op::host::exponential::{Exact, exp_minus};
use crate::op::host::real::{limited, to};
use crate::reference_points::simplex;

/// Classes up to which groups of embeddings are faster by far; from 500 on, one embedding at a time is.
const FEW: usize = 128;

/// What all rows share.
pub(in crate::op) struct Simplex {
    classes: usize,
    /// `w_k` for k from 1 on, for few classes; else none.
    pub weights: Vec<f64>,
    /// The same for many classes, in blocks with zeros behind the last one.
    pub blocks: Vec<Planes<f64>>,
    /// `|mu|/sigma`.
    pub m: f64,
    /// `1/sigma`, with the sign of mu.
    pub rate: f64,
}

/// Derivatives of one row in mu and sigma.
#[derive(Debug, Clone, Copy)]
pub(in crate::op) struct ParameterGradient {
    pub mu: f64,
    pub sigma: f64,
}

/// Coordinates farther from 0 than this, in sigmas, are limited to it: sums of their squares are finite numbers.
#[inline(always)]
pub(in crate::op) fn farthest<E: Coordinate, R: Coordinate>() -> R {
    R::rounded(if E::MAX == f64::MAX { 1e140 } else { 1e15 })
}

impl Simplex {
    /// `sigma` is floored already.
    pub fn new(classes: usize, mu: f64, sigma: f64) -> Self {
        let mut simplex = Self {
            classes,
            weights: Vec::new(),
            blocks: Vec::new(),
            m: mu.abs() / sigma,
            rate: sigma.recip().copysign(mu),
        };
        match simplex.has_few() {
            true => simplex.weights = simplex::weights(classes),
            false => simplex.blocks = weights::blocks(classes),
        }
        simplex
    }

    /// `w_class` of a vertex that is not the first, of many classes.
    #[inline(always)]
    pub fn weight(&self, class: usize) -> f64 {
        let index = class - 1;
        self.blocks[index / BLOCK].0[place(index % BLOCK)]
    }

    /// Whether there are so few classes that embeddings are computed in groups.
    pub fn has_few(&self) -> bool {
        self.classes <= FEW
    }

    pub fn classes(&self) -> usize {
        self.classes
    }

    /// A coordinate in units of sigma.
    #[inline(always)]
    pub fn scaled<E: Coordinate, R: Coordinate>(&self, x: E) -> R {
        limited(to::<R, E>(x) * R::rounded(self.rate), farthest::<E, R>())
    }

    /// Room for one number for each class but the first.
    pub fn room<R: Coordinate>(&self) -> Vec<Planes<R>> {
        vec![Aligned([R::ZERO; BLOCK]); self.blocks.len()]
    }

    /// `e_i` of a class, from `s_i - s_max`, which is not positive.
    #[inline(always)]
    pub fn bump<const FMA: bool>(&self, product: f64) -> f64 {
        exp_minus::<Exact, FMA>(-2.0 * self.m * product).0
    }

    /// From the sums of the slopes, and of the slopes times `s_i - s_max`; `limited` is that of
    /// [`Row::backward`].
    #[inline(always)]
    pub fn parameters(
        &self,
        top_log: f64,
        all: f64,
        products: f64,
        toward: f64,
        limited: f64,
    ) -> ParameterGradient {
        let sigma = -top_log * all - 2.0 * self.m * products;
        ParameterGradient {
            mu: 2.0 * self.rate * (products + toward * all),
            sigma: (2.0 * sigma + limited) * self.rate.abs(),
        }
    }
}
