use super::area::Area;
use super::canvas::{Canvas, Shape, Stroke};
use super::font::{shorten, text_width};
use super::style::{FRAME, INK, LINE_HEIGHT, Rgb, TEXT, WHITE};
use super::text::Text;

/// Space between a mark and its text.
const MARK_GAP: f64 = 6.0;
/// Space between an entry and the next one.
const ENTRY_GAP: f64 = 22.0;
/// Height of a line of entries.
const ROW: f64 = LINE_HEIGHT + 3.0;
const DISC_RADIUS: f64 = 5.0;
/// Height of a range of colours.
const SCALE_HEIGHT: f64 = 12.0;
/// Width of each of its colours.
const SCALE_STEP: f64 = 2.0;

/// What an entry of a legend shows in front of its text.
#[derive(Debug, Clone)]
pub(super) enum Mark {
    /// A class.
    Disc(Rgb),
    /// A curve or a boundary.
    Line(Stroke),
    /// A range of colours.
    Colors(Vec<Rgb>),
    /// A reference point.
    Cross,
}

impl Mark {
    fn width(&self) -> f64 {
        match self {
            Self::Disc(_) => 2.0 * DISC_RADIUS,
            Self::Line(_) => 27.0,
            Self::Colors(colors) => colors.len() as f64 * SCALE_STEP,
            Self::Cross => 12.0,
        }
    }

    fn draw(self, canvas: &mut Canvas, [left, middle]: [f64; 2]) {
        let width = self.width();
        match self {
            Self::Disc(color) => canvas.disc([left + DISC_RADIUS, middle], DISC_RADIUS, color),
            Self::Line(stroke) => canvas.shapes.push(Shape::Line {
                points: vec![[left, middle], [left + width, middle]],
                stroke,
                within: None,
            }),
            Self::Colors(colors) => {
                let corner = [left, middle - SCALE_HEIGHT / 2.0];
                let area = Area::new(corner, [width, SCALE_HEIGHT]);
                for (index, color) in colors.into_iter().enumerate() {
                    let area = Area {
                        left: area.left + index as f64 * SCALE_STEP,
                        width: SCALE_STEP,
                        ..area
                    };
                    canvas.shapes.push(Shape::Rect { area, color });
                }
                canvas.shapes.push(Shape::Frame { area, color: FRAME });
            }
            Self::Cross => cross(canvas, [left + width / 2.0, middle]),
        }
    }
}

/// Entries side by side in as many lines as they need.
#[derive(Debug)]
pub(super) struct Legend {
    rows: Vec<Vec<(Mark, String)>>,
}

impl Legend {
    /// Distributes the entries over lines that are not wider than `width`.
    pub fn new(entries: Vec<(Mark, String)>, width: f64) -> Self {
        let mut rows: Vec<Vec<(Mark, String)>> = Vec::new();
        let mut used = f64::INFINITY;
        for (mark, text) in entries {
            let before_text = mark.width() + MARK_GAP;
            let text = shorten(&text, TEXT, false, width - before_text);
            let wanted = before_text + text_width(&text, TEXT, false);
            match rows.last_mut() {
                Some(row) if used + ENTRY_GAP + wanted <= width => {
                    used += ENTRY_GAP + wanted;
                    row.push((mark, text));
                }
                _ => {
                    used = wanted;
                    rows.push(vec![(mark, text)]);
                }
            }
        }
        Self { rows }
    }

    /// The height of all lines together.
    pub fn height(&self) -> f64 {
        self.rows.len() as f64 * ROW
    }

    /// Draws the legend from its top left corner.
    pub fn draw(self, canvas: &mut Canvas, [left, top]: [f64; 2]) {
        for (index, row) in self.rows.into_iter().enumerate() {
            let middle = top + (index as f64 + 0.5) * ROW;
            let mut x = left;
            for (mark, text) in row {
                let start = x + mark.width() + MARK_GAP;
                mark.draw(canvas, [x, middle]);
                x = start + text_width(&text, TEXT, false) + ENTRY_GAP;
                canvas.text(Text::new(text, [start, middle + 0.35 * TEXT], TEXT));
            }
        }
    }
}

/// A reference point: a dark cross with a bright rim, which is visible on any ground.
pub(super) fn cross(canvas: &mut Canvas, [x, y]: [f64; 2]) {
    for (reach, width, color) in [(6.5, 5.0, WHITE), (5.5, 2.0, INK)] {
        for slope in [1.0, -1.0] {
            let start = [x - reach, y - slope * reach];
            canvas.line(start, [x + reach, y + slope * reach], color, width);
        }
    }
}
