use crate::InvalidConfig;

/// What the configurations of all losses have in common.
pub(super) fn validate(
    weights: &Option<Vec<f32>>,
    smoothing: Option<f32>,
) -> Result<(), InvalidConfig> {
    if let Some(smoothing) = smoothing {
        let valid = (0.0..=1.0).contains(&smoothing);
        InvalidConfig::check(valid, "smoothing", smoothing, "in the interval [0, 1]")?;
    }
    for weight in weights.iter().flatten() {
        let valid = weight.is_finite() && *weight > 0.0;
        InvalidConfig::check(valid, "a class weight", weight, "a positive finite number")?;
    }
    Ok(())
}
