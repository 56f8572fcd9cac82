//! Titles, and how panels are arranged.

use super::canvas::Canvas;
use super::font::wrap;
use super::style::{FAINT_INK, FIGURE_TITLE, LINE_HEIGHT, PADDING, PANEL_TITLE, TEXT};
use super::text::Text;

/// Distance between the baselines of two lines of a panel's title.
const TITLE_LINE: f64 = PANEL_TITLE + 4.0;

/// Draws a figure's title between two margins and returns where the next thing starts.
pub(super) fn title(canvas: &mut Canvas, title: &str, left: f64, right: f64) -> f64 {
    let mut y = PADDING;
    for line in wrap(title, FIGURE_TITLE, true, right - left) {
        y += FIGURE_TITLE;
        canvas.text(Text::new(line, [left, y], FIGURE_TITLE).bold());
        y += 8.0;
    }
    y
}

/// Draws the titles and subtitles of a row of panels, each at most `width` wide, which start at `x` of
/// their column and at `y`. Returns where the next thing starts, which is level for all.
pub(super) fn panel_titles(
    canvas: &mut Canvas,
    titles: &[(&str, &str)],
    x: impl Fn(usize) -> f64,
    y: f64,
    width: f64,
) -> f64 {
    let mut end = y + PANEL_TITLE;
    for (column, (title, subtitle)) in titles.iter().enumerate() {
        let mut baseline = y + PANEL_TITLE - TITLE_LINE;
        for line in wrap(title, PANEL_TITLE, true, width) {
            baseline += TITLE_LINE;
            canvas.text(Text::new(line, [x(column), baseline], PANEL_TITLE).bold());
        }
        baseline += 2.0;
        for line in wrap(subtitle, TEXT, false, width) {
            baseline += LINE_HEIGHT;
            canvas.text(Text {
                color: FAINT_INK,
                ..Text::new(line, [x(column), baseline], TEXT)
            });
        }
        end = end.max(baseline);
    }
    end + 7.0
}

/// Columns, and the side of a panel: the figure gets about 1150 pixels wide where it has three.
pub(super) fn arrangement(panels: usize) -> (usize, f64) {
    match panels {
        0 | 1 => (1, 520.0),
        2 | 4 => (2, 440.0),
        3 | 5 | 6 | 9 => (3, 320.0),
        _ => (4, 280.0),
    }
}
