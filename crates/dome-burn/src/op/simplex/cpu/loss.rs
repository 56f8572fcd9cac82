//! The losses of one embedding and their derivatives, from sums over its classes.

use crate::op::host::exponential::{Exact, exp, exp_minus};
use crate::op::host::logarithm::{ln, ln_1p};
use crate::op::host::real::select;
use crate::op::simplex::composed::MOST_OVER_Q;

/// One embedding's bumps. With the largest taken out, `e_i = exp(kappa_i - kappa_max)`, `a_i = top e_i`
/// for `top = exp(kappa_max)` in f64, which underflows much later than in f32.
#[derive(Clone, Copy)]
pub(in crate::op) struct Bumps {
    /// The number of classes.
    pub n: f64,
    /// `kappa_max`, the bump there, and 1 minus it.
    pub top_log: f64,
    pub top: f64,
    pub gap: f64,
    /// Sums of `e_i` and, if the kind asks for them, of its squares over all classes but that of the
    /// largest, where it is 1: so a small rest keeps its digits.
    pub rest: f64,
    pub rest_squares: f64,
    /// The least `e_i`.
    pub smallest: f64,
}

/// The class that a loss is measured against.
#[derive(Clone, Copy)]
pub(in crate::op) struct Target {
    /// `kappa_i - kappa_max`, and `e_i`.
    pub below_top: f64,
    pub e: f64,
    /// Whether its bump is the largest, and the smallest.
    pub is_top: bool,
    pub is_smallest: bool,
}

/// The derivative of a loss in `kappa_i`, for all i:
///
/// ```text
/// e_i (quadratic e_i + linear) + [i = y] at_target + [i = min] at_smallest
/// ```
#[derive(Clone, Copy)]
pub(in crate::op) struct Slope {
    pub quadratic: f64,
    pub linear: f64,
    pub at_target: f64,
    pub at_smallest: f64,
}

/// A loss of one embedding. Without branches: several embeddings lie side by side in a vector.
pub(in crate::op) trait Loss: Copy + Send + Sync {
    /// Whether it asks for sums of the squares of bumps.
    const SQUARES: bool;

    fn loss<const FMA: bool>(&self, bumps: &Bumps, target: &Target) -> f64;

    fn loss_with_slope<const FMA: bool>(&self, bumps: &Bumps, target: &Target) -> (f64, Slope);
}

/// A loss times a number.
#[derive(Clone, Copy)]
pub(in crate::op) struct Scaled<R> {
    pub kind: R,
    pub scale: f64,
}

/// `-ln Q_y` for `Q = (1 - floor) P + floor softmax(kappa)`.
#[derive(Clone, Copy)]
pub(in crate::op) struct Nll {
    floor: f64,
    log_floor: f64,
    /// `ln(1 - floor)`
    log_rest: f64,
}

/// `sum_i (D_i - t_i)^2` for a target t smoothed over all classes.
#[derive(Clone, Copy)]
pub(in crate::op) struct Brier {
    pub smoothing: f64,
}

/// Of a target, `ln(floor softmax(kappa))` and `ln Q`.
#[derive(Clone, Copy)]
struct Mixed {
    softmax: f64,
    log_q: f64,
}

impl Bumps {
    /// `(1 - S)/n`, what D adds to each `a`.
    #[inline(always)]
    fn lift(&self) -> f64 {
        (self.gap - self.top * self.rest) / self.n
    }

    /// `S - n a_min`; where it is above 1, P differs from D.
    #[inline(always)]
    fn spread(&self) -> f64 {
        self.top * (1.0 + self.rest - self.n * self.smallest)
    }

    #[inline(always)]
    fn probability(&self, target: &Target) -> f64 {
        let spread = self.spread();
        let d = self.top * target.e + self.lift();
        let p = self.top * (target.e - self.smallest) / spread;
        let p = select(target.is_smallest, 0.0, p);
        select(spread > 1.0, p, d).clamp(0.0, 1.0)
    }
}

impl Mixed {
    /// A number over Q, from its logarithm.
    #[inline(always)]
    fn over_q<const FMA: bool>(&self, log: f64) -> f64 {
        let log = log - self.log_q;
        exp::<Exact, FMA>(select(log > MOST_OVER_Q, MOST_OVER_Q, log))
    }
}

impl Nll {
    pub fn new(floor: f64) -> Self {
        Self {
            floor,
            log_floor: floor.ln(),
            log_rest: (-floor).ln_1p(),
        }
    }

    #[inline(always)]
    fn mixed<const FMA: bool>(&self, bumps: &Bumps, target: &Target) -> Mixed {
        let p = (1.0 - self.floor) * bumps.probability(target);
        let softmax = target.below_top - ln_1p::<FMA>(bumps.rest) + self.log_floor;
        let log_p = ln::<FMA>(p.max(f64::MIN_POSITIVE));
        let apart = exp_minus::<Exact, FMA>((log_p - softmax).abs()).0;
        let larger = select(log_p > softmax, log_p, softmax);
        Mixed {
            softmax,
            log_q: select(p > 0.0, larger + ln_1p::<FMA>(apart), softmax),
        }
    }

    #[inline(always)]
    fn value<const FMA: bool>(&self, bumps: &Bumps, target: &Target, mixed: Mixed) -> f64 {
        // Of the largest bump's class from what the others have, so that small losses keep their digits.
        let Bumps {
            n,
            top,
            gap,
            rest,
            smallest,
            ..
        } = *bumps;
        let spread = bumps.spread();
        let of_d = (gap * (n - 1.0) + top * rest) / n;
        let of_p = top * (rest - (n - 1.0) * smallest) / spread;
        let others = select(spread > 1.0, of_p, of_d).clamp(0.0, 1.0);
        let missing = others * (1.0 - self.floor) + rest / (1.0 + rest) * self.floor;
        let small = -ln_1p::<FMA>(-missing.min(0.5));
        select(target.is_top & (missing < 0.5), small, -mixed.log_q)
    }

    #[inline(always)]
    fn slope<const FMA: bool>(&self, bumps: &Bumps, target: &Target, mixed: Mixed) -> Slope {
        let top = bumps.top;
        let spread = bumps.spread();
        let differs = spread > 1.0;
        // P is 0 there, whatever kappa.
        let never = differs & target.is_smallest;
        let r = mixed.over_q::<FMA>(mixed.softmax);
        let own = mixed.over_q::<FMA>(target.below_top + bumps.top_log + self.log_rest);
        let own = select(never, 0.0, own);
        // Where h is limited, the share of `a_y h/n` that `linear` has of it is lost.
        let lost = select(
            self.log_rest - mixed.log_q > MOST_OVER_Q,
            own / bumps.n,
            0.0,
        );
        let h = select(never, 0.0, mixed.over_q::<FMA>(self.log_rest));
        let share = h * bumps.probability(target);
        let of_p = top * bumps.smallest / spread * (h - bumps.n * share);
        Slope {
            quadratic: 0.0,
            linear: r / (1.0 + bumps.rest) + top * select(differs, share / spread, h / bumps.n),
            at_target: -r - select(differs, own / spread, own - lost),
            at_smallest: select(differs, of_p, 0.0),
        }
    }
}

impl Loss for Nll {
    const SQUARES: bool = false;

    #[inline(always)]
    fn loss<const FMA: bool>(&self, bumps: &Bumps, target: &Target) -> f64 {
        self.value::<FMA>(bumps, target, self.mixed::<FMA>(bumps, target))
    }

    #[inline(always)]
    fn loss_with_slope<const FMA: bool>(&self, bumps: &Bumps, target: &Target) -> (f64, Slope) {
        let mixed = self.mixed::<FMA>(bumps, target);
        (
            self.value::<FMA>(bumps, target, mixed),
            self.slope::<FMA>(bumps, target, mixed),
        )
    }
}

impl Loss for Brier {
    const SQUARES: bool = true;

    #[inline(always)]
    fn loss<const FMA: bool>(&self, bumps: &Bumps, target: &Target) -> f64 {
        let (n, top, lift) = (bumps.n, bumps.top, bumps.lift());
        // All classes but the target's: `rest` leaves out the largest.
        let e = select(target.is_top, 0.0, target.e);
        let of_top = select(target.is_top, 0.0, 1.0);
        let own = select(target.is_top, bumps.gap, 1.0 - top * e) - lift;
        let (sum, squares) = (bumps.rest - e + of_top, bumps.rest_squares - e * e + of_top);
        let others = top * top * squares + 2.0 * lift * top * sum + (n - 1.0) * lift * lift;
        let hard = others + own * own;
        let soft =
            hard - 2.0 * self.smoothing * own + self.smoothing * self.smoothing * (1.0 - 1.0 / n);
        select(soft < 0.0, 0.0, soft)
    }

    #[inline(always)]
    fn loss_with_slope<const FMA: bool>(&self, bumps: &Bumps, target: &Target) -> (f64, Slope) {
        let top = bumps.top;
        let slope = Slope {
            quadratic: 2.0 * top * top,
            linear: 2.0 * top * (bumps.lift() - self.smoothing / bumps.n),
            at_target: -2.0 * top * target.e * (1.0 - self.smoothing),
            at_smallest: 0.0,
        };
        (self.loss::<FMA>(bumps, target), slope)
    }
}

impl<R: Loss> Loss for Scaled<R> {
    const SQUARES: bool = R::SQUARES;

    #[inline(always)]
    fn loss<const FMA: bool>(&self, bumps: &Bumps, target: &Target) -> f64 {
        self.scale * self.kind.loss::<FMA>(bumps, target)
    }

    #[inline(always)]
    fn loss_with_slope<const FMA: bool>(&self, bumps: &Bumps, target: &Target) -> (f64, Slope) {
        let (loss, slope) = self.kind.loss_with_slope::<FMA>(bumps, target);
        let slope = Slope {
            quadratic: self.scale * slope.quadratic,
            linear: self.scale * slope.linear,
            at_target: self.scale * slope.at_target,
            at_smallest: self.scale * slope.at_smallest,
        };
        (self.scale * loss, slope)
    }
}
