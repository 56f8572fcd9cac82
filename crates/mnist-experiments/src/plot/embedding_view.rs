//! What is in the frame of an embedding.

use tiny_skia::{Color, FillRule, Paint, PathBuilder, Pixmap, Transform};

use super::area::Area;
use super::axes::{Axes, BELOW};
use super::canvas::{Canvas, SCALE, Shape};
use super::embedding_panel::EmbeddingPanel;
use super::font::{shorten, text_width};
use super::legend::cross;
use super::style::{FAINT_INK, INK, Rgb, TEXT, TICK_TEXT, WHITE, class_color};
use super::text::{Align, Text};

const DOT_RADIUS: f64 = 1.35;
const DOT_ALPHA: u8 = 128;
/// Half the height of what names a class.
const BADGE_RADIUS: f64 = 8.5;
/// How far it stands off its reference point.
const BADGE_OFFSET: f64 = 17.0;
/// How far it is moved to get out of another one's way, and again.
const BADGE_STEP: f64 = 10.0;
/// Widest a class's name gets.
const BADGE_NAME: f64 = 84.0;
const BADGE_TEXT: f64 = 0.8 * TEXT;

/// Draws shading, dots, reference points, names of classes, and axes.
pub(super) fn draw_view(
    canvas: &mut Canvas,
    panel: &EmbeddingPanel,
    axes: Axes,
    class_names: &[String],
    area: Area,
) {
    let side = area.width;
    let (pixels, hidden) = picture(panel, class_names.len(), side as u32 * SCALE);
    let corner = [area.left, area.top];
    canvas.shapes.push(Shape::Picture { corner, pixels });
    for point in &panel.reference_points {
        if let Some([x, y]) = panel.square.locate(*point) {
            cross(canvas, [area.left + x * side, area.top + y * side]);
        }
    }
    // Two colours can be told apart without a name.
    if class_names.len() > 2 {
        let mut others: Vec<Area> = Vec::new();
        for (class, name) in class_names.iter().enumerate() {
            let badge = Badge::new(name);
            if let Some(wanted) = badge.place(panel, class, side) {
                let [x, y] = badge.beside(&others, wanted, side);
                others.push(badge.area([x, y]));
                let color = class_color(class, class_names.len());
                badge.draw(canvas, [area.left + x, area.top + y], color);
            }
        }
    }
    axes.draw(canvas, area, false);
    if hidden > 0 {
        let (hidden, all) = (grouped(hidden), grouped(panel.points.len()));
        let at = [area.right(), area.bottom() + BELOW + TICK_TEXT + 3.0];
        canvas.text(Text {
            color: FAINT_INK,
            align: Align::Right,
            ..Text::new(
                format!("{hidden} of {all} points not shown"),
                at,
                TICK_TEXT - 1.0,
            )
        });
    }
}

/// A class's name on white with a rim of its colour.
struct Badge {
    name: String,
    /// Half the width of the straight part.
    reach: f64,
}

impl Badge {
    fn new(name: &str) -> Self {
        let name = shorten(name, BADGE_TEXT, true, BADGE_NAME);
        let room = 2.0 * (BADGE_RADIUS - 4.0);
        let reach = (text_width(&name, BADGE_TEXT, true) - room) / 2.0;
        Self {
            name,
            reach: reach.max(0.0),
        }
    }

    /// Where to name a class in a panel of the given side: outwards of its reference point if there is
    /// one, inwards where that would be on the frame; else in the middle of its points.
    fn place(&self, panel: &EmbeddingPanel, class: usize, side: f64) -> Option<[f64; 2]> {
        if let Some(point) = panel.reference_points.get(class) {
            let at = panel.square.locate(*point)?.map(|share| share * side);
            let outwards = at.map(|x| x - side / 2.0);
            let length = outwards[0].hypot(outwards[1]).max(1.0);
            let direction = outwards.map(|x| x / length);
            let offset = BADGE_OFFSET + self.reach * direction[0].abs();
            let beside = |offset: f64| [0, 1].map(|axis| at[axis] + direction[axis] * offset);
            return Some(match self.inside(beside(offset), side) == beside(offset) {
                true => beside(offset),
                false => self.inside(beside(-offset), side),
            });
        }
        let points = panel.points.iter().zip(&panel.classes);
        let own = points.filter(|(_, own)| usize::from(**own) == class);
        let (mut sum, mut count) = ([0.0; 2], 0.0);
        for point in own.map(|(point, _)| point.map(f64::from)) {
            if point.iter().all(|x| x.is_finite()) {
                sum = [sum[0] + point[0], sum[1] + point[1]];
                count += 1.0;
            }
        }
        let at = panel.square.locate(sum.map(|x| x / count))?;
        Some(self.inside(at.map(|share| share * side), side))
    }

    /// The nearest place at which the badge does not touch the frame.
    fn inside(&self, [x, y]: [f64; 2], side: f64) -> [f64; 2] {
        let (high, wide) = (BADGE_RADIUS + 2.0, BADGE_RADIUS + 2.0 + self.reach);
        [x.clamp(wide, side - wide), y.clamp(high, side - high)]
    }

    /// What the badge covers.
    fn area(&self, [x, y]: [f64; 2]) -> Area {
        let (wide, high) = (BADGE_RADIUS + 1.0 + self.reach, BADGE_RADIUS + 1.0);
        Area {
            left: x - wide,
            top: y - high,
            width: 2.0 * wide,
            height: 2.0 * high,
        }
    }

    /// The nearest place above or below `wanted` where no other badge is, if there is one near by.
    fn beside(&self, others: &[Area], wanted: [f64; 2], side: f64) -> [f64; 2] {
        let steps = [0.0, -1.0, 1.0, -2.0, 2.0, -3.0, 3.0, -4.0, 4.0];
        let places = steps.map(|step| [wanted[0], wanted[1] + step * BADGE_STEP]);
        let free = |at: &&[f64; 2]| {
            let own = self.area(**at);
            self.inside(**at, side) == **at && !others.iter().any(|other| other.meets(&own))
        };
        *places.iter().find(free).unwrap_or(&wanted)
    }

    fn draw(self, canvas: &mut Canvas, [x, y]: [f64; 2], color: Rgb) {
        let layers = [(1.0, INK), (0.0, color), (-2.0, WHITE)];
        for (more, color) in layers {
            canvas.shapes.push(Shape::Pill {
                center: [x, y],
                radius: BADGE_RADIUS + more,
                reach: self.reach,
                color,
            });
        }
        let name = Text::new(self.name, [x, y + 0.36 * BADGE_TEXT], BADGE_TEXT);
        canvas.text(name.align(Align::Middle).bold());
    }
}

/// Shading and dots, and how many points are outside.
fn picture(panel: &EmbeddingPanel, classes: usize, side: u32) -> (Pixmap, usize) {
    let mut pixels = Pixmap::new(side, side).expect("panels have a side");
    pixels.fill(Color::WHITE);
    if let Some(shading) = &panel.shading {
        shading.paint(&mut pixels, classes);
    }
    let radius = (DOT_RADIUS * f64::from(SCALE)) as f32;
    let dot = PathBuilder::from_circle(0.0, 0.0, radius).expect("dots have a radius");
    let mut hidden = 0;
    for (point, &class) in panel.points.iter().zip(&panel.classes) {
        let Some(at) = panel.square.locate(point.map(f64::from)) else {
            hidden += 1;
            continue;
        };
        let [red, green, blue] = class_color(usize::from(class), classes);
        let mut paint = Paint::default();
        paint.set_color_rgba8(red, green, blue, DOT_ALPHA);
        let [x, y] = at.map(|share| (share * f64::from(side)) as f32);
        let place = Transform::from_translate(x, y);
        pixels.fill_path(&dot, &paint, FillRule::Winding, place, None);
    }
    (pixels, hidden)
}

/// A number with commas between groups of three digits.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::Square;

    #[test]
    fn names_stay_in_the_panel() {
        let panel = |at: f64| EmbeddingPanel {
            title: String::new(),
            subtitle: String::new(),
            square: Square {
                center: [0.0, 0.0],
                half: 100.0,
            },
            points: Vec::new(),
            classes: Vec::new(),
            shading: None,
            reference_points: vec![[at, 0.0]],
        };
        let place = |name, at| Badge::new(name).place(&panel(at), 0, 200.0);
        assert_eq!(place("7", 50.0), Some([150.0 + BADGE_OFFSET, 100.0]));
        assert_eq!(place("7", 95.0), Some([195.0 - BADGE_OFFSET, 100.0]));
        // A wide name stands off farther, and at last covers its point rather than the frame.
        let [x, y] = place("Ankle boot", 10.0).unwrap();
        let outside = 110.0 + BADGE_OFFSET + Badge::new("Ankle boot").reach;
        assert!((x - outside).abs() < 1e-9 && y == 100.0, "{x}");
        let name = "a very long name of a class";
        let [x, _] = place(name, 2.0).unwrap();
        assert!(x >= Badge::new(name).reach + BADGE_RADIUS, "{x}");
    }

    #[test]
    fn names_make_room_for_each_other() {
        let badge = Badge::new("Ankle boot");
        let others = [badge.area([100.0, 100.0])];
        assert_eq!(badge.beside(&[], [100.0, 100.0], 200.0), [100.0, 100.0]);
        assert_eq!(badge.beside(&others, [105.0, 101.0], 200.0), [105.0, 81.0]);
        assert_eq!(badge.beside(&others, [105.0, 104.0], 200.0), [105.0, 124.0]);
        // At the frame there is no room above.
        let others = [badge.area([100.0, 15.0])];
        assert_eq!(badge.beside(&others, [100.0, 14.0], 200.0), [100.0, 34.0]);
    }

    #[test]
    fn digits_are_grouped() {
        assert_eq!(
            [0, 999, 1000, 1234567].map(grouped),
            ["0", "999", "1,000", "1,234,567"]
        );
    }
}
