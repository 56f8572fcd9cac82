use alloc::format;
use alloc::string::String;

use burn::tensor::{DType, Device, FloatDType, bf16, f16};

use crate::InvalidConfig;

/// The type of numbers in which a device keeps parameters, to check a configuration against.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Numbers(FloatDType);

impl Numbers {
    /// The device's default type.
    pub fn of(device: &Device) -> Self {
        Self(device.settings().float_dtype)
    }

    /// That of a parameter; of a quantised one what it is quantised from.
    pub fn of_type(dtype: DType) -> Self {
        match dtype {
            DType::QFloat(_) => Self(FloatDType::F32),
            dtype => Self(dtype.into()),
        }
    }

    pub fn name(&self) -> String {
        format!("{:?}", self.0)
    }

    /// As a tensor holds it.
    pub fn rounded(&self, value: f64) -> f64 {
        match self.0 {
            FloatDType::F64 => value,
            FloatDType::F16 => f16::from_f64(value).to_f64(),
            FloatDType::BF16 => bf16::from_f64(value).to_f64(),
            _ => f64::from(value as f32),
        }
    }

    /// What parameters may be at most, with room to compute with them. Half precision is computed in f32.
    pub fn largest(&self) -> f64 {
        match self.0 {
            FloatDType::F64 => 1e250,
            FloatDType::F16 => f16::MAX.to_f64(),
            _ => 1e30,
        }
    }

    /// What distances in units of sigma may be at most: their squares and the sums of these are finite numbers.
    pub fn farthest(&self) -> f64 {
        match self.0 {
            FloatDType::F64 => 1e140,
            _ => 1e15,
        }
    }

    /// Whether a number of any sign is small enough.
    pub fn check(&self, field: &'static str, value: f64) -> Result<(), InvalidConfig> {
        self.check_limit(field, value, self.largest())
    }

    /// Whether a number whose square is needed, of any sign, is small enough.
    pub fn check_distance(&self, field: &'static str, value: f64) -> Result<(), InvalidConfig> {
        self.check_limit(field, value, self.farthest().min(self.largest()))
    }

    fn check_limit(
        &self,
        field: &'static str,
        value: f64,
        limit: f64,
    ) -> Result<(), InvalidConfig> {
        let requirement = format!("at most {limit:e} in {}, to compute with it", self.name());
        let shown = format!("{value:e}");
        InvalidConfig::check(value.abs() <= limit, field, shown, requirement)
    }

    /// Whether a positive number is small enough, and does not become 0.
    pub fn check_positive(&self, field: &'static str, value: f64) -> Result<(), InvalidConfig> {
        self.check(field, value)?;
        let name = self.name();
        InvalidConfig::check(
            self.rounded(value) > 0.0,
            field,
            value,
            format!("larger: it becomes 0 in {name}"),
        )
    }
}
