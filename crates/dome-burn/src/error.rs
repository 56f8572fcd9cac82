use alloc::borrow::Cow;
use alloc::string::{String, ToString};
use core::fmt;

/// A configuration value that a layer or loss cannot be built from.
///
/// The message names the field, its value, the limit, and what to do.
#[derive(Debug, Clone, PartialEq)]
pub struct InvalidConfig {
    field: &'static str,
    value: String,
    requirement: Cow<'static, str>,
}

impl InvalidConfig {
    pub(crate) fn check(
        valid: bool,
        field: &'static str,
        value: impl fmt::Display,
        requirement: impl Into<Cow<'static, str>>,
    ) -> Result<(), Self> {
        match valid {
            true => Ok(()),
            false => Err(Self {
                field,
                value: value.to_string(),
                requirement: requirement.into(),
            }),
        }
    }
}

impl fmt::Display for InvalidConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} is {}, but must be {}",
            self.field, self.value, self.requirement
        )
    }
}

impl core::error::Error for InvalidConfig {}
