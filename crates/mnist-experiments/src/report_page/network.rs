use std::collections::BTreeMap;

use anyhow::Result;
use burn::tensor::TensorReadError;
use serde::Serialize;
use serde_json::Value;

use super::adversarial::{AdversarialImages, AttackedImages, SURFACE};
use super::blobs::{Blob, Blobs};
use super::curves::{CurvePoint, curves};
use super::details::details;
use super::epoch_positions::kept_epochs;
use super::images::pick;
use super::positions::Positions;
use super::scorer::Scorer;
use crate::attack::Victim;
use crate::data::Part;
use crate::eval::{Centroids, Predictions, Projection, Subject};
use crate::export::Weights;
use crate::head::ClassifierHead;
use crate::ood::OutlierSet;
use crate::report::{AttackResult, HeadMetrics, RunError, RunFolder};
use crate::rows::rows_of;
use crate::run::Run;

/// A trained network and what it makes of the images of a page.
#[derive(Debug, Serialize)]
pub(super) struct Network {
    name: String,
    title: String,
    /// Its run, in the page's order.
    run: usize,
    dim: usize,
    /// The epochs after which positions are there, the last one the trained network's.
    epochs: Vec<usize>,
    positions: Positions,
    outputs: NetworkOutputs,
    /// Of each set of outliers.
    outliers: Vec<OutlierOutputs>,
    reference_points: Option<Vec<Vec<f32>>>,
    /// Two axes that show more than two dimensions best.
    axes: Option<[Vec<f32>; 2]>,
    /// What it takes to run the network.
    encoder: BTreeMap<String, Layer>,
    scorer: Option<Scorer>,
    check: Check,
    metrics: HeadMetrics,
    /// Lines of `epochs.csv`.
    curves: Vec<CurvePoint>,
    attacks: Vec<AttackResult>,
    /// Where the run was attacked.
    adversarial: Vec<AdversarialImages>,
    details: BTreeMap<&'static str, Value>,
}

/// Predicted classes, and probabilities in 16 bits, `[images, classes]`.
#[derive(Debug, Serialize)]
struct NetworkOutputs {
    predicted: Blob,
    probabilities: Blob,
}

#[derive(Debug, Serialize)]
struct OutlierOutputs {
    positions: Positions,
    #[serde(flatten)]
    outputs: NetworkOutputs,
}

/// Parameters, in PyTorch's layout.
#[derive(Debug, Serialize)]
struct Layer {
    shape: Vec<usize>,
    values: Blob,
}

/// What the network makes of the first images, to the bit: by it the page's own forward pass is checked.
#[derive(Debug, Serialize)]
struct Check {
    count: usize,
    embeddings: Blob,
    scores: Blob,
    probabilities: Blob,
}

/// The images of a page.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shown<'a> {
    /// Which of the test images.
    pub indices: &'a [usize],
    /// Images of no class.
    pub outliers: &'a [OutlierSet],
    /// Those that are attacked, if anything was.
    pub attacked: Option<&'a AttackedImages>,
}

/// Images that the page's forward pass is checked by.
const CHECKED: usize = 16;

/// Images that a [`Scorer`] is checked by.
const SCORED: usize = 512;

impl Network {
    /// The network of `subject`, which is of the run at this place of the page.
    ///
    /// # Errors
    ///
    /// If a file of the run is damaged, or the device cannot be read.
    pub fn new(
        subject: &Subject,
        (place, run): (usize, &Run),
        metrics: HeadMetrics,
        Shown {
            indices,
            outliers,
            attacked,
        }: Shown,
        blobs: &mut Blobs,
    ) -> Result<Self> {
        let head = subject.head();
        let folder = run.folder();
        let test = subject.predictions(Part::Test)?;
        let dim = test.embedding_dim;
        let embeddings = pick(&test.embeddings, dim, indices);

        let mut epochs = kept_epochs(folder, head, [test.targets.len(), dim])?;
        for epoch in &mut epochs {
            *epoch = pick(epoch, dim, indices);
        }
        let numbers = match epochs.len() {
            0 => vec![run.experiment().epochs],
            kept => (1..=kept).collect(),
        };
        // The last one is known to more digits.
        epochs.pop();
        epochs.push(embeddings.clone());

        let of_outliers = |set: &OutlierSet| -> Result<OutlierOutputs> {
            let found = subject.predictions_of(&format!("page {}", set.name), &set.samples)?;
            let all: Vec<usize> = (0..set.samples.len()).collect();
            Ok(OutlierOutputs {
                positions: Positions::new(std::slice::from_ref(&found.embeddings), dim, blobs),
                outputs: NetworkOutputs::new(&found, &all, blobs),
            })
        };
        let outliers = outliers.iter().map(of_outliers).collect::<Result<_>>()?;
        let model = subject.model();
        let points: Vec<Vec<f32>> = test.rows().take(SCORED).map(<[f32]>::to_vec).collect();
        let attacks = attacks(folder, &metrics)?;
        let adversarial = match attacked {
            Some(attacked) => {
                let shape = subject.data().test().split().shape();
                let victim = Victim::new(model, shape, SURFACE, subject.device());
                attacked.under(&attacks, &victim, blobs)?
            }
            None => Vec::new(),
        };
        let points_of_head = model.head.reference_points().map(rows_of).transpose()?;
        Ok(Self {
            name: head.to_string(),
            title: head.title(),
            run: place,
            dim,
            epochs: numbers,
            positions: Positions::new(&epochs, dim, blobs),
            outputs: NetworkOutputs::new(&test, indices, blobs),
            outliers,
            reference_points: points_of_head,
            axes: axes(&test),
            encoder: encoder(subject, blobs)?,
            scorer: Scorer::of(&model.head, &points, subject.device())?,
            check: Check::new(&test, indices, blobs),
            curves: curves(folder, &head.to_string())?,
            attacks,
            adversarial,
            details: details(folder, head)?,
            metrics,
        })
    }
}

impl NetworkOutputs {
    fn new(predictions: &Predictions, indices: &[usize], blobs: &mut Blobs) -> Self {
        let probabilities = pick(&predictions.probabilities, predictions.classes, indices);
        let short = |p: f32| (p * f32::from(u16::MAX)).round() as u16; // of NaN 0
        let probabilities: Vec<u16> = probabilities.into_iter().map(short).collect();
        Self {
            predicted: blobs.bytes(&pick(&predictions.predicted, 1, indices)),
            probabilities: blobs.shorts(&probabilities),
        }
    }
}

impl Check {
    fn new(predictions: &Predictions, indices: &[usize], blobs: &mut Blobs) -> Self {
        let first = &indices[..indices.len().min(CHECKED)];
        let mut of = |values: &[f32], width| blobs.floats(&pick(values, width, first));
        Self {
            count: first.len(),
            embeddings: of(&predictions.embeddings, predictions.embedding_dim),
            scores: of(&predictions.scores, predictions.classes),
            probabilities: of(&predictions.probabilities, predictions.classes),
        }
    }
}

/// The plane of the figures: see [`Projection`].
fn axes(test: &Predictions) -> Option<[Vec<f32>; 2]> {
    let dim = test.embedding_dim;
    let centroids = Centroids::of(&test.embeddings, dim, &test.targets);
    let projection = Projection::of(&centroids).filter(|_| dim > 2)?;
    let of_axis = |i: usize| {
        let mut unit = vec![0.0; dim];
        unit[i] = 1.0;
        projection.project(&unit)
    };
    let columns: Vec<[f32; 2]> = (0..dim).map(of_axis).collect();
    Some([0, 1].map(|axis| columns.iter().map(|column| column[axis]).collect()))
}

/// The parameters of the encoder.
fn encoder(
    subject: &Subject,
    blobs: &mut Blobs,
) -> Result<BTreeMap<String, Layer>, TensorReadError> {
    let weights = Weights::of(subject.model())?;
    let mut layers = BTreeMap::new();
    for (name, shape, values) in weights.iter() {
        let Some(name) = name.strip_prefix("encoder.") else {
            continue;
        };
        let layer = Layer {
            shape: shape.to_vec(),
            values: blobs.bytes(values),
        };
        layers.insert(name.to_owned(), layer);
    }
    Ok(layers)
}

/// The attacks on it.
fn attacks(folder: &RunFolder, metrics: &HeadMetrics) -> Result<Vec<AttackResult>, RunError> {
    let mut all = folder.attacks()?;
    all.retain(|attack| attack.head == metrics.head);
    Ok(all)
}
