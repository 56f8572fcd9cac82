use super::raster::Raster;
use super::style::{FAINT_INK, INK, Rgb, class_color, tint};

/// How much of its colour a class has where its probability is one.
const STRENGTH: f64 = 0.29;
/// Steps in which the strength of many classes grows: few colours, for a file has at most 256.
const STEPS: f64 = 6.0;
/// Width of a decision boundary in pixels of the picture.
const BOUNDARY: f64 = 2.4;
/// Keeps logarithms of saturated probabilities finite.
const FLOOR: f32 = 1e-7;

/// What a classifier says about every place of a panel's square.
///
/// The cells lie as [`Square::grid`](crate::eval::Square::grid) lists them. Values between the cells
/// are interpolated; where a value is not finite, the panel stays white.
#[derive(Debug, Clone, PartialEq)]
pub enum Shading {
    /// Two classes.
    Binary {
        /// Cells per row and per column.
        side: usize,
        /// Probability of the class with index 1 in each cell.
        values: Vec<f32>,
    },
    /// Any number of classes.
    Classes {
        /// Cells per row and per column.
        side: usize,
        /// For each cell the probabilities of all classes, one after the other.
        values: Vec<f32>,
    },
}

impl Shading {
    /// The legend's key of binary shading: class 1 gets more probable from left to right.
    pub(super) fn key(width: usize, height: usize) -> Raster {
        Raster::from_fn(width, height, |column, _| {
            binary_tint((column as f64 + 0.5) / width as f64)
        })
    }

    /// What is wrong with the number of values.
    pub(super) fn problem(&self, classes: usize) -> Option<String> {
        let (side, values, per_cell) = match self {
            Self::Binary { side, values } => (*side, values, 1),
            Self::Classes { side, values } => (*side, values, classes),
        };
        if side == 0 || per_cell == 0 {
            return Some("the shading has no cells".to_owned());
        }
        let wanted = side * side * per_cell;
        (values.len() != wanted).then(|| {
            format!(
                "the shading has {} values instead of {wanted}",
                values.len()
            )
        })
    }

    /// The shading as a square picture, with the decision boundary as a dark line.
    pub(super) fn raster(&self, pixels: usize, classes: usize) -> Raster {
        match self {
            Self::Binary { side, values } => {
                let logits: Vec<f32> = values
                    .iter()
                    .map(|&value| ln(value) - ln(1.0 - value))
                    .collect();
                let field = field(&logits, *side, 1, 0, pixels);
                let margin = |index: usize| f64::from(field[index]);
                paint(pixels, margin, |index| {
                    binary_tint(1.0 / (1.0 + (-f64::from(field[index])).exp()))
                })
            }
            Self::Classes { side, values } => {
                let logs: Vec<f32> = values.iter().map(|&value| ln(value)).collect();
                let fields: Vec<Vec<f32>> = (0..classes)
                    .map(|class| field(&logs, *side, classes, class, pixels))
                    .collect();
                let first_two = |index: usize| {
                    let mut best = (0, f32::NEG_INFINITY);
                    let mut second = f32::NEG_INFINITY;
                    for (class, field) in fields.iter().enumerate() {
                        let value = field[index];
                        if value > best.1 || value.is_nan() {
                            second = best.1;
                            best = (class, value);
                        } else if value > second {
                            second = value;
                        }
                    }
                    (best, second)
                };
                // The lead of the first over the second is zero on a boundary, on both sides of
                // which it grows: the line is where it is small compared with its slope.
                let margin = |index: usize| {
                    let (best, second) = first_two(index);
                    f64::from(best.1 - second)
                };
                let strength = |step: f64| STRENGTH * step / STEPS;
                let mut raster = paint(pixels, margin, |index| {
                    let (class, log) = first_two(index).0;
                    let chance = 1.0 / classes as f64;
                    let certainty = (f64::from(log).exp() - chance) / (1.0 - chance);
                    let step = (certainty.clamp(0.0, 1.0) * STEPS).ceil().max(1.0);
                    tint(class_color(class, classes), strength(step))
                });
                let colors = (0..classes).map(|class| class_color(class, classes));
                let steps = || (1..=STEPS as usize).map(|step| strength(step as f64));
                raster.areas = colors
                    .flat_map(|color| steps().map(move |strength| tint(color, strength)))
                    .collect();
                raster
            }
        }
    }
}

fn ln(value: f32) -> f32 {
    // `max` would turn NaN into the floor.
    if value.is_nan() {
        value
    } else {
        value.clamp(FLOOR, 1.0).ln()
    }
}

fn binary_tint(probability: f64) -> Rgb {
    let class = usize::from(probability > 0.5);
    tint(
        class_color(class, 2),
        STRENGTH * (2.0 * probability - 1.0).abs(),
    )
}

/// One value per pixel out of one per cell. Logarithms are interpolated and not probabilities,
/// because a boundary between saturated cells would get steps otherwise.
fn field(values: &[f32], side: usize, stride: usize, offset: usize, pixels: usize) -> Vec<f32> {
    let places: Vec<(usize, usize, f32)> = (0..pixels)
        .map(|pixel| {
            let at = (pixel as f64 + 0.5) * side as f64 / pixels as f64 - 0.5;
            let at = at.clamp(0.0, (side - 1) as f64);
            let low = at.floor() as usize;
            (low, (low + 1).min(side - 1), (at - low as f64) as f32)
        })
        .collect();
    let value = |row: usize, column: usize| values[(row * side + column) * stride + offset];
    let mix = |a: f32, b: f32, share: f32| if share == 0.0 { a } else { a + (b - a) * share };
    let mut field = Vec::with_capacity(pixels * pixels);
    for &(top, bottom, down) in &places {
        field.extend(places.iter().map(|&(left, right, across)| {
            let upper = mix(value(top, left), value(top, right), across);
            let lower = mix(value(bottom, left), value(bottom, right), across);
            mix(upper, lower, down)
        }));
    }
    field
}

/// Colours all pixels and draws a line where `margin` is zero.
fn paint(pixels: usize, margin: impl Fn(usize) -> f64, color: impl Fn(usize) -> Rgb) -> Raster {
    let margins: Vec<f64> = (0..pixels * pixels).map(&margin).collect();
    let mut raster = Raster::from_fn(pixels, pixels, |column, row| {
        let index = row * pixels + column;
        if margins[index].is_nan() {
            super::style::WHITE
        } else {
            color(index)
        }
    });
    let last = pixels - 1;
    for row in 0..pixels {
        for column in 0..pixels {
            let at = |row: usize, column: usize| margins[row * pixels + column];
            let here = at(row, column);
            // The steeper side of each axis, as the lead of a class has a kink at its zero.
            let slope = |before: f64, after: f64| (here - before).abs().max((after - here).abs());
            let across = slope(
                at(row, column.saturating_sub(1)),
                at(row, (column + 1).min(last)),
            );
            let down = slope(
                at(row.saturating_sub(1), column),
                at((row + 1).min(last), column),
            );
            let steepness = across.hypot(down);
            if steepness > 0.0 {
                let covered = (BOUNDARY / 2.0 + 0.5 - here.abs() / steepness).clamp(0.0, 1.0);
                raster.blend(column as i64, row as i64, boundary_color(), 0.85 * covered);
            }
        }
    }
    raster
}

/// The colour of decision boundaries, also in the legend.
pub(super) fn boundary_color() -> Rgb {
    let mean = |axis: usize| ((u16::from(INK[axis]) + u16::from(FAINT_INK[axis])) / 2) as u8;
    [0, 1, 2].map(mean)
}

#[cfg(test)]
mod tests {
    use super::{Shading, boundary_color};

    fn pixel(raster: &super::Raster, column: usize, row: usize) -> [u8; 3] {
        let start = (row * raster.width + column) * 3;
        raster.bytes[start..start + 3].try_into().unwrap()
    }

    #[test]
    fn both_kinds_agree_on_two_classes() {
        // Class 1 on the right.
        let ones = [0.0, 0.1, 0.9, 1.0].repeat(4);
        let both = ones.iter().flat_map(|&one| [1.0 - one, one]).collect();
        let binary = Shading::Binary {
            side: 4,
            values: ones,
        }
        .raster(40, 2);
        let classes = Shading::Classes {
            side: 4,
            values: both,
        }
        .raster(40, 2);
        for raster in [&binary, &classes] {
            assert!(
                pixel(raster, 1, 20)[2] > pixel(raster, 1, 20)[0],
                "blue on the left"
            );
            assert!(
                pixel(raster, 38, 20)[0] > pixel(raster, 38, 20)[2],
                "red on the right"
            );
            assert!(pixel(raster, 20, 20)[0] < 130, "a dark boundary");
        }
        assert!(boundary_color()[0] < 100);
    }

    #[test]
    fn values_that_are_not_finite_stay_white() {
        let raster = Shading::Binary {
            side: 2,
            values: vec![f32::NAN; 4],
        }
        .raster(8, 2);
        assert!(raster.bytes.iter().all(|&byte| byte == 255));
        let raster = Shading::Classes {
            side: 2,
            values: vec![f32::NAN; 12],
        }
        .raster(8, 3);
        assert!(raster.bytes.iter().all(|&byte| byte == 255));
        Shading::Binary {
            side: 1,
            values: vec![f32::INFINITY],
        }
        .raster(8, 2);
    }

    #[test]
    fn a_wrong_number_of_values_is_a_problem() {
        assert!(
            Shading::Binary {
                side: 2,
                values: vec![0.0; 3]
            }
            .problem(2)
            .is_some()
        );
        assert!(
            Shading::Binary {
                side: 0,
                values: vec![]
            }
            .problem(2)
            .is_some()
        );
        assert!(
            Shading::Binary {
                side: 2,
                values: vec![0.0; 4]
            }
            .problem(2)
            .is_none()
        );
        assert!(
            Shading::Classes {
                side: 2,
                values: vec![0.0; 12]
            }
            .problem(3)
            .is_none()
        );
    }
}
