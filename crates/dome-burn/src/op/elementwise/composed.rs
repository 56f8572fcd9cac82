//! The formulas as one would write them on a board, in tensor operations: they run on every Burn
//! device, and a fused kernel is measured against them.
//!
//! With `v = (x - mu)/sigma`, `u = (x + mu)/sigma`, `a = exp(-v^2)` and `b = exp(-u^2)`.

use core::f64::consts::LN_2;

use burn::tensor::{FloatDType, Tensor};

use crate::op::broadcast::{along_channels, cast, compute_dtype};
use crate::op::gradient::with_derivatives;
use crate::op::one_minus_exp::one_minus_exp_neg;
use crate::op::sigma::floored;

/// Equation (2): `(1 + a - b)/2`, in value as `(a + (1 - b))/2`, which keeps its digits where p is close to 0.
pub fn dome<const D: usize>(x: Tensor<D>, mu: Tensor<1>, sigma: Tensor<1>) -> Tensor<D> {
    let output = x.dtype();
    let Operands {
        x,
        mu,
        sigma,
        dtype,
    } = Operands::new(x, mu, sigma);
    let complement = {
        let [x, mu, sigma] = [&x, &mu, &sigma].map(|z| z.clone().without_autodiff());
        let (low, high) = distance_range(dtype);
        // 1 - exp(-s) = 2 t/(1 + t) with t = tanh(s/2).
        let half = ((x + mu) / sigma).clamp(low, high).square() * 0.5;
        let t = half.tanh();
        t.clone() * 2.0 / (t + 1.0)
    };
    let a = bump(x.clone() - mu.clone(), sigma.clone(), dtype);
    let b = bump(x + mu, sigma, dtype);
    let value = (a.clone().without_autodiff() + complement) * 0.5;
    let rate = value.full_like(0.5);
    let value = with_derivatives(value, [(a, rate.clone()), (b, rate.neg())]);
    cast(value, output)
}

/// Equation (3): `a - pi b`.
pub fn pdome<const D: usize>(
    x: Tensor<D>,
    mu: Tensor<1>,
    sigma: Tensor<1>,
    pi: Tensor<1>,
) -> Tensor<D> {
    let output = x.dtype();
    let pi = along_channels("pi", pi, &x.dims());
    let Operands {
        x,
        mu,
        sigma,
        dtype,
    } = Operands::new(x, mu, sigma);
    let a = bump(x.clone() - mu.clone(), sigma.clone(), dtype);
    let b = bump(x + mu, sigma, dtype);
    cast(a - b * cast(pi, dtype), output)
}

/// `-t log p - (1 - t) log(1 - p)` for `p = dome(x)`, without forming p.
///
/// `2p = a + (1 - b)` and `2(1 - p) = b + (1 - a)` are sums of non-negative terms. Automatic
/// differentiation of their logarithms meets `0 * inf`, hence the derivatives by hand:
///
/// ```text
/// dL/dx     =  2/sigma (v A - u B)          A = t a/(2p) - (1 - t) a/(2(1 - p))
/// dL/dmu    = -2/sigma (v A + u B)          B = t b/(2p) - (1 - t) b/(2(1 - p))
/// dL/dsigma = -2/sigma (v^2 A - u^2 B)
/// ```
///
/// `targets` are constants, probabilities; others give NaN.
pub fn dome_binary_cross_entropy<const D: usize>(
    x: Tensor<D>,
    mu: Tensor<1>,
    sigma: Tensor<1>,
    targets: Tensor<D>,
) -> Tensor<D> {
    let output = x.dtype();
    let Operands {
        x,
        mu,
        sigma,
        dtype,
    } = Operands::new(x, mu, sigma);
    let t = cast(targets.without_autodiff(), dtype);
    // A loss beyond the probabilities has no least value.
    let beyond = t
        .clone()
        .lower_elem(0.0)
        .bool_or(t.clone().greater_elem(1.0));
    let t = t.mask_fill(beyond, f64::NAN);

    let [x0, mu0, sigma0] = [&x, &mu, &sigma].map(|z| z.clone().without_autodiff());
    let distance = |d: Tensor<D>| {
        let (low, high) = distance_range(dtype);
        (d / sigma0.clone()).clamp(low, high)
    };
    let near = Bump::new(distance(x0.clone() - mu0.clone()));
    let far = Bump::new(distance(x0 + mu0));
    let positive = ClassTerm::new(&near, &far);
    let negative = ClassTerm::new(&far, &near);

    let weighted = |one: Tensor<D>, zero: Tensor<D>| {
        // Not `t one + (1 - t) zero`: 0 * inf.
        let pick = |term: Tensor<D>, weight: Tensor<D>| {
            let unused = weight.clone().equal_elem(0.0);
            (term * weight).mask_fill(unused, 0.0)
        };
        pick(one, t.clone()) + pick(zero, 1.0f32 - t.clone())
    };
    let loss = weighted(positive.nll(&negative), negative.nll(&positive));
    if ![&x, &mu, &sigma].iter().any(|z| z.is_autodiff()) {
        return cast(loss, output);
    }

    let (near_first, near_second) = (
        weighted(positive.share(&near, 1), negative.share(&near, 1).neg()),
        weighted(positive.share(&near, 2), negative.share(&near, 2).neg()),
    );
    let (far_first, far_second) = (
        weighted(positive.share(&far, 1), negative.share(&far, 1).neg()),
        weighted(positive.share(&far, 2), negative.share(&far, 2).neg()),
    );
    let scaled = |g: Tensor<D>| {
        let (low, high) = finite_range(dtype);
        (g / sigma0.clone() * 2.0).clamp(low, high)
    };
    let loss = with_derivatives(
        loss,
        [
            (x, scaled(near_first.clone() - far_first.clone())),
            (mu, scaled(near_first + far_first).neg()),
            (sigma, scaled(near_second - far_second).neg()),
        ],
    );
    cast(loss, output)
}

/// `log p - log(1 - p)` for `p = dome(x)`, as a number of its own: a difference of two losses near
/// `log 2` has no digits left a few sigmas away from the modes.
///
/// With `w` and `u` the distances of `|x|` from `|mu|` and `-|mu|`, in units of sigma:
///
/// ```text
/// L = sign(mu x) log1p(2 d/D)     d = exp(-w^2) (1 - exp(-4 |mu x|/sigma^2))    D = exp(-u^2) + 1 - exp(-w^2)
/// L = sign(mu x) (log 2 + u^2)    on a mode, where D underflows
/// ```
///
/// and by hand, as automatic differentiation meets `0 * inf`:
///
/// ```text
/// dL/dx     =  2/sigma (u B - v A)          A = 2 a/((1 + d) D)
/// dL/dmu    =  2/sigma (v A + u B)          B = 2 b/((1 + d) D)
/// dL/dsigma =  2/sigma (v^2 A - u^2 B)
/// ```
pub fn dome_log_odds<const D: usize>(x: Tensor<D>, mu: Tensor<1>, sigma: Tensor<1>) -> Tensor<D> {
    let output = x.dtype();
    let Operands {
        x,
        mu,
        sigma,
        dtype,
    } = Operands::new(x, mu, sigma);
    let (low, high) = distance_range(dtype);
    let [x0, mu0, sigma0] = [&x, &mu, &sigma].map(|z| z.clone().without_autodiff());
    let scaled = |d: Tensor<D>| (d / sigma0.clone()).clamp(low, high);
    let near = Bump::new(scaled(x0.clone() - mu0.clone()));
    let far = Bump::new(scaled(x0.clone() + mu0.clone()));

    let apart = scaled(x0.clone()).abs() * scaled(mu0.clone()).abs() * 4.0;
    let is_near = (x0.clone().sign() * mu0.clone().sign()).greater_equal_elem(0.0);
    let pick =
        |yes: &Tensor<D>, no: &Tensor<D>| no.clone().mask_where(is_near.clone(), yes.clone());
    let difference =
        pick(&near.value, &far.value) * one_minus_exp_neg(apart.clone(), apart.neg().exp());
    let rest = pick(
        &(far.value.clone() + near.complement.clone()),
        &(near.value.clone() + far.complement.clone()),
    );
    let underflows = rest.clone().lower_elem(match dtype {
        FloatDType::F64 => 1e-290,
        _ => 1e-35,
    });
    let rest = rest.mask_fill(underflows.clone(), 1.0);
    let at_mode = pick(&far.log_value, &near.log_value).neg() + LN_2;
    let magnitude =
        log1p_positive(difference / rest.clone() * 2.0).mask_where(underflows.clone(), at_mode);
    let (lowest, highest) = finite_range(dtype);
    let value = magnitude.clone().clamp(lowest, highest);
    // A product, since a difference from 0 would lose the sign of a 0.
    let turn = value.full_like(-1.0).mask_fill(is_near.clone(), 1.0);
    let value = value * turn;
    if ![&x, &mu, &sigma].iter().any(|z| z.is_autodiff()) {
        return cast(value, output);
    }

    let scale = (near.value.clone() - far.value.clone()).abs() + 1.0;
    let scale = (scale * rest).recip() * 2.0;
    // On a mode its own bump has no slope, and the other one is all of D.
    let share = |bump: &Bump<D>, at_mode: Tensor<D>| {
        (bump.value.clone() * scale.clone()).mask_where(underflows.clone(), at_mode)
    };
    let (zeros, ones) = (magnitude.zeros_like(), magnitude.ones_like());
    let near_share = share(&near, pick(&zeros, &ones));
    let far_share = share(&far, pick(&ones, &zeros));
    let derivative = |sum: Tensor<D>| (sum / sigma0.clone() * 2.0).clamp(lowest, highest);
    let near_first = near_share * near.distance.clone();
    let far_first = far_share * far.distance.clone();
    let near_second = near_first.clone() * near.distance;
    let far_second = far_first.clone() * far.distance;
    let value = with_derivatives(
        value,
        [
            (x, derivative(far_first.clone() - near_first.clone())),
            (mu, derivative(near_first + far_first)),
            (sigma, derivative(near_second - far_second)),
        ],
    );
    cast(value, output)
}

/// `log(1 + x)` for `x >= 0`, also on devices whose `log1p` is the logarithm of a rounded sum.
fn log1p_positive<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    // 2 artanh(z) with z = x/(2 + x) up to 1/3: 3^-36 is below the last digit of f64.
    const TERMS: i32 = 18;
    let z = x.clone() / (x.clone() + 2.0);
    let square = z.clone().square();
    let last = 1.0 / (2 * TERMS - 1) as f64;
    let series = (1..TERMS).rev().fold(square.full_like(last), |sum, k| {
        sum * square.clone() + 1.0 / (2 * k - 1) as f64
    });
    let small = x.clone().lower_elem(1.0);
    (x + 1.0).log().mask_where(small, z * series * 2.0)
}

/// Input and parameters of one shape and one type, sigma floored.
struct Operands<const D: usize> {
    x: Tensor<D>,
    mu: Tensor<D>,
    sigma: Tensor<D>,
    dtype: FloatDType,
}

impl<const D: usize> Operands<D> {
    fn new(x: Tensor<D>, mu: Tensor<1>, sigma: Tensor<1>) -> Self {
        let dtype = compute_dtype(x.dtype());
        let dims = x.dims();
        Self {
            x: cast(x, dtype),
            mu: cast(along_channels("mu", mu, &dims), dtype),
            sigma: floored(cast(along_channels("sigma", sigma, &dims), dtype)),
            dtype,
        }
    }
}

/// `exp(-(d/sigma)^2)`; where it underflows, exactly 0 with derivatives exactly 0, since
/// `v^2 exp(-v^2)` would be `inf * 0` there.
fn bump<const D: usize>(d: Tensor<D>, sigma: Tensor<D>, dtype: FloatDType) -> Tensor<D> {
    // exp(-v^2) is below the smallest subnormal number beyond this |v|.
    let reach = match dtype {
        FloatDType::F64 => 27.3,
        _ => 10.2,
    };
    let underflows = {
        let [d, sigma] = [&d, &sigma].map(|t| t.clone().without_autodiff());
        d.abs().greater(sigma * reach)
    };
    let v = d.mask_fill(underflows.clone(), 0.0) / sigma;
    v.square().neg().exp().mask_fill(underflows, 0.0)
}

/// Distances whose square still is a finite number.
fn distance_range(dtype: FloatDType) -> (f64, f64) {
    match dtype {
        FloatDType::F64 => (-1e150, 1e150),
        _ => (-1e18, 1e18),
    }
}

fn finite_range(dtype: FloatDType) -> (f64, f64) {
    match dtype {
        FloatDType::F64 => (f64::MIN, f64::MAX),
        _ => (f32::MIN as f64, f32::MAX as f64),
    }
}

/// One of the two bumps at a distance `v` from its centre, in units of sigma.
struct Bump<const D: usize> {
    distance: Tensor<D>,
    /// `-v^2`, the logarithm of the bump.
    log_value: Tensor<D>,
    value: Tensor<D>,
    /// `1 - exp(-v^2)`, without cancellation.
    complement: Tensor<D>,
}

impl<const D: usize> Bump<D> {
    fn new(distance: Tensor<D>) -> Self {
        let square = distance.clone().square();
        let value = square.clone().neg().exp();
        Self {
            complement: one_minus_exp_neg(square.clone(), value.clone()),
            log_value: square.neg(),
            value,
            distance,
        }
    }
}

/// Twice the probability of one class, `own + (1 - other)`, and its logarithm.
struct ClassTerm<const D: usize> {
    twice: Tensor<D>,
    log_twice: Tensor<D>,
}

impl<const D: usize> ClassTerm<D> {
    fn new(own: &Bump<D>, other: &Bump<D>) -> Self {
        // In the log domain, since `own` underflows far away while the complement is 0 at `other`.
        let complement = other.complement.clone().log();
        let largest = own.log_value.clone().max_pair(complement.clone());
        let gap = (own.log_value.clone() - complement).abs();
        Self {
            twice: own.value.clone() + other.complement.clone(),
            log_twice: largest + gap.neg().exp().log1p(),
        }
    }

    /// `-log p`. Near p = 1 from the other class's probability, so that tiny losses keep their digits.
    fn nll(&self, other: &Self) -> Tensor<D> {
        let likely = self.twice.clone().greater_equal_elem(1.0);
        (self.log_twice.clone().neg() + LN_2)
            .mask_where(likely, (other.twice.clone() * -0.5).log1p().neg())
    }

    /// `v^power bump / (2p)`; 0 at the bump's centre, where the quotient may overflow.
    fn share(&self, mode: &Bump<D>, power: u32) -> Tensor<D> {
        let centre = mode.distance.clone().equal_elem(0.0);
        let quotient = (mode.log_value.clone() - self.log_twice.clone()).exp();
        let factor = match power {
            1 => mode.distance.clone(),
            _ => mode.log_value.clone().neg(),
        };
        (quotient * factor).mask_fill(centre, 0.0)
    }
}
