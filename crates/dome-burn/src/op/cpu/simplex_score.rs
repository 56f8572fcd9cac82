//! The losses of one embedding and their derivatives, from sums over its classes.

use crate::op::multi_dome::Score;
use crate::op::multi_dome_extension::SimplexLoss;

/// One embedding's bumps. With the largest taken out, `e_i = exp(kappa_i - kappa_max)`, `a_i = top e_i`
/// for `top = exp(kappa_max)` in f64, which underflows much later than in f32.
pub(super) struct Bumps {
    /// The number of classes.
    pub n: f64,
    /// The class of the largest bump, and of the smallest.
    pub argmax: usize,
    pub argmin: usize,
    /// `kappa_max`, the bump there, and 1 minus it.
    pub top_log: f64,
    pub top: f64,
    pub gap: f64,
    /// Sums of `e_i` and of its squares over all classes but that of the largest, where it is 1: so
    /// a small rest keeps its digits.
    pub rest: f64,
    pub rest_squares: f64,
    /// The least `e_i`.
    pub smallest: f64,
}

/// A class that a loss is measured against.
#[derive(Clone, Copy)]
pub(super) struct Target {
    pub class: usize,
    /// `kappa_i - kappa_max`, and `e_i`.
    pub below_top: f64,
    pub e: f64,
}

/// The derivative of a loss in `kappa_i`, for all i:
///
/// ```text
/// e_i (quadratic e_i + linear) + [i = y] at_target + [i = min] at_smallest
/// ```
pub(super) struct Slope {
    pub quadratic: f64,
    pub linear: f64,
    pub at_target: f64,
    pub at_smallest: f64,
}

/// Of a target, `Q = (1 - floor) P + floor softmax(kappa)`.
struct Mixed {
    floor: f64,
    /// `ln(floor softmax(kappa))` and `ln Q`.
    softmax: f64,
    log_q: f64,
}

impl Bumps {
    /// `(1 - S)/n`, what D adds to each `a`.
    fn lift(&self) -> f64 {
        (self.gap - self.top * self.rest) / self.n
    }

    /// `S - n a_min` where P differs from D.
    fn spread(&self) -> Option<f64> {
        let spread = self.top * (1.0 + self.rest - self.n * self.smallest);
        (spread > 1.0).then_some(spread)
    }

    fn probability(&self, class: usize, e: f64) -> f64 {
        let p = match self.spread() {
            None => self.top * e + self.lift(),
            Some(_) if class == self.argmin => 0.0,
            Some(spread) => self.top * (e - self.smallest) / spread,
        };
        p.clamp(0.0, 1.0)
    }

    /// `ln softmax(kappa)` of a class.
    fn log_softmax(&self, target: Target) -> f64 {
        target.below_top - self.rest.ln_1p()
    }

    /// What the target has of Q.
    fn mixed(&self, target: Target, floor: f64) -> Mixed {
        let p = (1.0 - floor) * self.probability(target.class, target.e);
        let softmax = self.log_softmax(target) + floor.ln();
        let log_q = match p > 0.0 {
            true => {
                let p = p.ln();
                p.max(softmax) + (-(p - softmax).abs()).exp().ln_1p()
            }
            false => softmax,
        };
        Mixed {
            floor,
            softmax,
            log_q,
        }
    }

    pub fn loss(&self, target: Target, loss: SimplexLoss) -> f64 {
        let value = match loss.score {
            Score::Nll { floor } => self.nll(target, &self.mixed(target, floor)),
            Score::Brier => self.brier(target, loss.smoothing),
        };
        loss.scale * value
    }

    pub fn loss_with_slope(&self, target: Target, loss: SimplexLoss) -> (f64, Slope) {
        let (value, slope) = match loss.score {
            Score::Nll { floor } => {
                let mixed = self.mixed(target, floor);
                (self.nll(target, &mixed), self.nll_slope(target, &mixed))
            }
            Score::Brier => (
                self.brier(target, loss.smoothing),
                self.brier_slope(target, loss.smoothing),
            ),
        };
        let slope = Slope {
            quadratic: loss.scale * slope.quadratic,
            linear: loss.scale * slope.linear,
            at_target: loss.scale * slope.at_target,
            at_smallest: loss.scale * slope.at_smallest,
        };
        (loss.scale * value, slope)
    }

    fn nll(&self, target: Target, mixed: &Mixed) -> f64 {
        if target.class == self.argmax {
            // From what the other classes have, so that small losses keep their digits.
            let (top, rest, n) = (self.top, self.rest, self.n);
            let others = match self.spread() {
                None => (self.gap * (n - 1.0) + top * rest) / n,
                Some(spread) => top * (rest - (n - 1.0) * self.smallest) / spread,
            };
            let floor = mixed.floor;
            let missing = others.clamp(0.0, 1.0) * (1.0 - floor) + rest / (1.0 + rest) * floor;
            if missing < 0.5 {
                return -(-missing).ln_1p();
            }
        }
        -mixed.log_q
    }

    fn brier(&self, target: Target, smoothing: f64) -> f64 {
        let (top, lift) = (self.top, self.lift());
        let is_top = target.class == self.argmax;
        let (e, own) = match is_top {
            true => (0.0, self.gap - lift),
            false => (target.e, 1.0 - top * target.e - lift),
        };
        // All classes but the target's: `rest` leaves out the largest.
        let (mut sum, mut squares) = (self.rest - e, self.rest_squares - e * e);
        if !is_top {
            sum += 1.0;
            squares += 1.0;
        }
        let n = self.n;
        let others = top * top * squares + 2.0 * lift * top * sum + (n - 1.0) * lift * lift;
        let hard = others + own * own;
        let soft = hard - 2.0 * smoothing * own + smoothing * smoothing * (1.0 - 1.0 / n);
        if soft < 0.0 { 0.0 } else { soft }
    }

    fn brier_slope(&self, target: Target, smoothing: f64) -> Slope {
        let top = self.top;
        Slope {
            quadratic: 2.0 * top * top,
            linear: 2.0 * top * (self.lift() - smoothing / self.n),
            at_target: -2.0 * top * target.e * (1.0 - smoothing),
            at_smallest: 0.0,
        }
    }

    fn nll_slope(&self, target: Target, mixed: &Mixed) -> Slope {
        let top = self.top;
        let over_q = |log: f64| (log - mixed.log_q).min(80.0).exp();
        let r = over_q(mixed.softmax);
        let sure = (-mixed.floor).ln_1p();
        let spread = self.spread();
        let (own, h) = match spread.is_some() && target.class == self.argmin {
            // P is 0 there, whatever kappa.
            true => (0.0, 0.0),
            false => (over_q(target.below_top + self.top_log + sure), over_q(sure)),
        };
        let softmax = r / (1.0 + self.rest);
        let quadratic = 0.0;
        match spread {
            None => Slope {
                quadratic,
                linear: softmax + top * h / self.n,
                at_target: -r - own,
                at_smallest: 0.0,
            },
            Some(spread) => {
                let share = h * self.probability(target.class, target.e);
                Slope {
                    quadratic,
                    linear: softmax + top * share / spread,
                    at_target: -r - own / spread,
                    at_smallest: top * self.smallest / spread * (h - self.n * share),
                }
            }
        }
    }
}
