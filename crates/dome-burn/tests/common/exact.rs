//! The functions and their derivatives in f64, from the formulas of the documentation, a few units in the last place
//! from the truth wherever x lies: distances are squared in twice the precision.

use burn::tensor::DType;

/// A sum and the largest of its terms, which rounding errors are measured by: where terms cancel, no digits of
/// the sum are left.
#[derive(Debug, Clone, Copy)]
pub struct Sum {
    pub value: f64,
    pub largest: f64,
}

impl Sum {
    fn of(terms: [f64; 2]) -> Self {
        Self {
            value: terms[0] + terms[1],
            largest: terms[0].abs().max(terms[1].abs()),
        }
    }

    fn one(value: f64) -> Self {
        Self {
            value,
            largest: value.abs(),
        }
    }

    /// `weight * this + other_weight * other`.
    fn mixed(self, weight: f64, other: Self, other_weight: f64) -> Self {
        Self {
            value: weight * self.value + other_weight * other.value,
            largest: (weight * self.largest).max(other_weight * other.largest),
        }
    }
}

/// The value and its derivatives by x, mu, sigma and, of PDOME, pi.
pub type Exact = Vec<Sum>;

/// `(a + b)^2/sigma^2` as a sum of two numbers, the second of which is what rounding took from the first.
fn square(a: f64, b: f64, sigma: f64) -> [f64; 2] {
    let sum = a + b;
    let of_b = sum - a;
    let lost = (a - (sum - of_b)) + (b - of_b);
    let v = sum / sigma;
    let rest = (v.mul_add(-sigma, sum) + lost) / sigma;
    [v * v, v.mul_add(v, -v * v) + 2.0 * v * rest]
}

/// `exp(-s)` and `1 - exp(-s)`.
fn bump([high, low]: [f64; 2]) -> [f64; 2] {
    let value = (-high).exp();
    [value * (1.0 - low), value * low - (-high).exp_m1()]
}

/// `v = (x - mu)/sigma`, `u = (x + mu)/sigma`, their squares, `a = exp(-v^2)` and `b = exp(-u^2)`, each with `1 -` it.
struct Bumps {
    v: f64,
    u: f64,
    squares: [[f64; 2]; 2],
    a: [f64; 2],
    b: [f64; 2],
    sigma: f64,
}

impl Bumps {
    fn of(x: f64, mu: f64, sigma: f64) -> Self {
        let squares = [square(x, -mu, sigma), square(x, mu, sigma)];
        Self {
            v: (x - mu) / sigma,
            u: (x + mu) / sigma,
            a: bump(squares[0]),
            b: bump(squares[1]),
            squares,
            sigma,
        }
    }

    /// The derivatives by x, mu and sigma of `alpha a - beta b`, given `alpha a` and `beta b`.
    fn derivatives(&self, a: f64, b: f64) -> [Sum; 3] {
        let Self { v, u, .. } = *self;
        let [a, b] = [a, b].map(|bump| 2.0 * bump / self.sigma);
        // Where a distance is 0 its term is, however large the factor may be.
        let times = |distance: f64, bump: f64| match distance == 0.0 {
            true => 0.0,
            false => distance * bump,
        };
        [
            [-times(v, a), times(u, b)],
            [times(v, a), times(u, b)],
            [times(v * v, a), -times(u * u, b)],
        ]
        .map(Sum::of)
    }
}

pub fn dome(x: f64, mu: f64, sigma: f64) -> Exact {
    let bumps = Bumps::of(x, mu, sigma);
    // Both terms are positive: nothing is lost.
    let value = Sum::one((bumps.a[0] + bumps.b[1]) / 2.0);
    let derivatives = bumps.derivatives(bumps.a[0] / 2.0, bumps.b[0] / 2.0);
    [value].into_iter().chain(derivatives).collect()
}

pub fn pdome(x: f64, mu: f64, sigma: f64, pi: f64) -> Exact {
    let bumps = Bumps::of(x, mu, sigma);
    let (a, b) = (bumps.a[0], bumps.b[0]);
    let derivatives = bumps.derivatives(a, pi * b);
    [Sum::of([a, -pi * b])]
        .into_iter()
        .chain(derivatives)
        .chain([Sum::one(-b)])
        .collect()
}

/// `-t ln p - (1 - t) ln(1 - p)` of `p = dome(x)`.
pub fn cross_entropy(x: f64, mu: f64, sigma: f64, target: f64) -> Exact {
    let positive = negative_log(x, mu, sigma);
    // 1 - p of mu is p of -mu, whose derivative by mu has the other sign.
    let mut negative = negative_log(x, -mu, sigma);
    negative[2].value = -negative[2].value;
    let pairs = positive.into_iter().zip(negative);
    pairs
        .map(|(p, q)| p.mixed(target, q, 1.0 - target))
        .collect()
}

/// `-ln p`, from `2 p = a + (1 - b)`, by logarithms where both underflow.
fn negative_log(x: f64, mu: f64, sigma: f64) -> Exact {
    let bumps = Bumps::of(x, mu, sigma);
    let twice = bumps.a[0] + bumps.b[1];
    let [high, low] = bumps.squares[0];
    let (log_twice, a, b);
    if twice > 1e-290 {
        (a, b) = (bumps.a[0] / twice, bumps.b[0] / twice);
        // Near 1, from the other side: 2 - 2p = b + (1 - a).
        let other = bumps.b[0] + bumps.a[1];
        log_twice = match twice < 1.0 {
            true => twice.ln(),
            false => core::f64::consts::LN_2 + (-other / 2.0).ln_1p(),
        };
        if twice >= 1.0 {
            let value = Sum::one(-(-other / 2.0).ln_1p());
            return derived(value, &bumps, a, b);
        }
    } else {
        let logs = [-high - low, bumps.b[1].ln()];
        let top = logs[0].max(logs[1]);
        log_twice = top + (logs[0].min(logs[1]) - top).exp().ln_1p();
        a = (logs[0] - log_twice).exp();
        b = (-log_twice).exp();
    }
    derived(Sum::one(core::f64::consts::LN_2 - log_twice), &bumps, a, b)
}

/// The derivatives of `-ln 2p`, from a and b over 2p.
fn derived(value: Sum, bumps: &Bumps, a: f64, b: f64) -> Exact {
    let minus = |of: Sum| Sum {
        value: -of.value,
        ..of
    };
    let derivatives = bumps.derivatives(a, b).map(minus);
    [value].into_iter().chain(derivatives).collect()
}

/// `ln p - ln(1 - p)` of `p = dome(x)`.
pub fn log_odds(x: f64, mu: f64, sigma: f64) -> Exact {
    let bumps = Bumps::of(x, mu, sigma);
    let is_near = x * mu >= 0.0;
    let [near, far] = match is_near {
        true => bumps.squares,
        false => [bumps.squares[1], bumps.squares[0]],
    };
    let ([larger, lacking], [smaller, _]) = (bump(near), bump(far));
    let difference = larger * -(-4.0 * (x * mu).abs() / sigma.powi(2)).exp_m1();
    let rest = smaller + lacking;
    let value = match rest < 1e-290 {
        true => core::f64::consts::LN_2 + far[0],
        false => (2.0 * difference / rest).ln_1p(),
    };
    // a and -b over p (1 - p) and twice that.
    let share = |square: [f64; 2], is_larger: bool| match rest < 1e-290 {
        true => f64::from(u8::from(!is_larger)),
        false => 2.0 * bump(square)[0] / ((1.0 + difference) * rest),
    };
    let derivatives = bumps.derivatives(
        share(bumps.squares[0], is_near),
        share(bumps.squares[1], !is_near),
    );
    let value = Sum::one(x.signum() * mu.signum() * value);
    [value].into_iter().chain(derivatives).collect()
}

/// Distance of neighbouring numbers of this size.
pub fn ulp(size: f64, dtype: DType) -> f64 {
    let (digits, smallest) = match dtype {
        DType::F64 => (52, -1022),
        DType::F32 => (23, -126),
        DType::BF16 => (7, -126),
        _ => (10, -14),
    };
    let exponent = (size.log2().floor() as i32).max(smallest);
    2f64.powi(exponent - digits)
}

/// The largest finite number.
pub fn largest(dtype: DType) -> f64 {
    match dtype {
        DType::F64 => f64::MAX,
        DType::F16 => 65504.0,
        _ => f32::MAX.into(),
    }
}
