use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::draw::drawn;
use super::{DataError, EvaluateOn, KnownClasses, Part};

/// Which images of a set an experiment takes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Train on this number of images only, drawn such that labels keep their shares.
    pub limit_train: Option<usize>,
    /// Seed of the drawing.
    pub seed: u64,
    /// What is measured on.
    pub evaluate_on: EvaluateOn,
    /// The labels to take; all if none.
    pub known: Option<KnownClasses>,
}

/// Images of the validation part.
const VALIDATION: usize = 5_000;

/// The validation part is at most this share of the training images: one in so many.
const VALIDATION_SHARE: usize = 6;

/// Seed of the shuffle that decides which images the validation part has: the same in all runs,
/// whatever their own seeds, so that they are measured on the same images.
const VALIDATION_SEED: u64 = 5_000;

/// Indices of training images, each list in ascending order.
#[derive(Debug, PartialEq)]
pub(super) struct Choice {
    pub training: Vec<usize>,
    /// The validation part; empty without one.
    pub held_out: Vec<usize>,
}

impl Selection {
    /// The images to take of the training part with these labels; all if none.
    ///
    /// # Errors
    ///
    /// If there are not as many as asked for, or a label has none.
    pub(super) fn choose(&self, labels: &[u8]) -> Result<Option<Choice>, DataError> {
        let (mut available, held_out) = match self.evaluate_on {
            EvaluateOn::Test => ((0..labels.len()).collect(), Vec::new()),
            EvaluateOn::Validation => hold_out(labels.len())?,
        };
        if let Some(known) = &self.known {
            available.retain(|&index| known.class_of(labels[index]).is_some());
            let has = |label: &u8| available.iter().any(|&index| labels[index] == *label);
            if let Some(&label) = known.labels().iter().find(|label| !has(label)) {
                return Err(DataError::NoSuchClass {
                    part: Part::Train,
                    label,
                });
            }
        }
        let limit = self.limit_train.unwrap_or(available.len());
        if limit > available.len() {
            return Err(DataError::Limit {
                limit,
                available: available.len(),
            });
        }
        if limit == labels.len() {
            return Ok(None);
        }
        let of_available: Vec<u8> = available.iter().map(|&index| labels[index]).collect();
        let drawn = drawn(&of_available, limit, self.seed);
        Ok(Some(Choice {
            training: drawn.into_iter().map(|at| available[at]).collect(),
            held_out,
        }))
    }
}

/// Of `count` images the indices of those that stay, and of the validation part: the last
/// [`VALIDATION`] of a shuffle.
fn hold_out(count: usize) -> Result<(Vec<usize>, Vec<usize>), DataError> {
    let needed = VALIDATION * VALIDATION_SHARE;
    if count < needed {
        return Err(DataError::NoValidation {
            images: VALIDATION,
            available: count,
            needed,
        });
    }
    let mut stay: Vec<usize> = (0..count).collect();
    stay.shuffle(&mut ChaCha8Rng::seed_from_u64(VALIDATION_SEED));
    let mut held_out = stay.split_off(count - VALIDATION);
    stay.sort_unstable();
    held_out.sort_unstable();
    Ok((stay, held_out))
}

impl Choice {
    /// All of them, in ascending order.
    pub fn all(&self) -> Vec<usize> {
        let mut all = [self.training.as_slice(), &self.held_out].concat();
        all.sort_unstable();
        all
    }

    /// Where the images of the two lists are in [`all`](Self::all).
    pub fn places(&self) -> [Vec<usize>; 2] {
        let all = self.all();
        [&self.training, &self.held_out].map(|list| {
            let mut list = list.iter().peekable();
            let place = |(place, index): (usize, &usize)| list.next_if_eq(&index).map(|_| place);
            all.iter().enumerate().filter_map(place).collect()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn select(limit_train: Option<usize>, seed: u64, evaluate_on: EvaluateOn) -> Selection {
        Selection {
            limit_train,
            seed,
            evaluate_on,
            known: None,
        }
    }

    #[test]
    fn the_validation_part_is_the_same_in_all_runs() {
        let labels: Vec<u8> = (0..30_000).map(|i| (i % 10) as u8).collect();
        let choose = |limit, seed| {
            let selection = select(limit, seed, EvaluateOn::Validation);
            selection.choose(&labels).unwrap().unwrap()
        };
        let whole = choose(None, 0);
        assert_eq!(
            (whole.training.len(), whole.held_out.len()),
            (25_000, 5_000)
        );
        assert_eq!(whole.all(), (0..30_000).collect::<Vec<_>>());
        // Neither sorted by chance nor of one label.
        let of_label_3 = whole.held_out.iter().filter(|&&i| labels[i] == 3).count();
        assert!((400..600).contains(&of_label_3), "{of_label_3}");
        assert_ne!(whole.held_out, (25_000..30_000).collect::<Vec<_>>());
        assert_eq!(choose(None, 7), whole);
        let drawn = choose(Some(100), 7);
        assert_eq!(drawn.held_out, whole.held_out);
        assert_eq!(drawn.training.len(), 100);
        assert!(
            drawn
                .training
                .iter()
                .all(|i| whole.training.binary_search(i).is_ok())
        );
        assert_ne!(choose(Some(100), 8).training, drawn.training);
        let [training, held_out] = drawn.places();
        let all = drawn.all();
        assert!(training.iter().map(|&place| all[place]).eq(drawn.training));
        assert!(held_out.iter().map(|&place| all[place]).eq(drawn.held_out));
    }

    #[test]
    fn images_of_unknown_labels_are_left_out() {
        let labels = [3, 1, 0, 3, 2, 0, 1];
        let choose = |known: &str, limit| {
            let selection = Selection {
                known: Some(known.parse().unwrap()),
                ..select(limit, 0, EvaluateOn::Test)
            };
            selection.choose(&labels)
        };
        let choice = choose("0,3", None).unwrap().unwrap();
        assert_eq!(choice.training, [0, 2, 3, 5]);
        assert!(choice.held_out.is_empty());
        assert_eq!(choose("0,1,2,3", None).unwrap(), None);
        assert_eq!(choose("0,3", Some(2)).unwrap().unwrap().training.len(), 2);
        let error = choose("0,3", Some(5)).unwrap_err().to_string();
        assert!(error.contains("at most 4"), "{error}");
        let error = choose("0,9", None).unwrap_err().to_string();
        assert!(error.contains("the label 9"), "{error}");
    }

    #[test]
    fn too_few_images_are_an_error() {
        let choose = |limit, evaluate_on| {
            let selection = select(limit, 0, evaluate_on);
            selection.choose(&[0; 29_999]).unwrap_err().to_string()
        };
        let error = choose(None, EvaluateOn::Validation);
        assert!(
            error.contains("at least 30000") && error.contains("29999"),
            "{error}"
        );
        assert_eq!(
            choose(Some(30_000), EvaluateOn::Test),
            "--limit-train is 30000, but must be at most 29999, the number of training images"
        );
        let all = select(None, 0, EvaluateOn::Test);
        assert_eq!(all.choose(&[0, 1]).unwrap(), None);
        let all = select(Some(2), 0, EvaluateOn::Test);
        assert_eq!(all.choose(&[0, 1]).unwrap(), None);
    }
}
