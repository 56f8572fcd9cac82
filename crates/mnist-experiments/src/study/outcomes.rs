use serde::{Deserialize, Serialize};

/// Of each image of a list whether it is classified correctly.
///
/// As a text, in files, it is the number of images, a colon, and hexadecimal digits, of four images each: the first one
/// is the highest bit of the first digit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Outcomes(pub Vec<bool>);

impl Outcomes {
    /// The share of correct ones; NaN of no images.
    pub fn share(&self) -> f64 {
        let right = self.0.iter().filter(|right| **right).count();
        right as f64 / self.0.len() as f64
    }

    /// The standard error of the [share](Self::share) p as that of so many independent images, `sqrt(p (1 - p) / n)`.
    pub fn standard_error(&self) -> f64 {
        let p = self.share();
        (p * (1.0 - p) / self.0.len() as f64).sqrt()
    }
}

impl From<Outcomes> for String {
    fn from(Outcomes(right): Outcomes) -> Self {
        let digit = |four: &[bool]| {
            let bits = (0..4).map(|i| u32::from(four.get(i) == Some(&true)) << (3 - i));
            char::from_digit(bits.sum(), 16).unwrap_or('0')
        };
        let digits: String = right.chunks(4).map(digit).collect();
        format!("{}:{digits}", right.len())
    }
}

impl TryFrom<String> for Outcomes {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let read = || {
            let (count, digits) = text.split_once(':')?;
            let count: usize = count.parse().ok()?;
            let digits: Option<Vec<u32>> = digits.chars().map(|c| c.to_digit(16)).collect();
            let digits = digits?;
            let all = digits
                .iter()
                .flat_map(|digit| (0..4).map(move |i| digit >> (3 - i) & 1 == 1));
            (digits.len() == count.div_ceil(4)).then(|| Self(all.take(count).collect()))
        };
        read().ok_or_else(|| {
            format!("`{text}` is no list of outcomes, a number of images and a hexadecimal digit for each four")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_back() {
        let outcomes = Outcomes(vec![true, false, true, true, false, true]);
        let text = serde_json::to_string(&outcomes).unwrap();
        assert_eq!(text, r#""6:b4""#);
        assert_eq!(serde_json::from_str::<Outcomes>(&text).unwrap(), outcomes);
        for bad in ["6:b", "6", "6:bg", "six:b4", "9:b4"] {
            assert!(Outcomes::try_from(bad.to_owned()).is_err(), "{bad}");
        }
    }

    #[test]
    fn share_and_its_error() {
        let outcomes = Outcomes((0..100).map(|i| i < 80).collect());
        assert_eq!(outcomes.share(), 0.8);
        assert!((outcomes.standard_error() - 0.04).abs() < 1e-12);
        assert!(Outcomes(Vec::new()).share().is_nan());
    }
}
