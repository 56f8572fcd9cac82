use super::font::text_width;
use super::polyline::dashes;
use super::raster::Raster;
use super::scene::{Align, IMAGE_SCALE, Label, Scene};
use super::style::{FRAME, INK, LINE_HEIGHT, Rgb, TEXT, WHITE};

/// Space between a mark and its text.
const MARK_GAP: f64 = 6.0;
/// Space between an entry and the next one.
const ENTRY_GAP: f64 = 20.0;
/// Height of a line of entries.
const ROW: f64 = LINE_HEIGHT + 3.0;
const DISC_RADIUS: f64 = 5.0;
/// A viewer of the SVG may use a wider font than ours.
const WIDER_FONT: f64 = 1.12;

/// What an entry of a legend shows in front of its text.
#[derive(Debug, Clone)]
pub(super) enum Mark {
    /// A class.
    Disc(Rgb),
    /// A curve or a boundary.
    Line {
        color: Rgb,
        width: f64,
        dashed: bool,
    },
    /// A range of colours.
    Image(Raster),
    /// A reference point.
    Cross,
}

impl Mark {
    fn width(&self) -> f64 {
        match self {
            Self::Disc(_) => 2.0 * DISC_RADIUS,
            Self::Line { .. } => 27.0,
            Self::Image(raster) => raster.width as f64 / IMAGE_SCALE as f64,
            Self::Cross => 12.0,
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
        for entry in entries {
            let wanted =
                entry.0.width() + MARK_GAP + WIDER_FONT * text_width(&entry.1, TEXT, false);
            match rows.last_mut() {
                Some(row) if used + ENTRY_GAP + wanted <= width => {
                    used += ENTRY_GAP + wanted;
                    row.push(entry);
                }
                _ => {
                    used = wanted;
                    rows.push(vec![entry]);
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
    pub fn draw(self, scene: &mut Scene, [left, top]: [f64; 2]) {
        for (index, row) in self.rows.into_iter().enumerate() {
            let middle = top + (index as f64 + 0.5) * ROW;
            let mut x = left;
            for (mark, text) in row {
                let mark_width = mark.width();
                draw_mark(scene, mark, [x, middle], mark_width);
                x += mark_width + MARK_GAP;
                let width = WIDER_FONT * text_width(&text, TEXT, false);
                scene.label(Label {
                    text,
                    at: [x, middle + 0.35 * TEXT],
                    align: Align::Left,
                    em: TEXT,
                    color: INK,
                    bold: false,
                    upwards: false,
                });
                x += width + ENTRY_GAP;
            }
        }
    }
}

fn draw_mark(scene: &mut Scene, mark: Mark, [left, middle]: [f64; 2], width: f64) {
    match mark {
        Mark::Disc(color) => scene.disc([left + DISC_RADIUS, middle], DISC_RADIUS, color),
        Mark::Line {
            color,
            width: stroke,
            dashed,
        } => {
            let points = vec![[left, middle], [left + width, middle]];
            let parts = if dashed {
                dashes(&points)
            } else {
                vec![points]
            };
            for part in parts {
                scene.line(part, color, stroke);
            }
        }
        Mark::Image(raster) => {
            let height = raster.height as f64 / IMAGE_SCALE as f64;
            let corner = [left, middle - height / 2.0];
            scene.image(corner, raster);
            scene.frame(corner, [width, height], FRAME);
        }
        Mark::Cross => cross(scene, [left + width / 2.0, middle]),
    }
}

/// A reference point: a dark cross with a bright rim, which is visible on any ground.
pub(super) fn cross(scene: &mut Scene, [x, y]: [f64; 2]) {
    for (reach, width, color) in [(6.5, 5.0, WHITE), (5.5, 2.0, INK)] {
        for slope in [1.0, -1.0] {
            let start = [x - reach, y - slope * reach];
            scene.line(vec![start, [x + reach, y + slope * reach]], color, width);
        }
    }
}
