use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use super::{Step, StudyResult, Training};

/// How long steps took, by what they are.
#[derive(Debug, Clone, Default)]
pub struct Estimate {
    /// Sum and number, by the part and the step.
    measured: BTreeMap<(String, String), (f64, usize)>,
}

/// The time that some steps are likely to take.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Likely {
    /// Of those whose kind was measured.
    pub seconds: f64,
    /// How many are of a kind that was not.
    pub unknown: usize,
}

impl Estimate {
    /// From what is there.
    pub fn of(results: &BTreeMap<PathBuf, StudyResult>) -> Self {
        let mut measured = BTreeMap::new();
        for result in results.values() {
            for (step, seconds) in &result.seconds {
                let key = (result.part.clone(), step.clone());
                let (sum, count) = measured.entry(key).or_insert((0.0, 0));
                *sum += seconds;
                *count += 1;
            }
        }
        Self { measured }
    }

    /// For steps of a training.
    pub fn likely(&self, training: &Training, steps: &[Step]) -> Likely {
        let mut likely = Likely::default();
        for step in steps {
            let key = (training.part.clone(), step.to_string());
            match self.measured.get(&key) {
                Some((sum, count)) => likely.seconds += sum / *count as f64,
                None => likely.unknown += 1,
            }
        }
        likely
    }
}

impl std::ops::AddAssign for Likely {
    fn add_assign(&mut self, other: Self) {
        self.seconds += other.seconds;
        self.unknown += other.unknown;
    }
}

impl fmt::Display for Likely {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let minutes = self.seconds / 60.0;
        match minutes {
            ..1.0 => write!(f, "{:.0} s", self.seconds)?,
            ..90.0 => write!(f, "{minutes:.0} min")?,
            _ => write!(f, "{:.1} h", minutes / 60.0)?,
        }
        match self.unknown {
            0 => Ok(()),
            unknown => write!(
                f,
                " and {unknown} steps of kinds that were not measured yet"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_words() {
        let of = |seconds, unknown| Likely { seconds, unknown }.to_string();
        assert_eq!(of(12.4, 0), "12 s");
        assert_eq!(of(600.0, 0), "10 min");
        assert_eq!(of(21_600.0, 0), "6.0 h");
        assert_eq!(
            of(0.0, 3),
            "0 s and 3 steps of kinds that were not measured yet"
        );
    }
}
