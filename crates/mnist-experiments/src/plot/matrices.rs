use std::path::{Path, PathBuf};

use super::area::Area;
use super::canvas::{Canvas, Shape};
use super::error::FigureError;
use super::font::{shorten, text_width};
use super::heading::{arrangement, panel_titles, title};
use super::matrix_panel::MatrixPanel;
use super::output;
use super::style::{FRAME, PADDING, Rgb, TICK_TEXT, WHITE, class_color, tint};
use super::text::{Align, Text};

/// Room on the right of a panel.
const RIGHT: f64 = 32.0;
/// Space between the frame and the names of rows and columns.
const GAP: f64 = 7.0;
/// Widest a class's name gets.
const WIDEST_NAME: f64 = 100.0;
/// How much of its colour the largest value has.
const STRENGTH: f64 = 0.6;
/// Largest size of a number per width of its cell.
const NUMBER: f64 = 0.36;

/// Draws matrices with one row and column a class side by side, to `<stem>.svg` and `<stem>.png`:
/// each value as a number of three digits on a colour that is the stronger the larger the value is
/// in its matrix.
///
/// The folder has to exist. Returns the two paths, SVG first.
///
/// # Errors
///
/// If a file cannot be written, or if a matrix has not one row and column a class.
pub fn draw_matrices(
    figure_title: &str,
    class_names: &[String],
    panels: &[MatrixPanel],
    stem: &Path,
) -> Result<[PathBuf; 2], FigureError> {
    let n = class_names.len();
    for panel in panels {
        if panel.values.len() != n || panel.values.iter().any(|row| row.len() != n) {
            return Err(FigureError::Data {
                path: stem.to_path_buf(),
                panel: panel.title.clone(),
                problem: format!("not a matrix of {n} rows and {n} columns"),
            });
        }
    }
    let names: Vec<String> = class_names
        .iter()
        .map(|name| shorten(name, TICK_TEXT, false, WIDEST_NAME))
        .collect();
    let widths = names.iter().map(|name| text_width(name, TICK_TEXT, false));
    let widest = widths.fold(0.0, f64::max).round();
    let left_room = (widest + GAP + 4.0).max(30.0);
    let (columns, side) = arrangement(panels.len());
    // Whole pixels a cell keep the lines between cells sharp.
    let cell = (side / n.max(1) as f64).floor().max(1.0);
    let upright = widest + 4.0 > cell;
    let bottom_room = if upright { widest + 28.0 } else { 42.0 };
    let side = cell * n as f64;
    let inner = columns as f64 * (left_room + side + RIGHT);
    let mut canvas = Canvas::new(inner + 2.0 * PADDING);
    let left = PADDING + left_room;
    let mut y = title(&mut canvas, figure_title, left, PADDING + inner - RIGHT) + 6.0;
    for row in panels.chunks(columns) {
        let titles: Vec<_> = row.iter().map(|p| (&*p.title, &*p.subtitle)).collect();
        let x = |column: usize| left + column as f64 * (left_room + side + RIGHT);
        let top = panel_titles(&mut canvas, &titles, x, y, side + RIGHT / 2.0);
        for (column, panel) in row.iter().enumerate() {
            let area = Area::new([x(column), top], [side, side]);
            draw_cells(&mut canvas, panel, area, cell);
            draw_names(&mut canvas, &names, area, upright);
        }
        y = top + side + bottom_room;
    }
    canvas.height = y - 10.0 + PADDING / 2.0;
    output::write(&canvas, stem)
}

fn draw_cells(canvas: &mut Canvas, panel: &MatrixPanel, area: Area, cell: f64) {
    let values = || panel.values.iter().flatten().copied();
    let largest = values().filter(|v| v.is_finite()).fold(0.0, f64::max);
    let em = (NUMBER * cell).min(TICK_TEXT);
    let mut numbers = Vec::new();
    for (row, values) in panel.values.iter().enumerate() {
        for (column, &value) in values.iter().enumerate() {
            let [left, top] = [
                area.left + column as f64 * cell,
                area.top + row as f64 * cell,
            ];
            canvas.shapes.push(Shape::Rect {
                area: Area::new([left, top], [cell, cell]),
                color: cell_color(value, largest),
            });
            let at = [left + cell / 2.0, top + cell / 2.0 + 0.35 * em];
            numbers.push(Text {
                align: Align::Middle,
                bold: row == column,
                ..Text::new(three_digits(value), at, em)
            });
        }
    }
    for number in numbers {
        canvas.text(number);
    }
    canvas.shapes.push(Shape::Frame { area, color: FRAME });
}

/// Names the rows on the left and the columns below.
fn draw_names(canvas: &mut Canvas, names: &[String], area: Area, upright: bool) {
    let cell = area.width / names.len() as f64;
    for (index, name) in names.iter().enumerate() {
        let middle = (index as f64 + 0.5) * cell;
        let beside = [area.left - GAP, area.top + middle + 0.35 * TICK_TEXT];
        canvas.text(Text::new(name, beside, TICK_TEXT).align(Align::Right));
        let x = area.left + middle;
        canvas.text(match upright {
            true => Text {
                upwards: true,
                align: Align::Right,
                ..Text::new(name, [x + 0.35 * TICK_TEXT, area.bottom() + GAP], TICK_TEXT)
            },
            false => Text::new(name, [x, area.bottom() + TICK_TEXT + 4.0], TICK_TEXT)
                .align(Align::Middle),
        });
    }
}

fn cell_color(value: f64, largest: f64) -> Rgb {
    let share = value / largest;
    match share.is_finite() {
        true => tint(class_color(0, 2), STRENGTH * share.max(0.0)),
        false => WHITE,
    }
}

/// A number in three digits, or more before the point; empty if it is not finite.
fn three_digits(value: f64) -> String {
    if !value.is_finite() {
        return String::new();
    }
    // From what rounds to 10 or 100 on, a digit less.
    let decimals = match value.abs() {
        size if size < 9.995 => 2,
        size if size < 99.95 => 1,
        _ => 0,
    };
    format!("{value:.decimals$}").replace('-', "\u{2212}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_digits() {
        let values = [0.0, 0.234, 9.994, 9.996, 99.94, 99.96, 1234.4, -1.5];
        let texts = values.map(three_digits);
        let wanted = [
            "0.00", "0.23", "9.99", "10.0", "99.9", "100", "1234", "−1.50",
        ];
        assert_eq!(texts, wanted);
        assert_eq!(three_digits(f64::NAN), "");
    }

    #[test]
    fn the_largest_value_is_the_darkest() {
        let [none, nan, half, most] = [0.0, f64::NAN, 2.0, 4.0].map(|value| cell_color(value, 4.0));
        assert_eq!([none, nan], [WHITE, WHITE]);
        assert!(most[0] < half[0] && half[0] < none[0]);
    }
}
