use serde::Serialize;

use super::spread::Spread;

/// Where an embedding lies among the classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "place", rename_all = "snake_case")]
pub(super) enum Verdict {
    /// Where images of a class are.
    Near {
        /// The class.
        class: usize,
    },
    /// Not much nearer to one class than to another.
    Between {
        /// The nearest class.
        class: usize,
        /// The second nearest.
        other: usize,
    },
    /// Farther from the nearest class than its images are.
    Far {
        /// That class.
        class: usize,
    },
}

impl Verdict {
    /// Of distances to the classes, by how images are spread.
    pub fn new(spread: &Spread, distances: &[Option<f64>]) -> Option<Self> {
        let there = distances.iter().enumerate();
        let mut there: Vec<(usize, f64)> = there.filter_map(|(i, d)| Some((i, (*d)?))).collect();
        there.sort_by(|a, b| a.1.total_cmp(&b.1));
        let &(class, nearest) = there.first()?;
        // Between two classes an image may well be far from both.
        if let Some(&(other, second)) = there.get(1)
            && nearest > spread.between * second
            && is_on_the_way(spread, class, other, nearest, second)
        {
            return Some(Self::Between { class, other });
        }
        match nearest.is_finite() && nearest <= spread.far[class] {
            true => Some(Self::Near { class }),
            false => Some(Self::Far { class }),
        }
    }

    /// In words.
    pub fn in_words(self, names: &[String]) -> String {
        let name = |class: usize| names.get(class).map_or("?", String::as_str);
        match self {
            Self::Near { class } => format!("near {}", name(class)),
            Self::Between { class, other } => {
                format!("between {} and {}", name(class), name(other))
            }
            Self::Far { class } => {
                format!("far from every class, the nearest is {}", name(class))
            }
        }
    }
}

/// Whether the way over the point is not much longer than the straight one from class to class: else the point is far from
/// both.
fn is_on_the_way(spread: &Spread, a: usize, b: usize, to_a: f64, to_b: f64) -> bool {
    let [Some(from), Some(to)] = [a, b].map(|class| spread.points[class].as_ref()) else {
        return false;
    };
    let squares = from.iter().zip(to).map(|(a, b)| (a - b).powi(2));
    let straight = squares.sum::<f64>().sqrt();
    to_a + to_b <= straight + 2.0 * spread.far[a].max(spread.far[b])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_between_and_far() {
        let spread = Spread {
            head: "dome".parse().unwrap(),
            anchors: "reference points".into(),
            points: vec![Some(vec![-1.0, 0.0]), Some(vec![1.0, 0.0]), None],
            images: "validation".into(),
            count: 5000,
            far: vec![0.3, 0.2, 0.0],
            between: 0.25,
        };
        let names = ["even", "odd", "none"].map(String::from);
        for (embedding, expected) in [
            ([-1.0, 0.1], "near even"),
            ([1.1, 0.1], "near odd"),
            ([0.0, 0.0], "between even and odd"),
            ([0.2, 0.1], "between odd and even"),
            ([0.0, 5.0], "far from every class, the nearest is even"),
            ([1.6, 0.0], "far from every class, the nearest is odd"),
            ([f32::NAN, 0.0], "far from every class, the nearest is even"),
        ] {
            let verdict = Verdict::new(&spread, &spread.distances(&embedding)).unwrap();
            assert_eq!(verdict.in_words(&names), expected, "{embedding:?}");
        }
    }
}
