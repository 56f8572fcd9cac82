//! Round tick positions and their labels.

/// Ticks at round values inside `low..=high`, each with its label; about `wanted` of them.
pub(super) fn ticks(low: f64, high: f64, wanted: usize) -> Vec<(f64, String)> {
    let span = high - low;
    if !(span.is_finite() && span > 0.0) {
        return Vec::new();
    }
    // Rather a few too many ticks than too few.
    let step = round_step(0.7 * span / wanted.max(1) as f64);
    let first = (low / step - 1e-9).ceil();
    let last = (high / step + 1e-9).floor();
    // Beyond this the range is narrower than the precision of its limits.
    if !(step > 0.0 && first.abs() < 1e12 && last - first < 1000.0) {
        return Vec::new();
    }
    (first as i64..=last as i64)
        .map(|index| {
            let value = index as f64 * step;
            (value, label(value, step))
        })
        .collect()
}

/// The smallest of 1, 2, 5 times a power of ten that is not below `rough`.
fn round_step(rough: f64) -> f64 {
    let power = 10f64.powf(rough.log10().floor());
    let factor = [1.0, 2.0, 5.0]
        .into_iter()
        .find(|factor| factor * power >= rough * 0.999);
    factor.unwrap_or(10.0) * power
}

/// The value with as many decimals as the step needs, and a true minus sign.
fn label(value: f64, step: f64) -> String {
    let text = if value == 0.0 {
        "0".to_owned()
    } else if value.abs() >= 1e5 || step < 1e-4 {
        // Rounding hides the noise of `index * step`; then zeros at the end go.
        let digits = (value.abs().log10().floor() - step.log10().floor()).clamp(0.0, 15.0);
        let text = format!("{value:.*e}", digits as usize);
        match text.split_once('e') {
            Some((number, power)) if number.contains('.') => {
                let number = number.trim_end_matches('0').trim_end_matches('.');
                format!("{number}e{power}")
            }
            _ => text,
        }
    } else {
        format!("{value:.*}", (-step.log10().floor()).max(0.0) as usize)
    };
    text.replace('-', "\u{2212}")
}

#[cfg(test)]
mod tests {
    use super::ticks;

    fn labels(low: f64, high: f64) -> Vec<String> {
        ticks(low, high, 5)
            .into_iter()
            .map(|(_, label)| label)
            .collect()
    }

    #[test]
    fn ticks_are_round() {
        assert_eq!(labels(-2.6, 2.6), ["−2", "−1", "0", "1", "2"]);
        assert_eq!(
            labels(-0.05, 1.05),
            ["0", "0.2", "0.4", "0.6", "0.8", "1.0"]
        );
        assert_eq!(labels(-42.0, 42.0), ["−40", "−20", "0", "20", "40"]);
        assert_eq!(labels(0.0, 1e6), ["0", "2e5", "4e5", "6e5", "8e5", "1e6"]);
    }

    #[test]
    fn a_useless_range_has_no_ticks() {
        assert!(ticks(f64::NAN, 1.0, 5).is_empty());
        assert!(ticks(1.0, 1.0, 5).is_empty());
        assert!(ticks(0.0, f64::INFINITY, 5).is_empty());
    }
}
