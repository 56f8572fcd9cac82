use anyhow::Result;
use burn::tensor::Device;
use serde_json::Value;

use super::spread::Spread;
use crate::data::EvaluateOn;
use crate::eval::{Centroids, Predictions};
use crate::head::{ClassifierHead, HeadConfig};
use crate::model::Classifier;
use crate::note;
use crate::rows::rows_of;
use crate::run::Run;
use crate::train::Samples;

/// In the run's folder.
const FILE: &str = "distances.json";

/// Images that distances are measured on, if the run held none out.
const IMAGES: usize = 5000;

/// How the images of the classes are spread in the embedding of each head: from the run's folder, or measured now and kept
/// there.
///
/// # Errors
///
/// If the run's images or a model cannot be read.
pub(super) fn spreads(run: &Run, heads: &[HeadConfig], device: &Device) -> Result<Vec<Spread>> {
    let folder = run.folder();
    let mut known: Vec<Spread> = match folder.file(FILE).exists() {
        true => folder.read_json(FILE)?,
        false => Vec::new(),
    };
    let is_known = |known: &[Spread], head: HeadConfig| known.iter().any(|of| of.head == head);
    if heads.iter().any(|&head| !is_known(&known, head)) {
        let data = run.data()?;
        let (images, samples) = match data.evaluated_on() {
            EvaluateOn::Validation => ("validation", data.test().clone()),
            EvaluateOn::Test => ("training", some(data.training(), run)?),
        };
        note!(
            "distances to the classes by {} {images} images",
            samples.len()
        );
        for &head in heads {
            if is_known(&known, head) {
                continue;
            }
            let model = run.model(head, device)?;
            let of_images = Predictions::of(&model, &samples, device)?;
            let points = points(&model, &of_images, run.manifest().classes.len())?;
            let (embeddings, classes) = (&of_images.embeddings, samples.targets());
            known.push(Spread::new(head, points, images, embeddings, classes));
        }
        // A run that cannot be written can be asked all the same.
        let kept = folder
            .hold()
            .and_then(|_alone| folder.write_json(FILE, &known));
        if let Err(error) = kept {
            note!("note: the distances are not kept: {error}");
        }
    }
    let of_head = |head: &HeadConfig| known.iter().find(|of| of.head == *head).cloned();
    Ok(heads.iter().filter_map(of_head).collect())
}

/// Some of the images, the labels with their shares.
fn some(training: &Samples, run: &Run) -> Result<Samples> {
    let drawn = training.split().clone().draw(IMAGES, run.experiment().seed);
    Ok(Samples::new(run.experiment().task, drawn)?)
}

/// What distances are measured to.
fn points(
    model: &Classifier,
    of_images: &Predictions,
    classes: usize,
) -> Result<(&'static str, Vec<Option<Vec<f64>>>)> {
    if let Some(points) = model.head.reference_points() {
        let rows = rows_of(points)?.into_iter();
        let wide = |row: Vec<f32>| Some(row.into_iter().map(f64::from).collect());
        return Ok(("reference points", rows.map(wide).collect()));
    }
    let (embeddings, dim) = (&of_images.embeddings, of_images.embedding_dim);
    let centroids = Centroids::of(embeddings, dim, &of_images.targets);
    let of_class = |class: usize| centroids.get(class as u8).map(<[f64]>::to_vec);
    Ok(("class centroids", (0..classes).map(of_class).collect()))
}

/// The spread as it is told to machines.
pub(super) fn thresholds(spread: &Spread, names: &[String]) -> Value {
    let far = names.iter().cloned().zip(&spread.far);
    serde_json::json!({
        "anchors": spread.anchors,
        "images": spread.images,
        "count": spread.count,
        "far": far.map(|(name, far)| (name, Value::from(*far))).collect::<serde_json::Map<_, _>>(),
        "between": spread.between,
    })
}
