//! MultiDome in tensor operations, from the logarithms of the bumps: `kappa_i`, `[batch, n]`.
//!
//! With `a_i = exp(kappa_i)`, what each has above the smallest, `b_i = a_i - min a_j`, and `T = sum b_j`,
//! equations (8), (12) and (13) are
//!
//! ```text
//! D_i = b_i + (1 - T)/n
//! P_i = D_i where T <= 1,    b_i/T elsewhere
//! ```
//!
//! where nothing cancels: `a_i + (1 - S)/n` with `S = sum a_j` would be a difference of numbers up to n times
//! as large as the result.

use burn::tensor::activation::log_softmax;
use burn::tensor::{Bool, FloatDType, Int, Tensor};

use super::class_loss::{ClassLoss, MultiDomeLossKind};
use crate::op::broadcast::{cast, compute_dtype};
use crate::op::gradient::with_derivatives;
use crate::op::one_minus_exp::one_minus_exp_neg;
use crate::op::sigma::floored;
use crate::reference_points::simplex;

#[cfg(not(feature = "std"))]
#[allow(unused_imports)] // where another crate links std, its methods are there
use num_traits::Float as _;

/// Up to this number of coordinates of all points, distances are sums of squared differences of a tensor
/// `[batch, classes, dim]`; of more points, products of matrices.
const MOST_DIFFERENCES: usize = 1 << 14;

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
    let x = cast(x, dtype);
    let sigma = floored(cast(sigma, dtype)).reshape([1, 1]);
    let mu = cast(mu, dtype).reshape([1, 1]);
    match points {
        None => {
            let (mu, x) = (mu / sigma.clone(), limited(x / sigma));
            simplex::negative_squared_distances(x, mu, classes)
        }
        Some(points) => of_points(x, mu, sigma, cast(points, dtype)),
    }
}

/// Distances, in units of sigma, limited to those whose square is a finite number.
fn limited<const D: usize>(distances: Tensor<D>) -> Tensor<D> {
    let far = match distances.dtype().into() {
        FloatDType::F64 => 1e140,
        _ => 1e15,
    };
    distances.clamp(-far, far)
}

/// From differences, which are exact near the points wherever these lie. Those of many points would take too
/// much memory: there `||x||^2 - 2 <x, p> + ||p||^2`, from the points' centre on, whose distance from the
/// origin would take digits from all three.
fn of_points(x: Tensor<2>, mu: Tensor<2>, sigma: Tensor<2>, points: Tensor<2>) -> Tensor<2> {
    let [classes, dim] = points.dims();
    let squares = if classes * dim <= MOST_DIFFERENCES {
        let modes = (points * mu).unsqueeze_dim::<3>(0);
        let apart = x.unsqueeze_dim::<3>(1) - modes;
        limited(apart / sigma.unsqueeze_dim(0))
            .square()
            .sum_dim(2)
            .squeeze_dim(2)
    } else {
        // Any centre gives the same number, so that it is a constant.
        let centre = points.clone().without_autodiff().mean_dim(0);
        let x = limited((x - centre.clone() * mu.clone()) / sigma.clone());
        let points = points - centre;
        let mu = mu / sigma;
        let lengths = points.clone().square().sum_dim(1).transpose();
        let products = x.clone().matmul(points.transpose());
        let sum = x.square().sum_dim(1) - products * mu.clone() * 2.0 + lengths * mu.square();
        sum.clamp_min(0.0)
    };
    squares.neg()
}

/// Quotients by `Q` are limited to its exponential: beyond, P is as good as 0.
pub(in crate::op) const MOST_OVER_Q: f64 = 80.0;

/// Numbers in the order of kappa, to tell which class is nearest: kappa itself, but for embeddings so far away
/// that kappa has lost the differences of the classes. There, in units of the largest coordinate of x,
/// `<x, p_i> - mu/2 ||p_i||^2` with the sign of mu.
pub(crate) fn order(
    kappa: Tensor<2>,
    x: Tensor<2>,
    mu: Tensor<1>,
    points: Option<Tensor<2>>,
) -> Tensor<2> {
    /// How many times as far as the modes.
    const FAR: f64 = 100.0;
    let [batch, classes] = kappa.dims();
    let dtype = kappa.dtype();
    let (x, mu) = (cast(x, dtype), cast(mu, dtype).reshape([1, 1]));
    let size = x.clone().abs().max_dim(1);
    let unit = size.clone().mask_fill(size.clone().equal_elem(0.0), 1.0);
    let direction = x / unit.clone();
    let (along, reach) = match points {
        None => (
            simplex::products(direction, classes) * mu.clone().sign(),
            mu.abs(),
        ),
        Some(points) => {
            let points = cast(points, dtype);
            let lengths = points.clone().square().sum_dim(1).transpose();
            let reach = points.clone().abs().max().reshape([1, 1]) * mu.clone().abs();
            let along = direction.matmul(points.transpose()) * mu.clone().sign()
                - lengths * (mu.abs() / unit * 0.5);
            (along, reach)
        }
    };
    let far = size.greater(reach * FAR);
    kappa.mask_where(far.expand([batch, classes]), along)
}

/// `a_i - a_min`, and their sums.
fn above_smallest(kappa: Tensor<2>) -> (Tensor<2>, Tensor<2>) {
    let a = kappa.exp();
    let above = a.clone() - a.min_dim(1);
    let sum = above.clone().sum_dim(1);
    (above, sum)
}

/// D, equation (8).
pub(crate) fn raw(kappa: Tensor<2>) -> Tensor<2> {
    let n = kappa.dims()[1] as f64;
    let (above, sum) = above_smallest(kappa);
    above - (sum - 1.0) / n
}

/// P, equations (12) and (13).
pub(crate) fn probabilities(kappa: Tensor<2>) -> Tensor<2> {
    let n = kappa.dims()[1] as f64;
    let (above, sum) = above_smallest(kappa);
    let outside = sum.clone().greater_elem(1.0);
    // Where D is used the quotient is 0/1: its gradient must not be NaN.
    let divisor = sum.clone().mask_fill(outside.clone().bool_not(), 1.0);
    let shifted = above.clone() / divisor;
    let raw = above - (sum - 1.0) / n;
    let outside = outside.expand(raw.dims());
    raw.mask_where(outside, shifted).clamp(0.0, 1.0)
}

/// What a loss is measured against, and what it counts.
pub struct Targets {
    /// Class indices, `[batch]`.
    pub classes: Tensor<1, Int>,
    /// Of each class: its term is multiplied by it.
    pub weights: Option<Tensor<1>>,
    /// Which samples do not count, whatever their class.
    pub ignored: Option<Tensor<1, Bool>>,
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
    fn soft(&self, like: &Tensor<2>, smoothing: f64) -> Tensor<2> {
        let hard = self.hard(like);
        match smoothing {
            0.0 => hard,
            smoothing => hard * (1.0 - smoothing) + smoothing / like.dims()[1] as f64,
        }
    }

    /// The losses `[batch]`, each times the weight of its class.
    pub(super) fn weighted(&self, losses: Tensor<1>) -> Tensor<1> {
        let dtype = losses.dtype();
        match &self.weights {
            Some(weights) => losses * cast(self.of_samples(weights), dtype),
            None => losses,
        }
    }

    /// What each sample counts, `[batch]`: the weight of its class, 0 if it is ignored. None if all count 1.
    pub(crate) fn sample_weights(&self) -> Option<Tensor<1>> {
        let weights = match (&self.weights, &self.ignored) {
            (None, None) => return None,
            (Some(weights), _) => self.of_samples(weights),
            (None, Some(_)) => self.classes.clone().float().ones_like(),
        };
        Some(self.without_ignored(weights))
    }

    /// A number for each sample, 0 for those that are ignored.
    pub(crate) fn without_ignored(&self, numbers: Tensor<1>) -> Tensor<1> {
        match &self.ignored {
            Some(ignored) => numbers.mask_fill(ignored.clone(), 0.0),
            None => numbers,
        }
    }

    fn of_samples(&self, weights: &Tensor<1>) -> Tensor<1> {
        // A target that is no class has no weight; its loss is NaN, whatever it is multiplied by.
        let last = weights.dims()[0] as i64 - 1;
        weights
            .clone()
            .gather(0, self.classes.clone().clamp(0, last))
    }

    /// The losses, NaN where the target is no class.
    fn of_classes(&self, losses: Tensor<1>, n: usize) -> Tensor<1> {
        let below = self.classes.clone().lower_elem(0);
        let above = self.classes.clone().greater_equal_elem(n as i64);
        losses.mask_fill(below.bool_or(above), f64::NAN)
    }
}

/// The loss of each sample times the weight of its class, `[batch]`.
pub fn loss(kappa: Tensor<2>, targets: &Targets, loss: &ClassLoss) -> Tensor<1> {
    let losses = match loss.kind {
        MultiDomeLossKind::Nll => nll(kappa, targets, loss),
        MultiDomeLossKind::Brier => brier(kappa, targets, loss.smoothing),
    };
    targets.of_classes(losses, loss.classes) * loss.scale
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
fn nll(kappa: Tensor<2>, targets: &Targets, loss: &ClassLoss) -> Tensor<1> {
    let ClassLoss {
        floor, smoothing, ..
    } = *loss;
    let k = kappa.clone().without_autodiff();
    let n = k.dims()[1] as f64;
    let mut t = targets.soft(&k, smoothing);
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
    let over_q =
        |log: Tensor<2>| (log - log_mixed.clone()).clamp_max(MOST_OVER_Q).exp() * t.clone();
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
    // Where h is limited, a class's share of its own `a h/n` is lost.
    let limited = log_mixed
        .clone()
        .neg()
        .greater_elem(MOST_OVER_Q - (-floor).ln_1p());
    let lost = (own.clone() / n).mask_fill(limited.bool_not(), 0.0);
    let within = own.clone() - bumps.a.clone() * big_h.clone() / n - lost;
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
fn brier(kappa: Tensor<2>, targets: &Targets, smoothing: f64) -> Tensor<1> {
    let soft = targets.soft(&kappa.clone().without_autodiff(), smoothing);
    targets.weighted((raw(kappa) - soft).square().sum_dim(1).squeeze_dim(1))
}

/// The bumps of a batch and their sums, off the tape.
struct Bumps {
    n: f64,
    a: Tensor<2>,
    /// What each has above the smallest, and what D adds to that.
    above: Tensor<2>,
    lift: Tensor<2>,
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
        let above = a.clone() - smallest.clone();
        let others_above = above.clone().mask_fill(largest_at.clone(), 0.0).sum_dim(1);
        let spread = others_above.clone() + (largest.clone() - smallest.clone());
        let gap = one_minus_exp_neg(top.neg(), largest.clone());
        let outside = spread.clone().greater_elem(1.0);
        Self {
            n: n as f64,
            // (1 - T)/n, which keeps its digits both near a mode and where all bumps are alike.
            lift: (gap.clone() + smallest.clone() - others_above) / n as f64,
            gap,
            spread: spread.mask_fill(outside.clone().bool_not(), 1.0),
            a,
            above,
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
        let within = self.above.clone() + self.lift.clone();
        let outside = self.above.clone() / self.spread.clone();
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
