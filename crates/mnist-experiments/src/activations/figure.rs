use std::collections::BTreeMap;
use std::path::PathBuf;

use super::files::LossRow;
use super::{ActivationKind, ActivationsMetrics, Family, NetworkKind};
use crate::data::title as title_of_set;
use crate::plot::{Curve, CurvePanel, draw_curves};
use crate::report::{DrawError, RunFolder};

/// Draws the training losses of a run from the files in its folder: a panel for each network, or, if
/// there are too many curves for one, a row of a panel for each family of activations with PDOME in
/// all of them. Returns the paths of the SVG and the PNG file.
///
/// # Errors
///
/// If a result is missing or damaged, or a figure cannot be written.
pub fn draw_losses(folder: &RunFolder) -> Result<[PathBuf; 2], DrawError> {
    let (metrics, rows) = (folder.activations_metrics()?, folder.losses()?);
    let networks = metrics.networks();
    let crowded = networks
        .iter()
        .any(|network| metrics.of_network(*network).len() > MOST_CURVES);
    let (groups, columns) = match crowded {
        true => (Family::ALL.map(Some).to_vec(), Family::ALL.len()),
        false => (vec![None], networks.len()),
    };
    let panels: Vec<CurvePanel> = networks
        .into_iter()
        .flat_map(|network| network_panels(network, &groups, &metrics, &rows))
        .collect();
    let title = title(&metrics);
    let files = draw_curves(&title, &panels, columns, &folder.file("losses"))?;
    Ok(files)
}

/// Curves that a panel has colours for.
const MOST_CURVES: usize = 7;

/// A panel for each family, or one for all.
fn network_panels(
    network: NetworkKind,
    groups: &[Option<Family>],
    metrics: &ActivationsMetrics,
    rows: &[LossRow],
) -> Vec<CurvePanel> {
    let mut curves: Vec<(ActivationKind, Curve)> = metrics
        .of_network(network)
        .into_iter()
        .map(|(activation, _)| (activation, curve(network, activation, rows)))
        .collect();
    // PDOME first, so that it has the same colour everywhere.
    curves.sort_by_key(|(kind, _)| *kind != ActivationKind::PDome);
    // The same axis for all panels of the network.
    let heights = || {
        let points = curves.iter().flat_map(|(_, curve)| &curve.points);
        points.map(|&(_, height)| height)
    };
    let low = heights().fold(f64::INFINITY, f64::min);
    let high = heights().fold(f64::NEG_INFINITY, f64::max);
    let panel = |group: &Option<Family>| {
        let belongs = |kind: ActivationKind| match group {
            Some(family) => kind.family() == *family || kind == ActivationKind::PDome,
            None => true,
        };
        let of_group = curves.iter().filter(|(kind, _)| belongs(*kind));
        CurvePanel {
            title: match group {
                Some(family) => format!("{}: {}", network.title(), family.title()),
                None => network.title().into(),
            },
            x_label: "images seen, thousands".into(),
            y_label: "training loss, log10".into(),
            curves: of_group.map(|(_, curve)| curve.clone()).collect(),
            y_range: Some((low - 0.05, high + 0.05)),
        }
    };
    groups.iter().map(panel).collect()
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
        other => title_of_set(other),
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
    use crate::train::LossPoint;

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
