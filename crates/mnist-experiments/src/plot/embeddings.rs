use std::path::{Path, PathBuf};

use super::area::Area;
use super::axes::Axes;
use super::canvas::{Canvas, Stroke};
use super::embedding_panel::EmbeddingPanel;
use super::embedding_view::draw_view;
use super::error::FigureError;
use super::heading::{arrangement, panel_titles, title};
use super::legend::{Legend, Mark};
use super::output;
use super::shading::{BOUNDARY_COLOR, BOUNDARY_WIDTH, scale};
use super::style::{PADDING, class_color};

/// Least room for the numbers on the left.
const LEFT: f64 = 44.0;
/// Room on the right of a panel.
const RIGHT: f64 = 18.0;
/// Room for the numbers below a panel.
const BOTTOM: f64 = 46.0;

/// Draws embeddings side by side, each at its own scale, to `<stem>.svg` and `<stem>.png`.
///
/// `class_names` are in the order of the class indices. `reference_label` explains the
/// [reference points](EmbeddingPanel::reference_points) in the legend, if there are any. The folder
/// has to exist. Returns the two paths, SVG first.
///
/// Dots and shading are one embedded bitmap in the SVG as well, because 10,000 circles per panel
/// would make it many times as large; text and axes are vectors.
///
/// # Errors
///
/// If a file cannot be written, or if the lengths within a panel contradict each other.
pub fn draw_embeddings(
    figure_title: &str,
    class_names: &[String],
    reference_label: &str,
    panels: &[EmbeddingPanel],
    stem: &Path,
) -> Result<[PathBuf; 2], FigureError> {
    for panel in panels {
        if let Some(problem) = panel.problem(class_names.len()) {
            return Err(FigureError::Data {
                path: stem.to_path_buf(),
                panel: panel.title.clone(),
                problem,
            });
        }
    }
    let (columns, side) = arrangement(panels.len());
    let left_room = panels
        .iter()
        .map(|panel| axes(panel).room())
        .fold(LEFT, f64::max);
    let cell = left_room + side + RIGHT;
    let inner = columns as f64 * cell;
    let mut canvas = Canvas::new(inner + 2.0 * PADDING);
    let left = PADDING + left_room;
    let right = PADDING + inner - RIGHT;
    let mut y = title(&mut canvas, figure_title, left, right);
    let legend = Legend::new(entries(class_names, reference_label, panels), right - left);
    let legend_height = legend.height();
    legend.draw(&mut canvas, [left, y]);
    y += legend_height + 14.0;
    for row in panels.chunks(columns) {
        let titles: Vec<_> = row.iter().map(|p| (&*p.title, &*p.subtitle)).collect();
        let x = |column: usize| left + column as f64 * cell;
        let top = panel_titles(&mut canvas, &titles, x, y, side + RIGHT / 2.0) + 1.0;
        for (column, panel) in row.iter().enumerate() {
            let area = Area::new([x(column), top], [side, side]);
            draw_view(&mut canvas, panel, axes(panel), class_names, area);
        }
        y = top + side + BOTTOM;
    }
    canvas.height = y - 10.0 + PADDING / 2.0;
    output::write(&canvas, stem)
}

fn axes(panel: &EmbeddingPanel) -> Axes {
    let square = &panel.square;
    let range = |center: f64| (center - square.half, center + square.half);
    Axes {
        x: range(square.center[0]),
        y: range(square.center[1]),
    }
}

fn entries(
    class_names: &[String],
    reference_label: &str,
    panels: &[EmbeddingPanel],
) -> Vec<(Mark, String)> {
    let classes = class_names.len();
    let names = class_names.iter().enumerate();
    let disc = |class: usize| Mark::Disc(class_color(class, classes));
    let mut entries: Vec<(Mark, String)> = names
        .map(|(class, name)| (disc(class), name.clone()))
        .collect();
    if panels.iter().any(|panel| panel.shading.is_some()) {
        let boundary = Mark::Line(Stroke::new(BOUNDARY_COLOR, BOUNDARY_WIDTH));
        if classes == 2 {
            let probability = format!("probability of {}, 0 to 1", class_names[1]);
            entries.push((Mark::Colors(scale()), probability));
            entries.push((boundary, "decision boundary (0.5)".to_owned()));
        } else {
            let what = "decision boundary; paler where less certain";
            entries.push((boundary, what.to_owned()));
        }
    }
    if panels
        .iter()
        .any(|panel| !panel.reference_points.is_empty())
    {
        entries.push((Mark::Cross, reference_label.to_owned()));
    }
    entries
}
