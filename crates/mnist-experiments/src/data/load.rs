use std::path::Path;

use super::class_names::read_class_names;
use super::selection::Choice;
use super::{Bundled, DataError, DataSource, EvaluateOn, ImageSet, Part, Selection};

impl DataSource {
    /// Reads the images that are selected.
    ///
    /// # Errors
    ///
    /// If there is no such set, it cannot be read, or has not as many images as asked for.
    pub fn load(&self, selection: &Selection) -> Result<ImageSet, DataError> {
        let dir = self.dir()?;
        let mut choice: Option<Choice> = None;
        let mut choose = |labels: &[u8]| {
            choice = selection.choose(labels)?;
            Ok(choice.as_ref().map(Choice::all))
        };
        let training = self.read(&dir, Part::Train, &mut choose)?;
        let test = self.read(&dir, Part::Test, &mut |_| Ok(None))?;
        let class_count = training.class_count.max(test.class_count);
        let bundled = Bundled::with_content(&training.md5, &test.md5);
        let files = [(Part::Train, &training.md5), (Part::Test, &test.md5)];
        let files = files.into_iter().flat_map(|(part, [images, labels])| {
            [("images", images), ("labels", labels)]
                .map(|(kind, md5)| (format!("{part}-{kind}"), md5.clone()))
        });
        let class_names = match read_class_names(&dir, class_count)? {
            None => bundled.map(|set| set.class_names().map(String::from).to_vec()),
            names => names,
        };
        let files = files.collect();
        let (training, test) = match (selection.evaluate_on, choice) {
            (EvaluateOn::Validation, Some(choice)) => {
                let [train, validation] = choice.places();
                let read = training.split;
                (read.select(&train), read.select(&validation))
            }
            _ => (training.split, test.split),
        };
        let (test, unknown) = match &selection.known {
            None => (test, None),
            Some(known) => {
                let places = 0..test.len();
                let (these, others): (Vec<usize>, Vec<usize>) =
                    places.partition(|&place| known.class_of(test.labels[place]).is_some());
                if these.is_empty() {
                    return Err(DataError::NoSuchClass {
                        part: Part::Test,
                        label: known.labels()[0],
                    });
                }
                let unknown = (!others.is_empty()).then(|| test.select(&others));
                (test.select(&these), unknown)
            }
        };
        Ok(ImageSet {
            known: selection.known.clone(),
            unknown,
            name: bundled.map_or_else(|| folder_name(&dir), |set| set.name().into()),
            training,
            test,
            evaluated_on: selection.evaluate_on,
            class_count,
            class_names,
            files,
        })
    }
}

/// The name of a set that is none of the bundled ones: the last folder of its path.
fn folder_name(dir: &Path) -> String {
    let absolute = dir.canonicalize();
    let dir = match dir.file_name() {
        Some(_) => dir,
        // As of `.`.
        None => absolute.as_deref().unwrap_or(dir),
    };
    let name = dir.file_name().unwrap_or(dir.as_os_str());
    let clean = |c: char| {
        if c.is_control() {
            char::REPLACEMENT_CHARACTER
        } else {
            c
        }
    };
    let name: String = name.to_string_lossy().chars().map(clean).collect();
    match Bundled::named(&name) {
        Some(_) => format!("{name} (other images)"),
        None => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_not_taken_for_bundled_sets() {
        assert_eq!(folder_name("a/letters".as_ref()), "letters");
        assert_eq!(folder_name("a/mnist".as_ref()), "mnist (other images)");
        assert_eq!(folder_name("a/b\u{7}c".as_ref()), "b\u{fffd}c");
        assert!(!folder_name(".".as_ref()).contains('.'));
    }
}
