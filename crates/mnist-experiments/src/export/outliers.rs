use std::fs;
use std::path::Path;

use anyhow::Result;

use super::arrays::Arrays;
use crate::data::Part;
use crate::eval::{DetectedSets, Detections, Features, Predictions, Subject};
use crate::experiment_data::ExperimentData;
use crate::ood::OutlierSet;

/// Writes the images of the sets, and the classes of the training images.
pub(super) fn write_sets(
    data: &ExperimentData,
    sets: &[OutlierSet],
    folder: &Path,
    arrays: &mut Arrays,
) -> Result<()> {
    let training = data.training();
    arrays.bytes("train_classes.npy", &[training.len()], training.targets())?;
    fs::create_dir(folder.join("outliers"))?;
    for set in sets {
        let split = set.samples.split();
        let [channels, rows, columns] = split.shape();
        let shape = [split.len(), channels, rows, columns];
        arrays.bytes(&format!("outliers/{}.npy", set.name), &shape, &split.images)?;
    }
    Ok(())
}

/// Writes what a model makes of the training images and of outliers, and the values of all detectors; what the detectors
/// make of the sets.
pub(super) fn write_detections(
    subject: &Subject,
    sets: &[OutlierSet],
    folder: &Path,
    arrays: &mut Arrays,
) -> Result<Detections> {
    let training = (
        subject.predictions(Part::Train)?,
        subject.features(Part::Train)?,
    );
    write_outputs("train_", &training.0, &training.1, arrays)?;
    for set in sets {
        fs::create_dir_all(folder.join("outliers").join(&set.name))?;
        let predictions = subject.predictions_of(&set.name, &set.samples)?;
        let features = subject.features_of(&set.name, &set.samples)?;
        write_outputs(
            &format!("outliers/{}/", set.name),
            &predictions,
            &features,
            arrays,
        )?;
    }
    let detected = DetectedSets::of(subject, sets)?;
    for (detector, (inliers, of_sets)) in &detected.values {
        fs::create_dir_all(folder.join("detectors").join(detector))?;
        let test = "test".to_owned();
        for (set, values) in [(&test, inliers)].into_iter().chain(of_sets) {
            let name = format!("detectors/{detector}/{set}.npy");
            arrays.floats(&name, &[values.len()], values)?;
        }
    }
    Ok(detected.detections())
}

/// All that a model makes of some images.
pub(super) fn write_outputs(
    prefix: &str,
    predictions: &Predictions,
    features: &Features,
    arrays: &mut Arrays,
) -> Result<()> {
    let images = predictions.predicted.len();
    let each = [
        ("features", features.dim, &features.values),
        (
            "embeddings",
            predictions.embedding_dim,
            &predictions.embeddings,
        ),
        ("scores", predictions.classes, &predictions.scores),
        (
            "probabilities",
            predictions.classes,
            &predictions.probabilities,
        ),
    ];
    for (name, size, values) in each {
        arrays.floats(&format!("{prefix}{name}.npy"), &[images, size], values)?;
    }
    Ok(())
}
