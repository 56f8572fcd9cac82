//! From what is measured of one embedding to its loss and the sums that its gradients are made of.

use super::bumps::Sums;
use super::loss::{Bumps, Loss, Slope, Target};
use super::simplex::Simplex;
use crate::op::host::exponential::{Exact, exp_minus};

/// Products with the vertices, less that of the largest bump's class, and distances.
#[derive(Clone, Copy)]
pub(in crate::op) struct Measured {
    /// Of the target, and of the smallest bump.
    pub target_product: f64,
    pub smallest_product: f64,
    /// Whether the target is the class of the largest bump, and of the smallest.
    pub is_top: bool,
    pub is_smallest: bool,
    /// `||v - m e_max||^2` and `<v - m e_max, e_max>`.
    pub square: f64,
    pub toward: f64,
    pub sums: Sums,
}

/// The loss and its derivatives by `kappa_i`.
pub(in crate::op) struct Derivatives {
    pub loss: f64,
    pub slope: Slope,
    /// Sums of the derivatives over all classes, over all but that of the largest bump, and of the
    /// derivatives times `s_i - s_max`.
    pub all: f64,
    pub others: f64,
    pub products: f64,
}

impl Measured {
    #[inline(always)]
    fn bumps<const FMA: bool>(&self, simplex: &Simplex) -> (Bumps, Target) {
        let (top, gap) = exp_minus::<Exact, FMA>(self.square);
        let bumps = Bumps {
            n: simplex.classes() as f64,
            top_log: -self.square,
            top,
            gap,
            rest: self.sums.e,
            rest_squares: self.sums.squares,
            smallest: simplex.bump::<FMA>(self.smallest_product),
        };
        let target = Target {
            below_top: 2.0 * simplex.m * self.target_product,
            e: simplex.bump::<FMA>(self.target_product),
            is_top: self.is_top,
            is_smallest: self.is_smallest,
        };
        (bumps, target)
    }

    #[inline(always)]
    pub fn loss<const FMA: bool>(&self, simplex: &Simplex, kind: impl Loss) -> f64 {
        let (bumps, target) = self.bumps::<FMA>(simplex);
        kind.loss::<FMA>(&bumps, &target)
    }

    #[inline(always)]
    pub fn derivatives<const FMA: bool>(&self, simplex: &Simplex, kind: impl Loss) -> Derivatives {
        let (bumps, target) = self.bumps::<FMA>(simplex);
        let (loss, slope) = kind.loss_with_slope::<FMA>(&bumps, &target);
        let sums = &self.sums;
        let (at_other, at_top) = match target.is_top {
            true => (0.0, slope.at_target),
            false => (slope.at_target, 0.0),
        };
        let others =
            slope.quadratic * sums.squares + slope.linear * sums.e + at_other + slope.at_smallest;
        let products = slope.quadratic * sums.square_products
            + slope.linear * sums.products
            + at_other * self.target_product
            + slope.at_smallest * self.smallest_product;
        Derivatives {
            loss,
            slope,
            all: others + slope.quadratic + slope.linear + at_top,
            others,
            products,
        }
    }
}
