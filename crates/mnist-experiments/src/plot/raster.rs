//! A canvas as pixels.

use tiny_skia::{
    Color, FillRule, LineCap, LineJoin, Mask, Paint, Path, PathBuilder, Pixmap, PixmapPaint, Rect,
    Stroke as Pen, StrokeDash, Transform,
};

use super::area::Area;
use super::canvas::{Canvas, SCALE, Shape, Stroke};
use super::font::outline;
use super::style::Rgb;
use super::text::{Align, Text};

/// From CSS pixels to pixels.
const ENLARGE: Transform = Transform {
    sx: SCALE as f32,
    sy: SCALE as f32,
    kx: 0.0,
    ky: 0.0,
    tx: 0.0,
    ty: 0.0,
};

/// Draws a canvas on white; `None` if it is empty or larger than memory.
pub(super) fn pixels(canvas: &Canvas) -> Option<Pixmap> {
    let size = [canvas.width, canvas.height].map(|length| length.round() as u32 * SCALE);
    let mut pixmap = Pixmap::new(size[0], size[1])?;
    pixmap.fill(Color::WHITE);
    for shape in &canvas.shapes {
        paint(&mut pixmap, shape);
    }
    Some(pixmap)
}

/// Draws a shape; one without any extent is nothing.
fn paint(pixmap: &mut Pixmap, shape: &Shape) -> Option<()> {
    match shape {
        Shape::Line {
            points,
            stroke,
            within,
        } => {
            let mut line = PathBuilder::new();
            for (index, point) in points.iter().enumerate() {
                let [x, y] = point.map(|at| at as f32);
                match index {
                    0 => line.move_to(x, y),
                    _ => line.line_to(x, y),
                }
            }
            let mask = within.and_then(|area| mask(pixmap, area));
            let pen = Pen {
                line_join: LineJoin::Round,
                dash: StrokeDash::new(Stroke::DASH.to_vec(), 0.0).filter(|_| stroke.dashed),
                ..pen(stroke.width)
            };
            draw_line(pixmap, &line.finish()?, stroke.color, &pen, mask);
        }
        Shape::Rect { area, color } => {
            pixmap.fill_rect(rect(*area)?, &opaque(*color), ENLARGE, None);
        }
        Shape::Frame { area, color } => {
            let outline = PathBuilder::from_rect(rect(*area)?);
            draw_line(pixmap, &outline, *color, &pen(1.0), None);
        }
        Shape::Pill {
            center,
            radius,
            reach,
            color,
        } => {
            let [x, y] = center.map(|at| at as f32);
            if *reach > 0.0 {
                let mut line = PathBuilder::new();
                line.move_to(x - *reach as f32, y);
                line.line_to(x + *reach as f32, y);
                let pen = Pen {
                    line_cap: LineCap::Round,
                    ..pen(2.0 * radius)
                };
                draw_line(pixmap, &line.finish()?, *color, &pen, None);
            } else {
                let disc = PathBuilder::from_circle(x, y, *radius as f32)?;
                pixmap.fill_path(&disc, &opaque(*color), FillRule::Winding, ENLARGE, None);
            }
        }
        Shape::Picture { corner, pixels } => {
            let [x, y] = corner.map(|at| at.round() as i32 * SCALE as i32);
            let (paint, as_it_is) = (PixmapPaint::default(), Transform::identity());
            pixmap.draw_pixmap(x, y, pixels.as_ref(), &paint, as_it_is, None);
        }
        Shape::Text(text) => draw_text(pixmap, text)?,
    }
    Some(())
}

fn draw_line(pixmap: &mut Pixmap, path: &Path, color: Rgb, pen: &Pen, mask: Option<Mask>) {
    pixmap.stroke_path(path, &opaque(color), pen, ENLARGE, mask.as_ref());
}

/// What strokes a line of the given width.
fn pen(width: f64) -> Pen {
    Pen {
        width: width as f32,
        ..Pen::default()
    }
}

fn draw_text(pixmap: &mut Pixmap, text: &Text) -> Option<()> {
    let scale = SCALE as f32;
    let (path, width) = outline(&text.text, text.em * f64::from(SCALE), text.bold);
    let back = match text.align {
        Align::Left => 0.0,
        Align::Middle => -width as f32 / 2.0,
        Align::Right => -width as f32,
    };
    // Baselines on whole pixels are sharper.
    let [x, y] = text.at.map(|at| at as f32 * scale);
    let place = match text.upwards {
        true => Transform::from_row(0.0, -1.0, 1.0, 0.0, x.round(), y - back),
        false => Transform::from_translate(x + back, y.round()),
    };
    pixmap.fill_path(&path?, &opaque(text.color), FillRule::Winding, place, None);
    Some(())
}

/// Lets only an area be drawn on.
fn mask(pixmap: &Pixmap, area: Area) -> Option<Mask> {
    let mut mask = Mask::new(pixmap.width(), pixmap.height())?;
    let path = PathBuilder::from_rect(rect(area)?);
    mask.fill_path(&path, FillRule::Winding, false, ENLARGE);
    Some(mask)
}

fn rect(area: Area) -> Option<Rect> {
    let [x, y, width, height] =
        [area.left, area.top, area.width, area.height].map(|length| length as f32);
    Rect::from_xywh(x, y, width, height)
}

fn opaque([red, green, blue]: Rgb) -> Paint<'static> {
    let mut paint = Paint::default();
    paint.set_color_rgba8(red, green, blue, 255);
    paint
}
