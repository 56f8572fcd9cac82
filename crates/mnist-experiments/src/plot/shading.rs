use tiny_skia::{Pixmap, PremultipliedColorU8};

use super::canvas::SCALE;
use super::style::{Rgb, class_color, tint};

/// How much of its colour a class has where its probability is one.
const STRENGTH: f64 = 0.29;
/// Width of a decision boundary in CSS pixels.
pub(super) const BOUNDARY_WIDTH: f64 = 1.2;
/// Colour of a decision boundary.
pub(super) const BOUNDARY_COLOR: Rgb = [55, 55, 55];
/// How much a boundary covers.
const BOUNDARY_ALPHA: f64 = 0.85;
/// Colours of the legend's scale.
const SCALE_COLORS: usize = 35;
/// Keeps logarithms of saturated probabilities finite.
const FLOOR: f32 = 1e-7;

/// What a classifier says about every place of a panel's square.
///
/// The cells lie as [`Square::grid`](crate::eval::Square::grid) lists them. Values between the cells
/// are interpolated; where a value is not finite, the panel stays white.
#[derive(Debug, Clone, PartialEq)]
pub struct Shading {
    /// Cells per row and per column.
    pub side: usize,
    /// Of two classes the probability of the second one in each cell; of more classes for each cell the
    /// probabilities of all, one after the other.
    pub probabilities: Vec<f32>,
}

/// What is seen at one place.
#[derive(Clone, Copy)]
struct Place {
    /// The most probable class.
    class: usize,
    /// How sure it is, from 0 (by chance) to 1; not a number where the probabilities are none.
    certainty: f64,
    /// Its lead over the second class as a difference of logarithms: zero on a boundary.
    lead: f64,
}

impl Shading {
    /// What is wrong with the number of values.
    pub(super) fn problem(&self, classes: usize) -> Option<String> {
        let per_cell = if classes == 2 { 1 } else { classes };
        let (values, wanted) = (self.probabilities.len(), self.side * self.side * per_cell);
        match wanted {
            0 => Some("the shading has no cells".to_owned()),
            _ if values == wanted => None,
            _ => Some(format!(
                "the shading has {values} values instead of {wanted}"
            )),
        }
    }

    /// Fills a white picture, whose rows are as long as its columns, with the classes' colours, and with
    /// the decision boundary as a dark line.
    pub(super) fn paint(&self, picture: &mut Pixmap, classes: usize) {
        let pixels = picture.width() as usize;
        let places = self.places(pixels, classes);
        let lead = |row: usize, column: usize| places[row * pixels + column].lead;
        for (index, pixel) in picture.pixels_mut().iter_mut().enumerate() {
            let place = places[index];
            if place.certainty.is_nan() {
                continue;
            }
            let color = shade(place.class, place.certainty, classes);
            // The lead grows on both sides of a boundary: the line is where it is small compared with
            // its slope, of which the steeper side counts, as it has a kink at its zero.
            let (row, column) = (index / pixels, index % pixels);
            let slope = |before: f64, after: f64| {
                let here = place.lead;
                (here - before).abs().max((after - here).abs())
            };
            let last = pixels - 1;
            let across = slope(
                lead(row, column.saturating_sub(1)),
                lead(row, (column + 1).min(last)),
            );
            let down = slope(
                lead(row.saturating_sub(1), column),
                lead((row + 1).min(last), column),
            );
            let steepness = across.hypot(down);
            let covered = match steepness > 0.0 {
                true => BOUNDARY_WIDTH * f64::from(SCALE) / 2.0 + 0.5 - place.lead / steepness,
                false => 0.0,
            };
            let alpha = BOUNDARY_ALPHA * covered.clamp(0.0, 1.0);
            let [red, green, blue] = [0, 1, 2].map(|channel| {
                let (from, to) = (
                    f64::from(color[channel]),
                    f64::from(BOUNDARY_COLOR[channel]),
                );
                (from + (to - from) * alpha).round() as u8
            });
            if let Some(color) = PremultipliedColorU8::from_rgba(red, green, blue, 255) {
                *pixel = color;
            }
        }
    }

    /// All pixels, row by row. Logarithms are interpolated and not probabilities, because a boundary
    /// between saturated cells would get steps otherwise.
    fn places(&self, pixels: usize, classes: usize) -> Vec<Place> {
        let logs: Vec<f32> = match classes {
            2 => self
                .probabilities
                .iter()
                .flat_map(|&second| [ln(1.0 - second), ln(second)])
                .collect(),
            _ => self.probabilities.iter().map(|&value| ln(value)).collect(),
        };
        let last = self.side - 1;
        let between: Vec<(usize, usize, f32)> = (0..pixels)
            .map(|pixel| {
                let at = (pixel as f64 + 0.5) * self.side as f64 / pixels as f64 - 0.5;
                let at = at.clamp(0.0, last as f64);
                let low = at.floor() as usize;
                (low, (low + 1).min(last), (at - low as f64) as f32)
            })
            .collect();
        let mix = |a: f32, b: f32, share: f32| if share == 0.0 { a } else { a + (b - a) * share };
        let mut here = vec![0.0; classes];
        let mut places = Vec::with_capacity(pixels * pixels);
        for &(top, bottom, down) in &between {
            for &(left, right, across) in &between {
                for (class, log) in here.iter_mut().enumerate() {
                    let at = |row: usize, column: usize| {
                        logs[(row * self.side + column) * classes + class]
                    };
                    let upper = mix(at(top, left), at(top, right), across);
                    let lower = mix(at(bottom, left), at(bottom, right), across);
                    *log = mix(upper, lower, down);
                }
                places.push(Place::of(&here));
            }
        }
        places
    }
}

impl Place {
    fn of(logs: &[f32]) -> Self {
        let (mut class, mut second) = (0, f32::NEG_INFINITY);
        for (index, &log) in logs.iter().enumerate().skip(1) {
            if log > logs[class] {
                second = logs[class];
                class = index;
            } else {
                second = second.max(log);
            }
        }
        let best = logs[class];
        // Interpolated logarithms belong to probabilities whose sum is not quite one.
        let sum: f32 = logs.iter().map(|log| (log - best).exp()).sum();
        let chance = 1.0 / logs.len() as f64;
        Self {
            class,
            certainty: (1.0 / f64::from(sum) - chance) / (1.0 - chance),
            lead: f64::from(best - second),
        }
    }
}

fn ln(value: f32) -> f32 {
    // `max` would turn NaN into the floor.
    match value.is_nan() {
        true => value,
        false => value.clamp(FLOOR, 1.0).ln(),
    }
}

fn shade(class: usize, certainty: f64, classes: usize) -> Rgb {
    tint(class_color(class, classes), STRENGTH * certainty)
}

/// The colours of two classes for the legend: the second gets more probable.
pub(super) fn scale() -> Vec<Rgb> {
    let color = |index: usize| {
        let margin = (2 * index + 1) as f64 / SCALE_COLORS as f64 - 1.0;
        shade(usize::from(margin > 0.0), margin.abs(), 2)
    };
    (0..SCALE_COLORS).map(color).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tiny_skia::Color;

    fn painted(probabilities: &[f32], side: usize, classes: usize) -> Vec<Rgb> {
        let shading = Shading {
            side,
            probabilities: probabilities.to_vec(),
        };
        assert_eq!(shading.problem(classes), None);
        let mut picture = Pixmap::new(40, 40).unwrap();
        picture.fill(Color::WHITE);
        shading.paint(&mut picture, classes);
        let pixels = picture.pixels().iter();
        pixels.map(|p| [p.red(), p.green(), p.blue()]).collect()
    }

    #[test]
    fn sides_have_their_colours_and_a_boundary_between() {
        // Class 1 on the right; of three classes the first is nowhere.
        let two = [0.0, 0.1, 0.9, 1.0].repeat(4);
        let three: Vec<f32> = two.iter().flat_map(|&p| [0.0, 1.0 - p, p]).collect();
        let two = painted(&two, 4, 2);
        let nearer = |pixel: Rgb, class: usize, classes: usize| {
            let full = tint(class_color(class, classes), STRENGTH);
            pixel.iter().zip(full).all(|(a, b)| a.abs_diff(b) < 4)
        };
        let row = 20 * 40;
        assert!(nearer(two[row + 1], 0, 2) && nearer(two[row + 38], 1, 2));
        let three = painted(&three, 4, 3);
        assert!(nearer(three[row + 1], 1, 3) && nearer(three[row + 38], 2, 3));
        for picture in [two, three] {
            assert!(picture[row + 20][0] < 130, "a dark boundary");
            assert!(picture[row + 10][0] > 130);
        }
    }

    #[test]
    fn values_that_are_not_finite_stay_white() {
        for classes in [2, 3] {
            let values = vec![f32::NAN; if classes == 2 { 4 } else { 12 }];
            let picture = painted(&values, 2, classes);
            assert!(picture.iter().all(|&pixel| pixel == [255; 3]));
        }
        assert_eq!(painted(&[f32::INFINITY], 1, 2).len(), 1600);
    }

    #[test]
    fn a_wrong_number_of_values_is_a_problem() {
        let problem = |side, values, classes| {
            let probabilities = vec![0.0; values];
            Shading {
                side,
                probabilities,
            }
            .problem(classes)
        };
        assert_eq!(
            problem(2, 3, 2).unwrap(),
            "the shading has 3 values instead of 4"
        );
        assert!(problem(0, 0, 2).is_some());
        assert!(problem(2, 4, 2).is_none());
        assert!(problem(2, 12, 3).is_none());
    }
}
