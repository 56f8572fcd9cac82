use serde::{Deserialize, Serialize};

/// What the figures of a model are drawn from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Curves {
    /// For each bin of the reliability diagram that has images: the mean confidence, and the share of right predictions.
    pub reliability: Points,
    /// The receiver operating characteristic of the head's fixed detector and the other bundled set: shares of test images
    /// and of outliers that are taken for outliers.
    pub roc: Points,
}

/// Points of a curve, each of two numbers.
///
/// As a text, in files, the two numbers have a comma between them and four digits behind the point, and the points blanks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Points(Vec<[f64; 2]>);

impl Points {
    /// Rounded to four digits.
    pub fn new(points: &[[f64; 2]]) -> Self {
        let rounded = |x: f64| (x * 1e4).round() / 1e4;
        Self(points.iter().map(|point| point.map(rounded)).collect())
    }

    /// The points.
    pub fn pairs(&self) -> Vec<(f64, f64)> {
        self.0.iter().map(|&[x, y]| (x, y)).collect()
    }
}

impl From<Points> for String {
    fn from(Points(points): Points) -> Self {
        let points: Vec<Self> = points.iter().map(|[x, y]| format!("{x},{y}")).collect();
        points.join(" ")
    }
}

impl TryFrom<String> for Points {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let point = |text: &str| {
            let (x, y) = text.split_once(',')?;
            Some([x.parse().ok()?, y.parse().ok()?])
        };
        let points: Option<Vec<[f64; 2]>> = text.split_whitespace().map(point).collect();
        let points =
            points.ok_or_else(|| format!("`{text}` is no list of points, such as 0,0.5 1,1"))?;
        Ok(Self(points))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_back() {
        let curves = Curves {
            reliability: Points::new(&[[0.123456, 1.0], [1e-9, 0.5]]),
            roc: Points::new(&[]),
        };
        let json = serde_json::to_string(&curves).unwrap();
        assert_eq!(json, r#"{"reliability":"0.1235,1 0,0.5","roc":""}"#);
        assert_eq!(serde_json::from_str::<Curves>(&json).unwrap(), curves);
        for bad in ["1", "1,x", "1,2,3"] {
            assert!(Points::try_from(bad.to_owned()).is_err(), "{bad}");
        }
    }
}
