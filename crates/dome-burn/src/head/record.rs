use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;
use core::fmt::Display;

use crate::InvalidConfig;

/// Whether two parts of a configuration that no record holds are the same, by what they say of themselves.
pub(super) fn check_same(
    field: &'static str,
    ours: &impl Display,
    saved: &impl Display,
) -> Result<(), InvalidConfig> {
    // On one line each.
    let [ours, saved] = [ours.to_string(), saved.to_string()]
        .map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "));
    let wanted = format!("{saved}, that of the record");
    InvalidConfig::check(ours == saved, field, ours, wanted)
}
