use alloc::vec::Vec;

use crate::InvalidConfig;

/// What the configurations of all losses have in common.
pub(super) fn validate(
    weights: &Option<Vec<f32>>,
    smoothing: Option<f32>,
) -> Result<(), InvalidConfig> {
    /// Products with losses and sums of them are finite numbers.
    const MOST: f32 = 1e18;
    if let Some(smoothing) = smoothing {
        let valid = (0.0..=1.0).contains(&smoothing);
        InvalidConfig::check(valid, "smoothing", smoothing, "in the interval [0, 1]")?;
    }
    for weight in weights.iter().flatten() {
        let valid = (0.0..=MOST).contains(weight);
        InvalidConfig::check(valid, "a class weight", weight, "a number from 0 to 1e18")?;
    }
    Ok(())
}
