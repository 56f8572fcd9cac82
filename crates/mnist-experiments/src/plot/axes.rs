//! Frame, ticks and grid of a coordinate system.

use super::area::Area;
use super::canvas::{Canvas, Shape};
use super::font::text_width;
use super::style::{FRAME, GRID, TICK, TICK_TEXT, ZERO_AXIS};
use super::text::{Align, Text};
use super::ticks::ticks;

/// Room below the frame for the numbers.
pub(super) const BELOW: f64 = TICK + TICK_TEXT + 1.0;
/// Space between a tick and its number.
const GAP: f64 = 4.0;
/// Least space between two numbers side by side.
const APART: f64 = 12.0;

/// The values at the edges of a frame.
#[derive(Debug, Clone, Copy)]
pub(super) struct Axes {
    /// At the left and the right edge.
    pub x: (f64, f64),
    /// At the lower and the upper edge.
    pub y: (f64, f64),
}

impl Axes {
    /// Room on the left for the numbers of the vertical axis.
    pub fn room(&self) -> f64 {
        let widths = ticks(self.y.0, self.y.1, 5)
            .into_iter()
            .map(|(_, number)| text_width(&number, TICK_TEXT, false));
        (widths.fold(0.0, f64::max) + TICK + GAP + 2.0).round()
    }

    /// Where a point lies on the canvas, if the axes belong to `area`.
    pub fn place(&self, area: Area, (x, y): (f64, f64)) -> [f64; 2] {
        let share = |value: f64, (low, high): (f64, f64)| (value - low) / (high - low);
        [
            area.left + share(x, self.x) * area.width,
            area.bottom() - share(y, self.y) * area.height,
        ]
    }

    /// Draws ticks with their numbers, and lines across the area if there is to be a grid.
    pub fn draw(&self, canvas: &mut Canvas, area: Area, grid: bool) {
        let line_color = |value: f64| if value == 0.0 { ZERO_AXIS } else { GRID };
        let bottom = area.bottom();
        for (value, number) in self.horizontal_ticks(area.width) {
            let x = self.place(area, (value, self.y.0))[0];
            if grid {
                canvas.line([x, area.top], [x, bottom], line_color(value), 1.0);
            }
            canvas.line([x, bottom], [x, bottom + TICK], FRAME, 1.0);
            let number = Text::new(number, [x, bottom + BELOW], TICK_TEXT);
            canvas.text(number.align(Align::Middle));
        }
        for (value, number) in ticks(self.y.0, self.y.1, 5) {
            let y = self.place(area, (self.x.0, value))[1];
            if grid {
                canvas.line([area.left, y], [area.right(), y], line_color(value), 1.0);
            }
            canvas.line([area.left - TICK, y], [area.left, y], FRAME, 1.0);
            let at = [area.left - TICK - GAP, y + 0.35 * TICK_TEXT];
            canvas.text(Text::new(number, at, TICK_TEXT).align(Align::Right));
        }
        canvas.shapes.push(Shape::Frame { area, color: FRAME });
    }

    /// As many as there is room for.
    fn horizontal_ticks(&self, width: f64) -> Vec<(f64, String)> {
        let fits = |ticks: &Vec<(f64, String)>| {
            let widths = ticks
                .iter()
                .map(|(_, number)| text_width(number, TICK_TEXT, false) + APART);
            widths.sum::<f64>() <= width
        };
        let choices = (1..=5).rev().map(|count| ticks(self.x.0, self.x.1, count));
        choices.into_iter().find(fits).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::Axes;

    #[test]
    fn numbers_do_not_run_into_each_other() {
        let axes = |x| Axes { x, y: (0.0, 1.0) };
        let count = |x, width| axes(x).horizontal_ticks(width).len();
        assert_eq!(count((0.0, 5.0), 300.0), 6);
        assert_eq!(count((50_000.0, 50_005.0), 300.0), 6);
        assert_eq!(count((50_000.0, 50_005.0), 200.0), 3);
        assert_eq!(count((50_000.0, 50_005.0), 10.0), 0);
    }
}
