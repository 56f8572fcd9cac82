use anyhow::{Result, ensure};

use crate::run::Run;

/// That runs may share a page: each image of it is one image of all of them.
///
/// # Errors
///
/// If two were measured on different images, or have other classes.
pub(super) fn check_comparable(runs: &[Run]) -> Result<()> {
    let Some((first, others)) = runs.split_first() else {
        return Ok(());
    };
    for other in others {
        let [a, b] = [first, other].map(Run::manifest);
        let paths = [first, other].map(|run| run.folder().path().display());
        let [of_first, of_other] = paths;
        ensure!(
            a.data.test.checksum == b.data.test.checksum,
            "{of_first} and {of_other} were measured on different images ({} of {}, {} of {}): make a page of each",
            a.data.test.images,
            a.data.name,
            b.data.test.images,
            b.data.name,
        );
        ensure!(
            a.classes == b.classes,
            "{of_first} tells {} apart, {of_other} {}: make a page of each",
            a.classes.join(", "),
            b.classes.join(", "),
        );
    }
    Ok(())
}
