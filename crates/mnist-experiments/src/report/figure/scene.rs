use super::font;
use super::raster::Raster;
use super::style::Rgb;
use plotters::coord::Shift;
use plotters::element::{Circle, PathElement, Text};
use plotters::prelude::{DrawingArea, DrawingAreaErrorKind, DrawingBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{
    Color, FontDesc, FontFamily, FontStyle, FontTransform, RGBAColor, RGBColor, ShapeStyle,
};

/// Pixels of an image per CSS pixel.
pub(super) const IMAGE_SCALE: usize = 2;

/// A figure as a list of shapes. Lengths are in CSS pixels from the top left corner.
///
/// Images are below all shapes, and labels are above them.
#[derive(Debug)]
pub(super) struct Scene {
    /// Width of the figure.
    pub width: f64,
    /// Height of the figure.
    pub height: f64,
    images: Vec<([f64; 2], Raster)>,
    shapes: Vec<Shape>,
    labels: Vec<Label>,
}

#[derive(Debug)]
enum Shape {
    Line {
        points: Vec<[f64; 2]>,
        color: Rgb,
        width: f64,
    },
    Disc {
        center: [f64; 2],
        radius: f64,
        color: Rgb,
    },
}

/// Which part of a text is at the given point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Align {
    /// Its start.
    Left,
    /// Its middle.
    Middle,
    /// Its end.
    Right,
}

/// One line of text.
#[derive(Debug, Clone)]
pub(super) struct Label {
    /// The text.
    pub text: String,
    /// The point on the baseline that `align` names.
    pub at: [f64; 2],
    /// Which part of the text is at that point.
    pub align: Align,
    /// Size.
    pub em: f64,
    /// Colour.
    pub color: Rgb,
    /// Whether the text is bold.
    pub bold: bool,
    /// Whether the text runs from the bottom to the top.
    pub upwards: bool,
}

impl Scene {
    /// An empty figure whose height is still open.
    pub fn new(width: f64) -> Self {
        let (images, shapes, labels) = (Vec::new(), Vec::new(), Vec::new());
        Self {
            width,
            height: 0.0,
            images,
            shapes,
            labels,
        }
    }

    /// Adds a line through all points.
    pub fn line(&mut self, points: Vec<[f64; 2]>, color: Rgb, width: f64) {
        self.shapes.push(Shape::Line {
            points,
            color,
            width,
        });
    }

    /// Adds the outline of a rectangle.
    pub fn frame(&mut self, [left, top]: [f64; 2], [width, height]: [f64; 2], color: Rgb) {
        let (right, bottom) = (left + width, top + height);
        // The horizontal sides are longer by half a stroke at both ends, which fills the corners.
        for y in [top, bottom] {
            self.line(vec![[left - 0.5, y], [right + 0.5, y]], color, 1.0);
        }
        for x in [left, right] {
            self.line(vec![[x, top], [x, bottom]], color, 1.0);
        }
    }

    /// Adds a filled disc.
    pub fn disc(&mut self, center: [f64; 2], radius: f64, color: Rgb) {
        self.shapes.push(Shape::Disc {
            center,
            radius,
            color,
        });
    }

    /// Adds a picture with [`IMAGE_SCALE`] of its pixels per CSS pixel at a top left corner.
    pub fn image(&mut self, corner: [f64; 2], raster: Raster) {
        self.images.push((corner, raster));
    }

    /// Adds a line of text.
    pub fn label(&mut self, label: Label) {
        self.labels.push(label);
    }

    /// All pictures with their top left corners.
    pub fn images(&self) -> &[([f64; 2], Raster)] {
        &self.images
    }

    /// The size in units of a drawing with `scale` units per CSS pixel.
    pub fn size(&self, scale: usize) -> (u32, u32) {
        let units = |length: f64| (length.ceil() as usize * scale) as u32;
        (units(self.width), units(self.height))
    }

    /// Draws lines and discs.
    pub fn paint_shapes<DB: DrawingBackend>(
        &self,
        area: &DrawingArea<DB, Shift>,
        scale: usize,
    ) -> Result<(), DrawingAreaErrorKind<DB::ErrorType>> {
        for shape in &self.shapes {
            match shape {
                Shape::Line {
                    points,
                    color,
                    width,
                } => {
                    let points: Vec<_> = points.iter().map(|&at| place(at, scale)).collect();
                    let stroke_width = units(*width, scale).max(1) as u32;
                    let style = ShapeStyle {
                        color: opaque(*color),
                        filled: false,
                        stroke_width,
                    };
                    area.draw(&PathElement::new(points, style))?;
                }
                Shape::Disc {
                    center,
                    radius,
                    color,
                } => {
                    let style = opaque(*color).filled();
                    area.draw(&Circle::new(
                        place(*center, scale),
                        units(*radius, scale),
                        style,
                    ))?;
                }
            }
        }
        Ok(())
    }

    /// Writes all labels as text, for SVG only.
    pub fn paint_labels<DB: DrawingBackend>(
        &self,
        area: &DrawingArea<DB, Shift>,
        scale: usize,
    ) -> Result<(), DrawingAreaErrorKind<DB::ErrorType>> {
        for label in self.labels.iter().filter(|label| !label.text.is_empty()) {
            // plotters' SVG moves text whose anchor is the top down by 0.76 em, and divides the
            // size by 1.24.
            let rise = 0.76 * label.em;
            let [x, y] = label.at;
            let (at, turn) = if label.upwards {
                ([x - rise, y], FontTransform::Rotate270)
            } else {
                ([x, y - rise], FontTransform::None)
            };
            let anchor = match label.align {
                Align::Left => HPos::Left,
                Align::Middle => HPos::Center,
                Align::Right => HPos::Right,
            };
            let size = 1.24 * label.em * scale as f64;
            let weight = if label.bold {
                FontStyle::Bold
            } else {
                FontStyle::Normal
            };
            let style = FontDesc::new(FontFamily::Name(font::FAMILY), size, weight)
                .transform(turn)
                .color(&opaque(label.color))
                .pos(Pos::new(anchor, VPos::Top));
            area.draw(&Text::new(label.text.as_str(), place(at, scale), style))?;
        }
        Ok(())
    }

    /// Draws all labels as pixels.
    pub fn rasterize_labels(&self, raster: &mut Raster, scale: usize) {
        for label in &self.labels {
            let em = label.em * scale as f64;
            let width = font::text_width(&label.text, em, label.bold);
            let back = match label.align {
                Align::Left => 0.0,
                Align::Middle => width / 2.0,
                Align::Right => width,
            };
            let [x, y] = label.at.map(|at| at * scale as f64);
            if label.upwards {
                // Drawn at the origin, and each pixel turned and moved to its place.
                let (x, y) = (x.round() as i64, y.round() as i64);
                let start = [-back, 0.0];
                font::draw_text(
                    &label.text,
                    em,
                    label.bold,
                    start,
                    |column, row, covered| {
                        raster.blend(x + row, y - column, label.color, covered);
                    },
                );
            } else {
                // Baselines on whole pixels are sharper.
                let start = [x - back, y.round()];
                font::draw_text(
                    &label.text,
                    em,
                    label.bold,
                    start,
                    |column, row, covered| {
                        raster.blend(column, row, label.color, covered);
                    },
                );
            }
        }
    }
}

fn units(length: f64, scale: usize) -> i32 {
    (length * scale as f64).round() as i32
}

fn place([x, y]: [f64; 2], scale: usize) -> (i32, i32) {
    (units(x, scale), units(y, scale))
}

fn opaque([red, green, blue]: Rgb) -> RGBAColor {
    RGBColor(red, green, blue).to_rgba()
}
