use super::curve_panel::CurvePanel;
use super::embeddings::{label, title_lines};
use super::error::FigureError;
use super::font::text_width;
use super::legend::{Legend, Mark};
use super::output;
use super::polyline::{Window, dashes, visible};
use super::scene::{Align, Label, Scene};
use super::style::{
    FRAME, GRID, INK, PADDING, PANEL_TITLE, TEXT, TICK, TICK_TEXT, ZERO_AXIS, curve_color,
};
use super::ticks::ticks;
use std::path::{Path, PathBuf};

/// Width of the whole figure; one column is narrower.
const WIDTH: f64 = 1160.0;
/// Widest a panel gets.
const WIDEST: f64 = 620.0;
/// Height of a panel per width.
const ASPECT: f64 = 0.68;
/// Room on the right of a panel.
const RIGHT: f64 = 22.0;
const STROKE: f64 = 2.0;

/// Draws panels of curves in rows of `columns` to `<stem>.svg` and `<stem>.png`.
///
/// Each panel has its own legend. The folder has to exist. Returns the two paths, SVG first.
///
/// # Errors
///
/// If a file cannot be written.
pub fn draw_curves(
    title: &str,
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
    let mut scene = Scene::new(inner + 2.0 * PADDING);
    let left = PADDING + left_room;
    let mut y = title_lines(&mut scene, title, left, PADDING + inner - RIGHT) + 8.0;
    for row in panels.chunks(columns) {
        let legends: Vec<Legend> = row
            .iter()
            .map(|panel| Legend::new(entries(panel), width + RIGHT / 2.0))
            .collect();
        let legend_height = legends.iter().map(Legend::height).fold(0.0, f64::max);
        let head = PANEL_TITLE + 7.0 + legend_height + 5.0;
        for (column, (panel, legend)) in row.iter().zip(legends).enumerate() {
            let x = left + column as f64 * cell;
            let title = panel.title.clone();
            scene.label(label(
                title,
                [x, y + PANEL_TITLE],
                Align::Left,
                PANEL_TITLE,
                INK,
                true,
            ));
            legend.draw(&mut scene, [x, y + PANEL_TITLE + 7.0]);
            let top = (y + head).round();
            let window = Window {
                low: [x.round(), top],
                high: [x.round() + width, top + height],
            };
            draw_panel(&mut scene, panel, window, left_room);
        }
        let has_label = row.iter().any(|panel| !panel.x_label.is_empty());
        y += head + height + if has_label { 66.0 } else { 48.0 };
    }
    scene.height = y - 24.0 + PADDING / 2.0;
    output::write(&scene, stem)
}

/// Room for the tick labels and the label of the vertical axis.
fn left_room(panel: &CurvePanel) -> f64 {
    let (low, high) = panel.y_limits();
    let widths = ticks(low, high, 5)
        .into_iter()
        .map(|(_, text)| text_width(&text, TICK_TEXT, false));
    let axis = if panel.y_label.is_empty() {
        0.0
    } else {
        TEXT + 8.0
    };
    (widths.fold(0.0, f64::max) + TICK + 6.0 + axis).round()
}

fn entries(panel: &CurvePanel) -> Vec<(Mark, String)> {
    let curves = panel.curves.iter().enumerate();
    curves
        .map(|(index, curve)| {
            let color = curve_color(index);
            (
                Mark::Line {
                    color,
                    width: STROKE,
                    dashed: curve.dashed,
                },
                curve.label.clone(),
            )
        })
        .collect()
}

fn draw_panel(scene: &mut Scene, panel: &CurvePanel, window: Window, left_room: f64) {
    let [left, top] = window.low;
    let [right, bottom] = window.high;
    let (x_low, x_high) = panel.x_limits();
    let (y_low, y_high) = panel.y_limits();
    let across = |x: f64| left + (x - x_low) / (x_high - x_low) * (right - left);
    let up = |y: f64| bottom - (y - y_low) / (y_high - y_low) * (bottom - top);
    for (value, text) in ticks(x_low, x_high, 6) {
        let x = across(value);
        let color = if value == 0.0 { ZERO_AXIS } else { GRID };
        scene.line(vec![[x, top], [x, bottom]], color, 1.0);
        scene.line(vec![[x, bottom], [x, bottom + TICK]], FRAME, 1.0);
        let at = [x, bottom + TICK + TICK_TEXT + 1.0];
        scene.label(label(text, at, Align::Middle, TICK_TEXT, INK, false));
    }
    for (value, text) in ticks(y_low, y_high, 5) {
        let y = up(value);
        let color = if value == 0.0 { ZERO_AXIS } else { GRID };
        scene.line(vec![[left, y], [right, y]], color, 1.0);
        scene.line(vec![[left - TICK, y], [left, y]], FRAME, 1.0);
        let at = [left - TICK - 4.0, y + 0.35 * TICK_TEXT];
        scene.label(label(text, at, Align::Right, TICK_TEXT, INK, false));
    }
    scene.frame(window.low, [right - left, bottom - top], FRAME);
    for (index, curve) in panel.curves.iter().enumerate() {
        let points: Vec<[f64; 2]> = curve
            .points
            .iter()
            .map(|&(x, y)| [across(x), up(y)])
            .collect();
        // One point is no line.
        if let [[x, y]] = points[..]
            && (left..=right).contains(&x)
            && (top..=bottom).contains(&y)
        {
            scene.disc([x, y], 1.5 * STROKE, curve_color(index));
        }
        for part in visible(&points, window) {
            let parts = if curve.dashed {
                dashes(&part)
            } else {
                vec![part]
            };
            for part in parts {
                scene.line(part, curve_color(index), STROKE);
            }
        }
    }
    let x_label = panel.x_label.clone();
    let at = [(left + right) / 2.0, bottom + TICK + TICK_TEXT + TEXT + 7.0];
    scene.label(label(x_label, at, Align::Middle, TEXT, INK, false));
    scene.label(Label {
        upwards: true,
        ..label(
            panel.y_label.clone(),
            [left - left_room + TEXT, (top + bottom) / 2.0],
            Align::Middle,
            TEXT,
            INK,
            false,
        )
    });
}
