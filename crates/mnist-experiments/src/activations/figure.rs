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

/// Points on either side that a point of a curve is the mean with: without, all curves jump with
/// the batches, which are the same for all.
const NEIGHBOURS: usize = 2;

/// The mean over the seeds and over neighbouring points.
fn curve(network: NetworkKind, activation: ActivationKind, rows: &[LossRow]) -> Curve {
    let mut losses: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
    for (of, kind, _, point) in rows {
        if (*of, *kind) == (network, activation) {
            losses.entry(point.images).or_default().push(point.loss);
        }
    }
    let means: Vec<(usize, f64)> = losses
        .into_iter()
        .map(|(images, losses)| (images, mean(losses.into_iter())))
        .collect();
    let point = |(i, &(images, _)): (usize, &(usize, f64))| {
        let end = means.len().min(i + NEIGHBOURS + 1);
        let around = means[i.saturating_sub(NEIGHBOURS)..end].iter();
        let loss = mean(around.map(|&(_, loss)| loss));
        (images as f64 / 1000.0, loss.log10())
    };
    Curve {
        label: activation.title().into(),
        points: means.iter().enumerate().map(point).collect(),
        dashed: false,
    }
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = values.len() as f64;
    values.sum::<f64>() / count
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::activations::LossPoint;

    #[test]
    fn curves_are_means_over_seeds_and_neighbours() {
        let row = |kind, seed, images, loss| -> LossRow {
            (NetworkKind::Cnn, kind, seed, LossPoint { images, loss })
        };
        let mut rows = vec![row(ActivationKind::Relu, 0, 1000, 7.0)];
        for (images, loss) in [(1000, 100.0), (2000, 4.0), (3000, 200.0), (4000, 6.0)] {
            rows.push(row(ActivationKind::PDome, 0, images, loss - 1.0));
            rows.push(row(ActivationKind::PDome, 1, images, loss + 1.0));
        }
        let curve = curve(NetworkKind::Cnn, ActivationKind::PDome, &rows);
        let means = [(1.0, 304.0 / 3.0), (2.0, 77.5), (3.0, 77.5), (4.0, 70.0f64)];
        let expected = means.map(|(x, loss)| (x, loss.log10()));
        for ((x, y), (expected_x, expected_y)) in curve.points.iter().zip(expected) {
            assert!((x - expected_x).abs() < 1e-12 && (y - expected_y).abs() < 1e-12);
        }
        assert_eq!(curve.points.len(), expected.len());
    }
}
