use tiny_skia::Pixmap;

use super::area::Area;
use super::style::Rgb;
use super::text::Text;

/// Pixels of the PNG and of embedded pictures per CSS pixel.
pub(super) const SCALE: u32 = 2;

/// A figure as a list of shapes, of which later ones lie on earlier ones. Lengths are in CSS pixels
/// from the top left corner.
#[derive(Debug)]
pub(super) struct Canvas {
    /// Width of the figure.
    pub width: f64,
    /// Height of the figure.
    pub height: f64,
    /// What is drawn.
    pub shapes: Vec<Shape>,
}

#[derive(Debug)]
pub(super) enum Shape {
    /// A line through points; what is outside of `within` is not drawn.
    Line {
        points: Vec<[f64; 2]>,
        stroke: Stroke,
        within: Option<Area>,
    },
    /// A filled rectangle.
    Rect { area: Area, color: Rgb },
    /// The outline of a rectangle, one pixel wide.
    Frame { area: Area, color: Rgb },
    /// A disc that is stretched to both sides by `reach`.
    Pill {
        center: [f64; 2],
        radius: f64,
        reach: f64,
        color: Rgb,
    },
    /// A picture of `SCALE` pixels per CSS pixel.
    Picture { corner: [f64; 2], pixels: Pixmap },
    /// A line of text.
    Text(Text),
}

/// How a line is drawn.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stroke {
    pub color: Rgb,
    pub width: f64,
    pub dashed: bool,
}

impl Stroke {
    /// Length of a dash and of the gap after it.
    pub const DASH: [f32; 2] = [7.0, 4.0];

    /// A line without gaps.
    pub fn new(color: Rgb, width: f64) -> Self {
        Self {
            color,
            width,
            dashed: false,
        }
    }
}

impl Canvas {
    /// An empty figure whose height is still open.
    pub fn new(width: f64) -> Self {
        Self {
            width,
            height: 0.0,
            shapes: Vec::new(),
        }
    }

    /// Adds a straight line.
    pub fn line(&mut self, from: [f64; 2], to: [f64; 2], color: Rgb, width: f64) {
        self.shapes.push(Shape::Line {
            points: vec![from, to],
            stroke: Stroke::new(color, width),
            within: None,
        });
    }

    /// Adds a disc.
    pub fn disc(&mut self, center: [f64; 2], radius: f64, color: Rgb) {
        self.shapes.push(Shape::Pill {
            center,
            radius,
            reach: 0.0,
            color,
        });
    }

    /// Adds text, unless it is empty.
    pub fn text(&mut self, text: Text) {
        if !text.text.is_empty() {
            self.shapes.push(Shape::Text(text));
        }
    }
}
