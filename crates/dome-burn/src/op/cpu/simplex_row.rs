//! MultiDome's scores and losses of one embedding, in O(n) time and one buffer of n numbers.
//!
//! In units of sigma: `v = x/sigma`, `m = mu/sigma`, `kappa_i = -||v - m e_i||^2`. With the largest
//! taken out, `e_i = exp(kappa_i - kappa_max)`, `a_i = top e_i` for `top = exp(kappa_max)` in f64,
//! which underflows much later. The derivative of either loss in `kappa_i` is then
//!
//! ```text
//! e_i (quadratic e_i + linear) + [i = y] at_target + [i = min] at_smallest
//! ```

use core::f64::consts::LOG2_E;
use core::mem::MaybeUninit;

use super::bell::{exp2_minus, limited};
use super::block::sum;
use super::float::Float;
use super::simd::{self, Kernel, multiply_add};
use crate::op::multi_dome::Score;
use crate::op::multi_dome_extension::SimplexLoss;

/// Coordinates beyond so many sigmas are limited to it: sums of their squares are finite numbers in
/// the type of the scores.
fn farthest<E: Float>() -> f64 {
    if E::MAX == f64::MAX { 1e140 } else { 1e15 }
}

/// Numbers side by side, the same on every processor, so that sums are too.
const LANES: usize = 8;

/// What all rows share.
pub(super) struct Simplex {
    /// `w_k` for k from 1 on, see [`simplex`](crate::simplex).
    weights: Vec<f64>,
    /// `mu/sigma`.
    m: f64,
    /// `1/sigma`.
    rate: f64,
}

/// A derivative in `kappa_i`, for all i.
struct Slope {
    quadratic: f64,
    linear: f64,
    at_target: f64,
    at_smallest: f64,
}

/// Sums over one row.
struct Row {
    n: f64,
    /// `kappa_max` and its class.
    top_log: f64,
    /// `a_max`, and `1 - a_max`.
    top: f64,
    gap: f64,
    argmax: usize,
    argmin: usize,
    /// Sums of `e_i` and of its squares over all classes but that one, where it is 1.
    rest: f64,
    rest_squares: f64,
    smallest: f64,
}

/// Derivatives in mu and sigma of one row's loss.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ParameterGradient {
    pub mu: f64,
    pub sigma: f64,
}

impl core::ops::AddAssign for ParameterGradient {
    fn add_assign(&mut self, other: Self) {
        self.mu += other.mu;
        self.sigma += other.sigma;
    }
}

impl Simplex {
    /// `sigma` is floored already.
    pub fn new(classes: usize, mu: f64, sigma: f64) -> Self {
        Self {
            weights: crate::simplex::weights(classes),
            m: mu / sigma,
            rate: sigma.recip(),
        }
    }

    pub fn classes(&self) -> usize {
        self.weights.len() + 1
    }

    /// The loss of one embedding. `buffer` has one place a class.
    pub fn loss<E: Float>(
        &self,
        x: &[E],
        target: usize,
        loss: SimplexLoss,
        buffer: &mut [f64],
    ) -> f64 {
        self.scores(x, buffer);
        let log = buffer[target];
        Row::new(buffer).loss(target, log, loss)
    }

    /// Writes the gradient of `weight * loss` in the embedding; returns that in mu and sigma.
    pub fn gradient<E: Float>(
        &self,
        x: &[E],
        target: usize,
        loss: SimplexLoss,
        weight: f64,
        buffer: &mut [f64],
        gradient: &mut [MaybeUninit<E>],
    ) -> ParameterGradient {
        self.scores(x, buffer);
        let log = buffer[target];
        let row = Row::new(buffer);
        let slope = row.slope(target, log, loss);
        // From here on the buffer holds the derivatives in kappa.
        let (quadratic, linear) = (slope.quadratic * weight, slope.linear * weight);
        for e in buffer.iter_mut() {
            *e *= quadratic * *e + linear;
        }
        buffer[target] += slope.at_target * weight;
        buffer[row.argmin] += slope.at_smallest * weight;
        self.backward(x, buffer, gradient)
    }

    fn scaled<E: Float>(&self, x: E) -> f64 {
        limited(x.widened() * self.rate, farthest::<E>())
    }

    /// `kappa`, into the buffer.
    pub fn scores<E: Float>(&self, x: &[E], buffer: &mut [f64]) {
        let count = self.weights.len();
        let (inside, padding) = x.split_at(count);
        // Coordinates after the class's own, where its point has m w_k.
        let mut after = 0.0;
        buffer[count] = 0.0;
        let inside = || inside.iter().zip(&self.weights);
        for (place, (&x, w)) in buffer.iter_mut().zip(inside()).rev() {
            after += (self.scaled(x) - self.m * w).powi(2);
            *place = after;
        }
        // Those before, where it has 0, and its own, -k m w_k.
        let mut before: f64 = padding.iter().map(|&x| self.scaled(x).powi(2)).sum();
        buffer[0] = -(buffer[0] + before);
        for (k, (place, (&x, w))) in (1..).zip(buffer[1..].iter_mut().zip(inside())) {
            let v = self.scaled(x);
            let own = v + f64::from(k) * self.m * w;
            *place = -(before + own * own + *place);
            before += v * v;
        }
    }

    /// From the derivatives in `kappa` to those in the embedding, mu and sigma.
    pub fn backward<E: Float>(
        &self,
        x: &[E],
        slopes: &[f64],
        gradient: &mut [MaybeUninit<E>],
    ) -> ParameterGradient {
        let total = sum(slopes);
        let (mut below, mut along, mut toward) = (slopes[0], 0.0, 0.0);
        let mut through = |v: f64, slope: f64| {
            // A limited coordinate is a constant.
            let slope = if v.abs() == farthest::<E>() {
                0.0
            } else {
                slope
            };
            along += v * slope;
            E::rounded(limited(slope * self.rate, E::MAX))
        };
        let count = self.weights.len();
        let inside = gradient.iter_mut().zip(x).zip(&self.weights);
        for (k, (((gradient, &x), w), g)) in (1..).zip(inside.zip(&slopes[1..])) {
            let (v, k) = (self.scaled(x), f64::from(k));
            let along_point = self.m * w;
            let (other, own) = (v - along_point, v + k * along_point);
            let above = total - below - g;
            gradient.write(through(v, -2.0 * (other * below + own * g + v * above)));
            toward += 2.0 * w * (other * below - k * own * g);
            below += g;
        }
        for (gradient, &x) in gradient[count..].iter_mut().zip(&x[count..]) {
            let v = self.scaled(x);
            gradient.write(through(v, -2.0 * v * total));
        }
        ParameterGradient {
            mu: toward * self.rate,
            sigma: -(along + self.m * toward) * self.rate,
        }
    }
}

impl Row {
    /// Turns `kappa` into `e`, in place.
    fn new(buffer: &mut [f64]) -> Self {
        let (smallest, largest) = simd::run(Extremes(buffer));
        let place = |of: f64| buffer.iter().position(|&kappa| kappa == of).unwrap_or(0);
        let (argmin, argmax) = (place(smallest), place(largest));
        let top_log = buffer[argmax];
        // Summed without the largest, so that a small rest keeps its digits.
        buffer[argmax] = f64::NEG_INFINITY;
        let (rest, rest_squares) = simd::run(Exponentials {
            logs: buffer,
            top: top_log,
        });
        buffer[argmax] = 1.0;
        Self {
            n: buffer.len() as f64,
            top_log,
            top: top_log.exp(),
            gap: -top_log.exp_m1(),
            argmax,
            argmin,
            rest,
            rest_squares,
            smallest: buffer[argmin],
        }
    }

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
    fn log_softmax(&self, log: f64) -> f64 {
        log - self.top_log - self.rest.ln_1p()
    }

    /// `ln Q` of a class.
    fn log_mixed(&self, class: usize, log: f64, floor: f64) -> f64 {
        let e = (log - self.top_log).exp();
        let p = (1.0 - floor) * self.probability(class, e);
        let s = self.log_softmax(log) + floor.ln();
        match p > 0.0 {
            true => {
                let (p, gap) = (p.ln(), (p.ln() - s).abs());
                p.max(s) + (-gap).exp().ln_1p()
            }
            false => s,
        }
    }

    fn loss(&self, target: usize, log: f64, loss: SimplexLoss) -> f64 {
        match loss.score {
            Score::Nll { floor } => self.nll(target, log, floor),
            Score::Brier => self.brier(target, log, loss.smoothing),
        }
    }

    fn nll(&self, target: usize, log: f64, floor: f64) -> f64 {
        if target == self.argmax {
            // From what the other classes have, so that small losses keep their digits.
            let others = match self.spread() {
                None => (self.gap * (self.n - 1.0) + self.top * self.rest) / self.n,
                Some(spread) => self.top * (self.rest - (self.n - 1.0) * self.smallest) / spread,
            };
            let missing =
                others.clamp(0.0, 1.0) * (1.0 - floor) + self.rest / (1.0 + self.rest) * floor;
            if missing < 0.5 {
                return -(-missing).ln_1p();
            }
        }
        -self.log_mixed(target, log, floor)
    }

    fn brier(&self, target: usize, log: f64, smoothing: f64) -> f64 {
        let (top, lift) = (self.top, self.lift());
        let (e, own) = match target == self.argmax {
            true => (0.0, self.gap - lift),
            false => {
                let e = (log - self.top_log).exp();
                (e, 1.0 - top * e - lift)
            }
        };
        // All classes but the target's: `rest` leaves out the largest.
        let (mut sum, mut squares) = (self.rest - e, self.rest_squares - e * e);
        if target != self.argmax {
            sum += 1.0;
            squares += 1.0;
        }
        let others = top * top * squares + 2.0 * lift * top * sum + (self.n - 1.0) * lift * lift;
        let hard = others + own * own;
        let soft = hard - 2.0 * smoothing * own + smoothing * smoothing * (1.0 - 1.0 / self.n);
        if soft < 0.0 { 0.0 } else { soft }
    }

    fn slope(&self, target: usize, log: f64, loss: SimplexLoss) -> Slope {
        let top = self.top;
        let e = (log - self.top_log).exp();
        let smoothing = loss.smoothing;
        match loss.score {
            Score::Brier => Slope {
                quadratic: 2.0 * top * top,
                linear: 2.0 * top * (self.lift() - smoothing / self.n),
                at_target: -2.0 * top * e * (1.0 - smoothing),
                at_smallest: 0.0,
            },
            Score::Nll { floor } => {
                let log_q = self.log_mixed(target, log, floor);
                let over_q = |log: f64| (log - log_q).min(80.0).exp();
                let r = over_q(self.log_softmax(log) + floor.ln());
                let sure = (-floor).ln_1p();
                let spread = self.spread();
                let (own, h) = match spread.is_some() && target == self.argmin {
                    // P is 0 there, whatever kappa.
                    true => (0.0, 0.0),
                    false => (over_q(log + sure), over_q(sure)),
                };
                let softmax = r / (1.0 + self.rest);
                match spread {
                    None => Slope {
                        quadratic: 0.0,
                        linear: softmax + top * h / self.n,
                        at_target: -r - own,
                        at_smallest: 0.0,
                    },
                    Some(spread) => {
                        let share = h * self.probability(target, e);
                        Slope {
                            quadratic: 0.0,
                            linear: softmax + top * share / spread,
                            at_target: -r - own / spread,
                            at_smallest: top * self.smallest / spread * (h - self.n * share),
                        }
                    }
                }
            }
        }
    }
}

/// Smallest and largest number of a slice.
struct Extremes<'a>(&'a [f64]);

impl Kernel for Extremes<'_> {
    type Output = (f64, f64);

    #[inline(always)]
    fn run<const FMA: bool>(self) -> (f64, f64) {
        let (mut low, mut high) = ([f64::INFINITY; LANES], [f64::NEG_INFINITY; LANES]);
        let (rows, rest) = self.0.as_chunks::<LANES>();
        for row in rows {
            for i in 0..LANES {
                low[i] = if row[i] < low[i] { row[i] } else { low[i] };
                high[i] = if row[i] > high[i] { row[i] } else { high[i] };
            }
        }
        let all = |lanes: [f64; LANES]| lanes.into_iter().chain(rest.iter().copied());
        (
            all(low).fold(f64::INFINITY, f64::min),
            all(high).fold(f64::NEG_INFINITY, f64::max),
        )
    }
}

/// Replaces each number by `exp(number - top)`; returns the sum of these and that of their squares.
struct Exponentials<'a> {
    logs: &'a mut [f64],
    top: f64,
}

impl Kernel for Exponentials<'_> {
    type Output = (f64, f64);

    #[inline(always)]
    fn run<const FMA: bool>(self) -> (f64, f64) {
        let (mut sums, mut squares) = ([0.0; LANES], [0.0; LANES]);
        let (rows, rest) = self.logs.as_chunks_mut::<LANES>();
        for row in rows {
            for i in 0..LANES {
                let e = exp2_minus::<FMA>((self.top - row[i]) * LOG2_E).0;
                row[i] = e;
                sums[i] += e;
                squares[i] = multiply_add::<FMA>(e, e, squares[i]);
            }
        }
        for (i, place) in rest.iter_mut().enumerate() {
            let e = exp2_minus::<FMA>((self.top - *place) * LOG2_E).0;
            *place = e;
            sums[i] += e;
            squares[i] = multiply_add::<FMA>(e, e, squares[i]);
        }
        (sum(&sums), sum(&squares))
    }
}
