use std::collections::BTreeMap;
use std::path::PathBuf;

use super::folder::LossRow;
use super::{ActivationKind, ActivationsFolder, ActivationsMetrics, Family, NetworkKind};
use crate::report::DrawError;
use crate::report::figure::{Curve, CurvePanel, draw_curves};

/// Draws the training losses of a run from the files in its folder: a row of panels for each
/// network, a panel for each family of activations, PDOME in all of them. Returns the paths of the
/// SVG and the PNG file.
///
/// # Errors
///
/// If a result is missing or damaged, or a figure cannot be written.
pub fn draw_losses(folder: &ActivationsFolder) -> Result<[PathBuf; 2], DrawError> {
    let (metrics, rows) = (folder.metrics()?, folder.losses()?);
    let mut panels = Vec::new();
    for network in metrics.networks() {
        panels.extend(network_panels(network, &metrics, &rows));
    }
    let title = title(&metrics);
    let files = draw_curves(&title, &panels, Family::ALL.len(), &folder.file("losses"))?;
    Ok(files)
}

fn network_panels(
    network: NetworkKind,
    metrics: &ActivationsMetrics,
    rows: &[LossRow],
) -> Vec<CurvePanel> {
    let curves: BTreeMap<usize, Curve> = metrics
        .of_network(network)
        .iter()
        .map(|(activation, _)| (*activation as usize, curve(network, *activation, rows)))
        .collect();
    // The same axis for all panels of the network.
    let ends = curves.values().flat_map(|curve| &curve.points);
    let (low, high) = ends.fold(
        (f64::INFINITY, f64::NEG_INFINITY),
        |(low, high), &(_, y)| (low.min(y), high.max(y)),
    );
    Family::ALL
        .into_iter()
        .map(|family| {
            // PDOME first, so that it has the same colour everywhere.
            let own =
                |kind: &ActivationKind| kind.family() == family && *kind != ActivationKind::PDome;
            let kinds = [ActivationKind::PDome]
                .into_iter()
                .chain(ActivationKind::ALL.into_iter().filter(own));
            CurvePanel {
                title: format!("{}: {}", network.title(), family.title()),
                x_label: "images seen, thousands".into(),
                y_label: "training loss, log10".into(),
                curves: kinds
                    .filter_map(|kind| curves.get(&(kind as usize)).cloned())
                    .collect(),
                y_range: Some((low - 0.05, high + 0.05)),
            }
        })
        .collect()
}

/// The mean over the seeds.
fn curve(network: NetworkKind, activation: ActivationKind, rows: &[LossRow]) -> Curve {
    let mut losses: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
    for (of, kind, _, point) in rows {
        if (*of, *kind) == (network, activation) {
            losses.entry(point.images).or_default().push(point.loss);
        }
    }
    let point = |(images, losses): (usize, Vec<f64>)| {
        let mean = losses.iter().sum::<f64>() / losses.len() as f64;
        (images as f64 / 1000.0, mean.log10())
    };
    Curve {
        label: activation.title().into(),
        points: losses.into_iter().map(point).collect(),
        dashed: false,
    }
}

fn title(metrics: &ActivationsMetrics) -> String {
    let what = match metrics.dataset.as_str() {
        "mnist" => "MNIST digits",
        other => other,
    };
    let seeds = match metrics.seeds().len() {
        1 => String::new(),
        count => format!(", mean of {count} seeds"),
    };
    format!("Activations between the layers of networks that learn {what}{seeds}")
}
