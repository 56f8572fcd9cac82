//! Checks of settings, whose messages name value and limit.

use std::fmt::Display;
use std::ops::RangeInclusive;

/// Whether `value` is a number above 0.
pub(super) fn positive(setting: &str, value: f64) -> Result<(), String> {
    that(
        value > 0.0 && value.is_finite(),
        setting,
        value,
        "above 0 and finite",
    )
}

/// Whether `value` is a number and not negative.
pub(super) fn not_negative(setting: &str, value: f64) -> Result<(), String> {
    that(
        value >= 0.0 && value.is_finite(),
        setting,
        value,
        "at least 0 and finite",
    )
}

/// Whether `value` lies in `range`.
pub(super) fn within(setting: &str, value: f64, range: RangeInclusive<f64>) -> Result<(), String> {
    let limits = format!("at least {} and at most {}", range.start(), range.end());
    that(range.contains(&value), setting, value, &limits)
}

/// `Err` with the setting, its value and what it must be, unless `holds`.
pub(super) fn that(
    holds: bool,
    setting: &str,
    value: impl Display,
    requirement: &str,
) -> Result<(), String> {
    match holds {
        true => Ok(()),
        false => Err(format!("{setting} is {value}, but must be {requirement}")),
    }
}
