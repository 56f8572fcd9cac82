//! MultiDome in tensor operations, from the logarithms of the bumps: `kappa_i`, `[batch, n]`.
//!
//! With `a_i = exp(kappa_i)`, `S = sum a_j` and `a_min = min a_j`, equations (8), (12) and (13) are
//!
//! ```text
//! D_i = a_i + (1 - S)/n
//! P_i = D_i where S <= 1 + n a_min,    (a_i - a_min)/(S - n a_min) elsewhere
//! ```

use burn::tensor::activation::log_softmax;
use burn::tensor::{Bool, FloatDType, Int, Tensor};

use super::broadcast::{cast, compute_dtype};
use super::gradient::with_derivatives;
use super::reference::one_minus_exp_neg;
use super::sigma::floored;
use crate::simplex;

/// `-||x - mu e_i||^2 / sigma^2`; the vertices of the simplex where `points` are absent.
///
/// In units of sigma, clamped to distances whose square still is a finite number.
pub fn scores(
    x: Tensor<2>,
    mu: Tensor<1>,
    sigma: Tensor<1>,
    points: Option<Tensor<2>>,
    classes: usize,
) -> Tensor<2> {
    let dtype = compute_dtype(x.dtype());
    let far = match dtype {
        FloatDType::F64 => 1e140,
        _ => 1e15,
    };
    let sigma = floored(cast(sigma, dtype)).reshape([1, 1]);
    let mu = cast(mu, dtype).reshape([1, 1]) / sigma.clone();
    let x = (cast(x, dtype) / sigma).clamp(-far, far);
    let squared_distances = match points {
        None => simplex::squared_distances(x, mu, classes),
        Some(points) => {
            let points = cast(points, dtype);
            let lengths = points.clone().square().sum_dim(1).transpose();
            let products = x.clone().matmul(points.transpose());
            let sum = x.square().sum_dim(1) - products * mu.clone() * 2.0 + lengths * mu.square();
            sum.clamp_min(0.0)
        }
    };
    squared_distances.neg()
}

/// D, equation (8).
pub(crate) fn raw(kappa: Tensor<2>) -> Tensor<2> {
    let n = kappa.dims()[1] as f64;
    let a = kappa.exp();
    let excess = a.clone().sum_dim(1) - 1.0;
    a - excess / n
}

/// P, equations (12) and (13).
pub(crate) fn probabilities(kappa: Tensor<2>) -> Tensor<2> {
    let n = kappa.dims()[1] as f64;
    let a = kappa.exp();
    let smallest = a.clone().min_dim(1);
    let sum = a.clone().sum_dim(1);
    let spread = sum.clone() - smallest.clone() * n;
    let outside = spread.clone().greater_elem(1.0);
    // Where D is used the quotient is 0/1: its gradient must not be NaN.
    let divisor = spread.mask_fill(outside.clone().bool_not(), 1.0);
    let shifted = (a.clone() - smallest) / divisor;
    let raw = a - (sum - 1.0) / n;
    let outside = outside.expand(raw.dims());
    raw.mask_where(outside, shifted).clamp(0.0, 1.0)
}

/// What a loss is measured against: `(1 - smoothing) [i = y] + smoothing/n`, and what class `i`'s
/// term is multiplied by.
pub struct Targets {
    pub classes: Tensor<1, Int>,
    pub smoothing: f64,
    pub weights: Option<Tensor<1>>,
}

impl Targets {
    /// `[batch, n]`, 1 at the targets.
    fn hard(&self, like: &Tensor<2>) -> Tensor<2> {
        let [batch, n] = like.dims();
        let classes = Tensor::<1, Int>::arange(0..n as i64, &like.device().without_autodiff());
        let at = classes
            .reshape([1, n])
            .equal(self.classes.clone().reshape([batch, 1]));
        like.zeros_like().mask_fill(at, 1.0)
    }

    /// `[batch, n]`, smoothed.
    fn soft(&self, like: &Tensor<2>) -> Tensor<2> {
        let hard = self.hard(like);
        match self.smoothing {
            0.0 => hard,
            smoothing => hard * (1.0 - smoothing) + smoothing / like.dims()[1] as f64,
        }
    }

    /// The losses `[batch]`, each times the weight of its class.
    pub(super) fn weighted(&self, losses: Tensor<1>) -> Tensor<1> {
        let dtype = losses.dtype();
        match self.sample_weights() {
            Some(weights) => losses * cast(weights, dtype),
            None => losses,
        }
    }

    /// The weight of each sample's class, `[batch]`.
    pub(crate) fn sample_weights(&self) -> Option<Tensor<1>> {
        let weights = self.weights.as_ref()?;
        Some(weights.clone().gather(0, self.classes.clone()))
    }
}

/// What the losses measure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Score {
    /// `-sum_i t_i log Q_i`.
    Nll { floor: f64 },
    /// `sum_i (D_i - t_i)^2`.
    Brier,
}

/// The loss of each sample times the weight of its class, `[batch]`.
pub fn loss(kappa: Tensor<2>, targets: &Targets, score: Score) -> Tensor<1> {
    match score {
        Score::Nll { floor } => nll(kappa, targets, floor),
        Score::Brier => brier(kappa, targets),
    }
}

/// `-sum_i t_i log Q_i`, `[batch]`, where `Q = (1 - floor) P + floor softmax(kappa)`.
///
/// `softmax(kappa)_i = a_i/S`. With `s` for it, the derivatives in `kappa_j` are
///
/// ```text
/// -r_j + s_j sum_i r_i  -  a_j (h_j - H/n)                               where P = D
/// -r_j + s_j sum_i r_i  -  (a_j/T)(h_j - G) + [j = min] (a_min/T)(H - n G)   elsewhere
///
/// h_i = t_i (1 - floor)/Q_i    r_i = t_i floor s_i/Q_i    T = S - n a_min
/// H = sum_i h_i                G = sum_i h_i P_i
/// ```
///
/// where the smallest P is 0 whatever kappa is, so its `h` counts as 0.
fn nll(kappa: Tensor<2>, targets: &Targets, floor: f64) -> Tensor<1> {
    let k = kappa.clone().without_autodiff();
    let n = k.dims()[1] as f64;
    let mut t = targets.soft(&k);
    if let Some(weights) = &targets.weights {
        t = t * cast(weights.clone(), k.dtype()).unsqueeze_dim(0);
    }
    let bumps = Bumps::new(k.clone());
    let (p, others) = bumps.probabilities();
    let log_softmax = log_softmax(k.clone(), 1);

    let log_mixed = log_add_exp(
        p.clone().log() + (-floor).ln_1p(),
        log_softmax.clone() + floor.ln(),
    );
    // Near Q = 1 from what the other classes have, so that small losses keep their digits.
    let missing = others * (1.0 - floor)
        + bumps.rest.clone() / (bumps.rest.clone() + bumps.largest.clone()) * floor;
    let sure = missing.clone().lower_elem(0.5).expand(k.dims());
    let sure = sure.bool_and(bumps.largest_at.clone());
    let nll = log_mixed
        .clone()
        .neg()
        .mask_where(sure, missing.neg().log1p().neg().expand(k.dims()));
    let unused = t.clone().equal_elem(0.0);
    let value = (nll * t.clone()).mask_fill(unused.clone(), 0.0).sum_dim(1);
    if !kappa.is_autodiff() {
        return value.squeeze_dim(1);
    }

    // Quotients by Q in the log domain: it may underflow. They end below the largest number.
    let over_q = |log: Tensor<2>| (log - log_mixed.clone()).clamp_max(80.0).exp() * t.clone();
    let r = over_q(log_softmax.clone() + floor.ln()).mask_fill(unused.clone(), 0.0);
    let never = unused.bool_or(
        bumps
            .outside
            .clone()
            .expand(k.dims())
            .bool_and(bumps.smallest_at.clone()),
    );
    let h = over_q(k.zeros_like() + (-floor).ln_1p()).mask_fill(never.clone(), 0.0);
    let own = over_q(k + (-floor).ln_1p()).mask_fill(never, 0.0);
    let sum = |x: &Tensor<2>| x.clone().sum_dim(1);
    let (big_h, g) = (sum(&h), (h * p).sum_dim(1));
    let within = own.clone() - bumps.a.clone() * big_h.clone() / n;
    let at_smallest = bumps.smallest.clone() * (big_h - g.clone() * n);
    let outside = (own
        - bumps.a.clone() * g
        - at_smallest
            .expand(bumps.a.dims())
            .mask_fill(bumps.smallest_at.bool_not(), 0.0))
        / bumps.spread;
    let through_p = within.mask_where(bumps.outside.expand(bumps.a.dims()), outside);
    let derivative = log_softmax.exp() * sum(&r) - r - through_p;
    // The value is spread over the row in any way: its terms are summed at once.
    let at = bumps.largest_at.float();
    with_derivatives(value * cast(at, kappa.dtype()), [(kappa, derivative)])
        .sum_dim(1)
        .squeeze_dim(1)
}

/// `sum_i (D_i - t_i)^2`, `[batch]`, times the weight of the sample's class.
fn brier(kappa: Tensor<2>, targets: &Targets) -> Tensor<1> {
    let soft = targets.soft(&kappa.clone().without_autodiff());
    targets.weighted((raw(kappa) - soft).square().sum_dim(1).squeeze_dim(1))
}

/// The bumps of a batch and their sums, off the tape.
struct Bumps {
    n: f64,
    a: Tensor<2>,
    /// `a_max`, and the sum of all others: their difference to 1 keeps its digits.
    largest: Tensor<2>,
    rest: Tensor<2>,
    /// `1 - a_max`.
    gap: Tensor<2>,
    largest_at: Tensor<2, Bool>,
    smallest: Tensor<2>,
    smallest_at: Tensor<2, Bool>,
    /// Where P differs from D.
    outside: Tensor<2, Bool>,
    /// `S - n a_min` there, 1 elsewhere.
    spread: Tensor<2>,
}

impl Bumps {
    fn new(kappa: Tensor<2>) -> Self {
        let [_, n] = kappa.dims();
        let classes = Tensor::<1, Int>::arange(0..n as i64, &kappa.device()).reshape([1, n]);
        let (top, top_index) = kappa.clone().max_dim_with_indices(1);
        let largest_at = classes.clone().equal(top_index);
        let smallest_at = classes.equal(kappa.clone().argmin(1));
        let a = kappa.exp();
        let largest = top.clone().exp();
        let rest = a.clone().mask_fill(largest_at.clone(), 0.0).sum_dim(1);
        let smallest = a.clone().min_dim(1);
        let spread = rest.clone() + largest.clone() - smallest.clone() * n as f64;
        let outside = spread.clone().greater_elem(1.0);
        Self {
            n: n as f64,
            gap: one_minus_exp_neg(top.neg(), largest.clone()),
            spread: spread.mask_fill(outside.clone().bool_not(), 1.0),
            a,
            largest,
            rest,
            largest_at,
            smallest,
            smallest_at,
            outside,
        }
    }

    /// P, and `1 - P` of the class of the largest bump.
    fn probabilities(&self) -> (Tensor<2>, Tensor<2>) {
        let n = self.n;
        let within = self.a.clone() + (self.gap.clone() - self.rest.clone()) / n;
        let outside = (self.a.clone() - self.smallest.clone()) / self.spread.clone();
        let p = within
            .mask_where(self.outside.clone().expand(self.a.dims()), outside)
            .clamp(0.0, 1.0);
        let within = (self.gap.clone() * (n - 1.0) + self.rest.clone()) / n;
        let outside = (self.rest.clone() - self.smallest.clone() * (n - 1.0)) / self.spread.clone();
        (
            p,
            within
                .mask_where(self.outside.clone(), outside)
                .clamp(0.0, 1.0),
        )
    }
}

/// `log(exp(x) + exp(y))`, also where one of them is -inf.
fn log_add_exp(x: Tensor<2>, y: Tensor<2>) -> Tensor<2> {
    let largest = x.clone().max_pair(y.clone());
    largest + (x - y).abs().neg().exp().log1p()
}
