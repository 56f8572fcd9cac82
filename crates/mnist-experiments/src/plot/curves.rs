use std::path::{Path, PathBuf};

use super::area::Area;
use super::axes::{Axes, BELOW};
use super::canvas::{Canvas, Shape, Stroke};
use super::curve_panel::CurvePanel;
use super::error::FigureError;
use super::heading::{panel_titles, title};
use super::legend::{Legend, Mark};
use super::output;
use super::style::{PADDING, TEXT, curve_color};
use super::text::{Align, Text};

/// Width of the whole figure; one column is narrower.
const WIDTH: f64 = 1160.0;
/// Widest a panel gets.
const WIDEST: f64 = 620.0;
/// Height of a panel per width.
const ASPECT: f64 = 0.68;
/// Room on the right of a panel.
const RIGHT: f64 = 22.0;
const STROKE: f64 = 2.0;
/// How far outside of the panel a curve may go on: drawing needs moderate numbers.
const FAR: f64 = 1e5;

/// Draws panels of curves in rows of `columns` to `<stem>.svg` and `<stem>.png`.
///
/// Each panel has its own legend. The folder has to exist. Returns the two paths, SVG first.
///
/// # Errors
///
/// If a file cannot be written.
pub fn draw_curves(
    figure_title: &str,
    panels: &[CurvePanel],
    columns: usize,
    stem: &Path,
) -> Result<[PathBuf; 2], FigureError> {
    let columns = columns.clamp(1, panels.len().max(1));
    let left_room = panels.iter().map(left_room).fold(0.0, f64::max);
    let cell = (WIDTH - 2.0 * PADDING) / columns as f64;
    let width = (cell - left_room - RIGHT).clamp(120.0, WIDEST).round();
    let height = (width * ASPECT).round();
    let cell = left_room + width + RIGHT;
    let inner = columns as f64 * cell;
    let mut canvas = Canvas::new(inner + 2.0 * PADDING);
    let left = PADDING + left_room;
    let mut y = title(&mut canvas, figure_title, left, PADDING + inner - RIGHT) + 8.0;
    for row in panels.chunks(columns) {
        let x = |column: usize| left + column as f64 * cell;
        let titles: Vec<_> = row.iter().map(|panel| (&*panel.title, "")).collect();
        y = panel_titles(&mut canvas, &titles, x, y, width + RIGHT + 6.0) - 2.0;
        let legends: Vec<Legend> = row
            .iter()
            .map(|panel| Legend::new(entries(panel), width + RIGHT / 2.0))
            .collect();
        let top = y + legends.iter().map(Legend::height).fold(0.0, f64::max) + 5.0;
        for (column, (panel, legend)) in row.iter().zip(legends).enumerate() {
            legend.draw(&mut canvas, [x(column), y]);
            let area = Area::new([x(column), top], [width, height]);
            draw_panel(&mut canvas, panel, area, left_room);
        }
        let has_label = row.iter().any(|panel| !panel.x_label.is_empty());
        y = top + height + if has_label { 66.0 } else { 48.0 };
    }
    canvas.height = y - 24.0 + PADDING / 2.0;
    output::write(&canvas, stem)
}

fn axes(panel: &CurvePanel) -> Axes {
    Axes {
        x: panel.x_limits(),
        y: panel.y_limits(),
    }
}

/// Room for the numbers and the label of the vertical axis.
fn left_room(panel: &CurvePanel) -> f64 {
    let label = match panel.y_label.is_empty() {
        true => 0.0,
        false => TEXT + 8.0,
    };
    (axes(panel).room() + label).round()
}

fn stroke(panel: &CurvePanel, index: usize) -> Stroke {
    Stroke {
        dashed: panel.curves[index].dashed,
        ..Stroke::new(curve_color(index), STROKE)
    }
}

fn entries(panel: &CurvePanel) -> Vec<(Mark, String)> {
    let curves = panel.curves.iter().enumerate();
    curves
        .map(|(index, curve)| (Mark::Line(stroke(panel, index)), curve.label.clone()))
        .collect()
}

fn draw_panel(canvas: &mut Canvas, panel: &CurvePanel, area: Area, left_room: f64) {
    let axes = axes(panel);
    axes.draw(canvas, area, true);
    for (index, curve) in panel.curves.iter().enumerate() {
        let gap = |(x, y): &(f64, f64)| !(x.is_finite() && y.is_finite());
        for part in curve.points.split(gap) {
            let points = part.iter().map(|point| {
                let [x, y] = axes.place(area, *point);
                [x, y.clamp(-FAR, FAR)]
            });
            let points: Vec<[f64; 2]> = points.collect();
            match points[..] {
                [] => {}
                // One point is no line.
                [[_, y]] if y < area.top || y > area.bottom() => {}
                [point] => canvas.disc(point, 1.5 * STROKE, curve_color(index)),
                _ => canvas.shapes.push(Shape::Line {
                    points,
                    stroke: stroke(panel, index),
                    within: Some(area),
                }),
            }
        }
    }
    let middle = [
        area.left + area.width / 2.0,
        area.bottom() + BELOW + TEXT + 6.0,
    ];
    canvas.text(Text::new(&panel.x_label, middle, TEXT).align(Align::Middle));
    let beside = [area.left - left_room + TEXT, area.top + area.height / 2.0];
    canvas.text(Text {
        upwards: true,
        ..Text::new(&panel.y_label, beside, TEXT).align(Align::Middle)
    });
}
