//! Measured numbers in files and tables. Some do not exist, such as the distance of the classes
//! where there is one: NaN here, `null` in JSON, `n/a` in a table.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};

/// Reads a number. JSON has no NaN and no infinity: both are written as `null`, which is NaN here.
pub(crate) fn or_nan<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let value = Option::deserialize(deserializer)?;
    Ok(value.unwrap_or(f64::NAN))
}

/// [`or_nan`] for numbers by name.
pub(crate) fn all_or_nan<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, f64>, D::Error> {
    let values = BTreeMap::<String, Option<f64>>::deserialize(deserializer)?;
    let or_nan = |(name, value): (String, Option<f64>)| (name, value.unwrap_or(f64::NAN));
    Ok(values.into_iter().map(or_nan).collect())
}

/// A number with so many digits after the point, for people.
pub(crate) fn decimal(value: f64, digits: usize) -> String {
    match value.is_finite() {
        true => format!("{value:.digits$}"),
        false => "n/a".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_number_is_not_available() {
        assert_eq!(decimal(1.255, 1), "1.3");
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(decimal(value, 1), "n/a");
        }
    }

    #[test]
    fn null_is_nan_and_no_value_an_error() {
        #[derive(Debug, Deserialize)]
        struct Values {
            #[serde(deserialize_with = "or_nan")]
            one: f64,
            #[serde(deserialize_with = "all_or_nan")]
            named: BTreeMap<String, f64>,
        }
        let read = serde_json::from_str::<Values>;
        let values = read(r#"{"one": null, "named": {"mu": 0.5, "sigma": null}}"#).unwrap();
        assert!(values.one.is_nan() && values.named["sigma"].is_nan());
        assert_eq!(values.named["mu"], 0.5);
        assert_eq!(read(r#"{"one": 2, "named": {}}"#).unwrap().one, 2.0);
        let error = read(r#"{"named": {}}"#).unwrap_err().to_string();
        assert!(error.contains("missing field `one`"), "{error}");
        assert!(read(r#"{"one": "2", "named": {}}"#).is_err());
    }
}
