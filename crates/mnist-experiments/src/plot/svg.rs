//! A canvas as SVG.

use std::error::Error;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use svg::node::Value;
use svg::node::element::{self, Element};

use super::area::Area;
use super::canvas::{Canvas, SCALE, Shape, Stroke};
use super::font::{FAMILY, is_own, printable, text_width};
use super::png::png;
use super::style::{Rgb, WHITE};
use super::text::{Align, Text};

type AnyError = Box<dyn Error + Send + Sync>;

/// Longer text is fitted to its place, as a viewer's font may be wider.
const FITTED: f64 = 40.0;

/// The contents of an SVG file.
pub(super) fn svg(canvas: &Canvas) -> Result<String, AnyError> {
    let all = Area::new([0.0, 0.0], [canvas.width, canvas.height]);
    let mut document = view(all, all)
        .set("font-family", FAMILY)
        .add(rect(all).set("fill", hex(WHITE)));
    for shape in &canvas.shapes {
        document = document.add(element(shape)?);
    }
    Ok(document.to_string() + "\n")
}

fn element(shape: &Shape) -> Result<Element, AnyError> {
    Ok(match shape {
        Shape::Line {
            points,
            stroke,
            within,
        } => {
            let line = polyline(points, stroke);
            match within {
                // What is outside of an inner SVG is not shown.
                Some(area) => view(*area, *area).add(line).into(),
                None => line.into(),
            }
        }
        Shape::Rect { area, color } => rect(*area).set("fill", hex(*color)).into(),
        Shape::Frame { area, color } => rect(*area)
            .set("fill", "none")
            .set("stroke", hex(*color))
            .into(),
        Shape::Pill {
            center: [x, y],
            radius,
            reach: 0.0,
            color,
        } => element::Circle::new()
            .set("cx", short(*x))
            .set("cy", short(*y))
            .set("r", short(*radius))
            .set("fill", hex(*color))
            .into(),
        Shape::Pill {
            center: [x, y],
            radius,
            reach,
            color,
        } => element::Rectangle::new()
            .set("x", short(x - radius - reach))
            .set("y", short(y - radius))
            .set("width", short(2.0 * (radius + reach)))
            .set("height", short(2.0 * radius))
            .set("rx", short(*radius))
            .set("fill", hex(*color))
            .into(),
        Shape::Picture { corner, pixels } => element::Image::new()
            .set("x", short(corner[0]))
            .set("y", short(corner[1]))
            .set("width", pixels.width() / SCALE)
            .set("height", pixels.height() / SCALE)
            .set("href", data_url(&png(pixels)?))
            .into(),
        Shape::Text(label) => text(label).into(),
    })
}

fn view(area: Area, shown: Area) -> element::SVG {
    let shown = [shown.left, shown.top, shown.width, shown.height].map(short);
    element::SVG::new()
        .set("x", short(area.left))
        .set("y", short(area.top))
        .set("width", short(area.width))
        .set("height", short(area.height))
        .set("viewBox", shown.to_vec())
}

fn rect(area: Area) -> element::Rectangle {
    element::Rectangle::new()
        .set("x", short(area.left))
        .set("y", short(area.top))
        .set("width", short(area.width))
        .set("height", short(area.height))
}

fn polyline(points: &[[f64; 2]], stroke: &Stroke) -> element::Polyline {
    let points: Vec<Value> = points.as_flattened().iter().copied().map(short).collect();
    let line = element::Polyline::new()
        .set("points", points)
        .set("fill", "none")
        .set("stroke", hex(stroke.color))
        .set("stroke-width", short(stroke.width))
        .set("stroke-linejoin", "round");
    match stroke.dashed {
        true => line.set("stroke-dasharray", Stroke::DASH.to_vec()),
        false => line,
    }
}

fn text(label: &Text) -> element::Text {
    let [x, y] = label.at.map(short);
    let mut text = element::Text::new(label.text.chars().map(printable).collect::<String>())
        .set("font-size", short(label.em))
        .set("fill", hex(label.color));
    if label.upwards {
        text = text.set("transform", format!("translate({x} {y}) rotate(-90)"));
    } else {
        text = text.set("x", x).set("y", y);
    }
    match label.align {
        Align::Left => {}
        Align::Middle => text = text.set("text-anchor", "middle"),
        Align::Right => text = text.set("text-anchor", "end"),
    }
    if label.bold {
        text = text.set("font-weight", "bold");
    }
    let width = text_width(&label.text, label.em, label.bold);
    if width > FITTED && label.text.chars().all(is_own) {
        text = text
            .set("textLength", short(width))
            .set("lengthAdjust", "spacingAndGlyphs");
    }
    text
}

/// A length with two decimals.
fn short(length: f64) -> Value {
    ((length * 100.0).round() / 100.0).into()
}

fn hex([red, green, blue]: Rgb) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

fn data_url(png: &[u8]) -> String {
    format!("data:image/png;base64,{}", STANDARD.encode(png))
}
