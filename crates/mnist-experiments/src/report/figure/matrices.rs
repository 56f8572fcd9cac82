use super::embeddings::{arrangement, label, panel_head, title_lines};
use super::error::FigureError;
use super::matrix_panel::MatrixPanel;
use super::output;
use super::raster::Raster;
use super::scene::{Align, IMAGE_SCALE, Scene};
use super::style::{FRAME, INK, PADDING, TICK_TEXT, WHITE, class_color, tint};
use std::path::{Path, PathBuf};

/// Room for the names of the rows on the left.
const LEFT: f64 = 30.0;
/// Room on the right of a panel.
const RIGHT: f64 = 32.0;
/// Room for the names of the columns below a panel.
const BOTTOM: f64 = 42.0;
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
    title: &str,
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
    let (columns, side) = arrangement(panels.len());
    // Whole pixels a cell keep the lines between cells sharp.
    let cell = (side / n.max(1) as f64).floor().max(1.0);
    let side = cell * n as f64;
    let inner = columns as f64 * (LEFT + side + RIGHT);
    let mut scene = Scene::new(inner + 2.0 * PADDING);
    let left = PADDING + LEFT;
    let mut y = title_lines(&mut scene, title, left, PADDING + inner - RIGHT) + 6.0;
    for row in panels.chunks(columns) {
        let heads: Vec<_> = row.iter().map(|p| (&*p.title, &*p.subtitle)).collect();
        let x = |column: usize| left + column as f64 * (LEFT + side + RIGHT);
        let top = panel_head(&mut scene, &heads, x, y, side + RIGHT / 2.0).round();
        for (column, panel) in row.iter().enumerate() {
            draw_panel(
                &mut scene,
                panel,
                class_names,
                [x(column).round(), top],
                cell,
            );
        }
        y = top + side + BOTTOM;
    }
    scene.height = y - 10.0 + PADDING / 2.0;
    output::write(&scene, stem)
}

fn draw_panel(
    scene: &mut Scene,
    panel: &MatrixPanel,
    class_names: &[String],
    [left, top]: [f64; 2],
    cell: f64,
) {
    let side = cell * class_names.len() as f64;
    scene.image([left, top], picture(&panel.values, cell));
    scene.frame([left, top], [side, side], FRAME);
    let em = (NUMBER * cell).min(TICK_TEXT);
    let middle = |index: usize| (index as f64 + 0.5) * cell;
    for (index, name) in class_names.iter().enumerate() {
        let below = [left + middle(index), top + side + TICK_TEXT + 4.0];
        let beside = [left - 7.0, top + middle(index) + 0.35 * TICK_TEXT];
        for (at, align) in [(below, Align::Middle), (beside, Align::Right)] {
            scene.label(label(name.clone(), at, align, TICK_TEXT, INK, false));
        }
    }
    for (row, values) in panel.values.iter().enumerate() {
        for (column, &value) in values.iter().enumerate() {
            let at = [left + middle(column), top + middle(row) + 0.35 * em];
            let text = three_digits(value);
            scene.label(label(text, at, Align::Middle, em, INK, row == column));
        }
    }
}

/// The cells' colours.
fn picture(values: &[Vec<f64>], cell: f64) -> Raster {
    let largest = values.iter().flatten().copied().filter(|v| v.is_finite());
    let largest = largest.fold(0.0, f64::max);
    let pixels = cell as usize * IMAGE_SCALE;
    let side = pixels * values.len();
    Raster::from_fn(side, side, |x, y| {
        let share = values[y / pixels][x / pixels] / largest;
        match share.is_finite() {
            true => tint(class_color(0, 2), STRENGTH * share.max(0.0)),
            false => WHITE,
        }
    })
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
        let raster = picture(&[vec![0.0, 4.0], vec![f64::NAN, 2.0]], 1.0);
        let red = |column: usize, row: usize| raster.bytes[(row * raster.width + column) * 3];
        let [none, most, nan, half] = [red(0, 0), red(2, 0), red(0, 2), red(2, 2)];
        assert_eq!([none, nan], [255, 255]);
        assert!(most < half && half < none);
    }
}
