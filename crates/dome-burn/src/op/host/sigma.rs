use crate::op::SIGMA_FLOOR;

/// `max(|sigma|, SIGMA_FLOOR)`; NaN stays, as comparisons with it are false.
pub(in crate::op) fn floored(sigma: f64) -> f64 {
    let magnitude = sigma.abs();
    if magnitude < SIGMA_FLOOR {
        SIGMA_FLOOR
    } else {
        magnitude
    }
}

/// The derivative of [`floored`] as it is used: as if there were no floor.
pub(in crate::op) fn sign(sigma: f64) -> f64 {
    if sigma < 0.0 { -1.0 } else { 1.0 }
}
