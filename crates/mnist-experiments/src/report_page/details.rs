use std::collections::BTreeMap;

use serde_json::Value;

use crate::head::HeadConfig;
use crate::report::{RunError, RunFolder};

/// Evaluations whose curves the page draws.
const DRAWN: [&str; 3] = ["calibration", "outliers", "rejection"];

/// What evaluations measured of a head beside numbers, where the run has it.
///
/// # Errors
///
/// If a file is damaged.
pub(super) fn details(
    folder: &RunFolder,
    head: HeadConfig,
) -> Result<BTreeMap<&'static str, Value>, RunError> {
    let mut all = BTreeMap::new();
    for evaluation in DRAWN {
        let name = format!("evaluations/{}.{evaluation}.json", head.file_name());
        if folder.file(&name).exists() {
            all.insert(evaluation, folder.read_json(&name)?);
        }
    }
    Ok(all)
}
